import { maskedArgmax } from "./masked-softmax.js";
import type { TransitionBatch } from "./replay.js";

/**
 * What each transition's action should be worth: its rewards plus the discounted value of the best
 * legal next action, chosen by `chooser` and valued by `valuer` (double Q-learning, van Hasselt,
 * Guez and Silver, 2016; the plain rule when both are the target network's values).
 */
export function bootstrapTargets(batch: TransitionBatch, chooser: Float64Array, valuer: Float64Array): Float64Array {
  const actions = chooser.length / batch.actions.length;
  return batch.rewards.map((reward, r) => {
    const discount = batch.discounts[r];
    if (discount === 0) return reward;
    const best = maskedArgmax(chooser, batch.nextMasks, r * actions, actions);
    return reward + discount * valuer[r * actions + best];
  });
}

/** Mean Huber loss (threshold 1) of the taken actions' values against their targets, with its gradient. */
export function valueLoss(values: Float64Array, actions: Int32Array, targets: Float64Array) {
  const rows = actions.length;
  const width = values.length / rows;
  const gradient = new Float64Array(values.length);
  let loss = 0;
  for (let r = 0; r < rows; r++) {
    const k = r * width + actions[r];
    const error = values[k] - targets[r];
    gradient[k] = Math.max(-1, Math.min(1, error)) / rows;
    loss += (Math.abs(error) <= 1 ? 0.5 * error * error : Math.abs(error) - 0.5) / rows;
  }
  return { loss, gradient };
}
