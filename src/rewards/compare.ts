import { checkArgument } from "../core/arguments.js";
import { meanError } from "../math/mean-error.js";
import type { RewardModel } from "./reward-model.js";
import type { RewardExample } from "./reward-model-types.js";

/** What is read of arguments. */
const PREDICTS = { predict: "function" } as const;

/** Whether a newly trained reward model replaces the one that serves. */
export interface ModelComparison {
  rows: number;
  rmse: { champion: number; challenger: number };
  /** Lower bound (one-sided 80 %) of how much the challenger's squared error is smaller. */
  gainLowerBound: number;
  better: boolean;
}

/**
 * Compares two models on examples that came after everything both were trained on: the challenger is
 * better when the lower bound of its paired gain in squared error is above zero.
 * @example const { better, rmse } = compareOnLater(champion, challenger, examples);
 */
export function compareOnLater(
  champion: Pick<RewardModel, "predict">,
  challenger: Pick<RewardModel, "predict">,
  later: readonly RewardExample[],
  target = "reward",
): ModelComparison {
  checkArgument(champion, "champion", PREDICTS, "REWARD_INVALID");
  checkArgument(challenger, "challenger", PREDICTS, "REWARD_INVALID");
  checkArgument(later, "later", "objects", "REWARD_INVALID");
  checkArgument(target, "target", "text", "REWARD_INVALID");
  const rated = later.filter((e) => e.targets[target] !== undefined);
  const features = rated.map((e) => e.features);
  const errorsOf = (model: Pick<RewardModel, "predict">) =>
    model.predict(features, target).map((p, i) => (p.mean - rated[i]?.targets[target]) ** 2);
  const [a, b] = [errorsOf(champion), errorsOf(challenger)];
  const n = rated.length;
  const mean = (v: readonly number[]) => v.reduce((x, y) => x + y, 0) / n;
  const gains = a.map((error, i) => error - b[i]);
  const gain = meanError(gains);
  const gainLowerBound = n > 1 ? gain.mean - 0.8416 * gain.error : Number.NEGATIVE_INFINITY;
  return {
    rows: n,
    rmse: { champion: Math.sqrt(mean(a)), challenger: Math.sqrt(mean(b)) },
    gainLowerBound,
    better: gainLowerBound > 0,
  };
}
