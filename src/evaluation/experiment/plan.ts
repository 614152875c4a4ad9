import { checkArgument } from "../../core/arguments.js";
import { LearningError, show } from "../../core/index.js";
import { DEFAULT_RISK } from "../defaults.js";

/** What is known before an experiment starts. */
export interface PlanRequest {
  /** Number of variants, the control included; default 2. */
  variants?: number;
  /** Mean reward of the control, in (0,1). */
  baseline: number;
  /** Standard deviation of rewards; default that of coin flips with the baseline's mean. */
  rewardSd?: number;
  /** Probability of a false winner; default 0.05. */
  alpha?: number;
  /** Probability of finding a difference of the planned size; default 0.8. */
  power?: number;
}

/** Standard normal quantiles of the usual powers. */
const POWER_QUANTILES: Record<string, number> = { "0.5": 0, "0.8": 0.8416, "0.9": 1.2816, "0.95": 1.6449 };
/** What mixing bets of several sizes costs, in log evidence. */
const MIXING_COST = 0.7;

/**
 * Outcomes per variant after which a difference of `effect` will have been found with the given power,
 * under equal shares and a look after every outcome: log evidence grows like a Brownian motion with drift
 * effect^2 / (8 sd^2) per outcome of a pair, and must reach the threshold plus the cost of mixing.
 * @example
 * ```ts
 * const each = plannedOutcomes(0.05, { baseline: 0.6 });
 * console.log(`about ${Math.ceil(each)} rated runs of each version`);
 * ```
 */
export function plannedOutcomes(effect: number, request: PlanRequest): number {
  checkArgument(request, "request", "object", "EXPERIMENT_INVALID");
  const { variants = 2, baseline, alpha = DEFAULT_RISK, power = 0.8 } = request;
  const z = POWER_QUANTILES[String(power)];
  const sd = request.rewardSd ?? Math.sqrt(baseline * (1 - baseline));
  const shares = [effect, baseline, 2 * alpha].every((x) => x > 0 && x < 1);
  if (z === undefined || !shares || !(sd > 0 && sd < Number.POSITIVE_INFINITY) || !(variants >= 2))
    throw new LearningError("EXPERIMENT_INVALID", {
      received: show({ effect, ...request }),
      expected:
        "effect and baseline in (0,1), alpha in (0,0.5), a positive rewardSd, at least 2 variants, power 0.5, 0.8, 0.9 or 0.95",
      remedy: "Give the smallest difference that matters and the control's mean reward.",
    });
  const bar = Math.log((2 * (variants - 1)) / alpha) + MIXING_COST;
  const root = (z * Math.SQRT2 + Math.sqrt(2 * z * z + 4 * bar)) / 2;
  const drift = (effect * effect) / (8 * sd * sd);
  return Math.ceil((root * root) / drift / 2);
}

/**
 * The smallest difference that so many outcomes per variant will find with the given power; 1 where they are too
 * few for any.
 * @example
 * ```ts
 * const request = { baseline: 0.6 };
 * minimumDetectableEffect(plannedOutcomes(0.1, request), request); // 0.1
 * ```
 */
export function minimumDetectableEffect(outcomesPerVariant: number, request: PlanRequest): number {
  checkArgument(request, "request", "object", "EXPERIMENT_INVALID");
  if (!(outcomesPerVariant >= 0))
    throw new LearningError("EXPERIMENT_INVALID", {
      received: `${show(outcomesPerVariant)} outcomes per variant`,
      expected: "a number of at least 0",
      remedy: "Give the number of rated units that each variant will get.",
    });
  let [low, high] = [1e-4, 0.999];
  if (plannedOutcomes(high, request) > outcomesPerVariant) return 1;
  for (let i = 0; i < 50; i++) {
    const effect = (low + high) / 2;
    if (plannedOutcomes(effect, request) > outcomesPerVariant) low = effect;
    else high = effect;
  }
  return high;
}
