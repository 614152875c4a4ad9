import { checkArgument } from "../core/arguments.js";
import type { ObservationMoments } from "../environments/index.js";
import type { Network } from "../math/network.js";
import { foldScaling } from "../tensor/index.js";

/**
 * The network for raw observations that equals one trained behind `NormalizeObservation`, its clipping
 * at ±10 apart.
 * @example
 * ```ts
 * const running = new RunningMoments(4);
 * const makeEnv = () => new NormalizeObservation(cartPole(), running);
 * // after training with `makeEnv`:
 * const served = onRawObservations(network, running.moments);
 * ```
 */
export function onRawObservations(network: Network, moments: ObservationMoments): Network {
  checkArgument(network, "network", { layers: "objects" }, "TRAINING_INVALID");
  checkArgument(moments, "moments", { mean: "list", spread: "list" }, "TRAINING_INVALID");
  return foldScaling(network, moments);
}
