import { checkArgument } from "../../core/arguments.js";
import { LearningError } from "../../core/index.js";
import type { Network } from "../../math/network.js";
import { createRng, shuffled } from "../../math/rng.js";
import { adamState, adamStep, chooseEngine, createNetwork } from "../../tensor/index.js";
import { maskedArgmax, maskedSoftmax } from "../masked-softmax.js";
import { checkLog } from "./check-log.js";
import { type CloneOptions, cloneSettings } from "./clone-options.js";
import type { LoggedData, LoggedStep } from "./logs.js";

/** A policy that imitates the log. */
export interface ClonedPolicy {
  /** One logit per action. */
  network: Network;
  /** Share of held-out decisions (of all, without held-out ones) that the greedy clone takes as well. */
  agreement: number;
  decisions: number;
}

/**
 * Behaviour cloning (Pomerleau, 1991): the log's choices by maximum likelihood over the legal actions.
 * @throws TRAINING_INVALID for a log that is empty or wrong in some step, and for settings that cannot be, CONFIG_UNKNOWN_KEY on ones that do not exist
 * @example
 * ```ts
 * const lean: Actor<Float64Array> = (x) => (x[2] > 0 ? 1 : 0);
 * const log = loggedEpisodes(lean, { makeEnv: cartPole, actions: ["left", "right"], episodes: 20, seed: 1 });
 * const { network, agreement } = await cloneBehaviour(log, { epochs: 5 });
 * ```
 */
export async function cloneBehaviour(data: LoggedData, options: CloneOptions = {}): Promise<ClonedPolicy> {
  checkArgument(data, "data", { episodes: "objects", actions: "texts", inputs: "number" }, "TRAINING_INVALID");
  const settings = cloneSettings(options);
  checkLog(data);
  const { hidden, epochs, batchSize, learningRate, weightDecay, cancelled } = settings;
  const rng = createRng(settings.seed);
  const { train, heldOut } = split(data, settings.validationShare, rng.fork("split"));
  const actions = data.actions.length;
  const network = createNetwork(
    { inputs: data.inputs, outputs: actions, hidden, activation: "tanh", outputScale: 0.01 },
    rng.fork("start"),
  );
  const engine = await chooseEngine(network, { engine: settings.engine, rows: batchSize });
  const adam = adamState(network.parameters.length);
  let best = { agreement: -1, parameters: network.parameters.slice() };
  try {
    for (let epoch = 0; epoch < epochs && !cancelled?.(); epoch++) {
      const order = shuffled(train, rng);
      for (let from = 0; from < order.length; from += batchSize) {
        const rows = order.slice(from, from + batchSize);
        const gradient = engine.gradient(network, stack(rows, data.inputs), rows.length, (logits) =>
          likelihoodGradient(logits, rows, actions),
        );
        adamStep(network.parameters, gradient, adam, { learningRate, weightDecay, maxNorm: 10 });
      }
      const judged = heldOut.length > 0 ? heldOut : train;
      const out = engine.forward(network, stack(judged, data.inputs), judged.length);
      const agreeing = judged.filter(
        (s, r) => maskedArgmax(out.subarray(r * actions, (r + 1) * actions), s.mask) === s.action,
      );
      const agreement = agreeing.length / judged.length;
      if (agreement > best.agreement) best = { agreement, parameters: network.parameters.slice() };
    }
  } finally {
    engine.dispose();
  }
  network.parameters.set(best.parameters);
  return { network, agreement: best.agreement, decisions: train.length + heldOut.length };
}

/** The inputs of some steps, row-major. */
function stack(steps: readonly Pick<LoggedStep, "x">[], inputs: number): Float64Array {
  const out = new Float64Array(steps.length * inputs);
  steps.forEach((s, r) => {
    out.set(s.x, r * inputs);
  });
  return out;
}

/** The gradient of minus the mean log-likelihood of the steps' actions. */
export function likelihoodGradient(logits: Float64Array, steps: readonly LoggedStep[], actions: number): Float64Array {
  const masks = new Uint8Array(logits.length);
  const out = new Float64Array(logits.length);
  steps.forEach((step, r) => {
    masks.set(step.mask, r * actions);
    maskedSoftmax(logits, masks, r * actions, actions, out);
    const k = r * actions + step.action;
    out[k] = out[k] - 1;
  });
  return out.map((g) => g / steps.length);
}

function split(data: LoggedData, share: number, rng: ReturnType<typeof createRng>) {
  const episodes = shuffled(data.episodes, rng);
  const count = Math.floor(share * episodes.length);
  const train = episodes.slice(count).flatMap((e) => e.steps);
  if (train.length === 0)
    throw new LearningError("TRAINING_INVALID", {
      received: `a validationShare of ${share}, which leaves none of ${episodes.length} runs to learn from`,
      expected: "a smaller share",
      remedy: "Leave it out for one run in ten.",
    });
  return { train, heldOut: episodes.slice(0, count).flatMap((e) => e.steps) };
}
