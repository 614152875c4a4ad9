import type { PolicyInput, PolicyRow } from "../routing-policy.js";
import type { ModelSnapshot, Parts, RewardEstimator } from "./model.js";
import { invalidSnapshot } from "./packed.js";
import type { Example, Regressor, RegressorSnapshot } from "./regressor.js";

/** Makes the regressor of a candidate, or restores it from its snapshot. */
export type RegressorFactory = (snapshot?: RegressorSnapshot) => Regressor;

/**
 * One regressor for each candidate's name, made when its first row comes. A candidate without rows is
 * expected to earn what all rows earned on average, with the standard error of the prior.
 */
export class PerCandidateModel implements RewardEstimator {
  private readonly regressors = new Map<string, Regressor>();
  private rewardSum = 0;
  private rowCount = 0;

  /** Has learned nothing: how unsure a candidate without rows is. */
  private readonly blank: Regressor;

  /** @param prior mean reward of a candidate before there are rows (default 0.5), worth one row */
  constructor(
    private readonly make: RegressorFactory,
    private readonly prior = 0.5,
  ) {
    this.blank = make();
  }

  private get pooledMean(): number {
    return (this.rewardSum + this.prior) / (this.rowCount + 1);
  }

  estimate({ context, candidates }: PolicyInput, means: Float64Array, errors?: Float64Array): void {
    for (let i = 0; i < candidates.length; i++) {
      const regressor = this.regressors.get(candidates[i]);
      means[i] = regressor ? regressor.mean(context) : this.pooledMean;
      if (errors) errors[i] = (regressor ?? this.blank).standardError(context);
    }
  }

  learn(rows: readonly PolicyRow[]): void {
    const examples = new Map<string, Example[]>();
    for (const { context, candidates, chosen, reward, weight = 1 } of rows) {
      const name = candidates[chosen];
      let list = examples.get(name);
      if (!list) {
        list = [];
        examples.set(name, list);
      }
      list.push({ x: context, y: reward, weight });
      this.rewardSum += weight * reward;
      this.rowCount += weight;
    }
    for (const [name, list] of examples) {
      let regressor = this.regressors.get(name);
      if (!regressor) {
        regressor = this.make();
        this.regressors.set(name, regressor);
      }
      regressor.learn(list);
    }
  }

  parts({ context, candidates }: PolicyInput, index: number): Parts {
    const regressor = this.regressors.get(candidates[index]);
    if (!regressor) return { bias: this.pooledMean, contributions: new Float64Array(context.indices.length), context };
    return { ...regressor.parts(context), context };
  }

  snapshot(): ModelSnapshot {
    return {
      kind: "per-candidate",
      rewardSum: this.rewardSum,
      rowCount: this.rowCount,
      candidates: [...this.regressors].map(([name, regressor]) => ({ name, regressor: regressor.snapshot() })),
    };
  }

  /** The model of a snapshot; fails with SNAPSHOT_INVALID. */
  static restore(make: RegressorFactory, snapshot: ModelSnapshot, prior?: number): PerCandidateModel {
    const model = new PerCandidateModel(make, prior);
    const { candidates, rewardSum, rowCount } = snapshot;
    if (!Array.isArray(candidates) || !Number.isFinite(rewardSum) || !Number.isFinite(rowCount))
      throw invalidSnapshot("a model without its candidates or counts", "candidates, rewardSum and rowCount");
    model.rewardSum = rewardSum as number;
    model.rowCount = rowCount as number;
    for (const entry of candidates as { name: unknown; regressor: RegressorSnapshot }[]) {
      if (typeof entry?.name !== "string" || typeof entry.regressor !== "object" || entry.regressor === null)
        throw invalidSnapshot("a candidate without name or regressor", "a name and a regressor for each candidate");
      model.regressors.set(entry.name, make(entry.regressor));
    }
    return model;
  }
}
