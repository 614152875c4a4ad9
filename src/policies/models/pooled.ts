import type { PolicyInput, PolicyRow } from "../routing-policy.js";
import type { ModelSnapshot, Parts, RewardEstimator } from "./model.js";
import { invalidSnapshot } from "./packed.js";
import { PerCandidateModel } from "./per-candidate.js";
import type { RegressorSnapshot } from "./regressor.js";
import { OnlineRidge } from "./ridge.js";

/** Options of {@link PooledModel}. */
export interface PooledOptions {
  /** Precision of the prior on what a context does to every candidate alike (default 3). */
  lambda?: number;
  /** Precision of the prior on what it does to one candidate beyond that (default 10). */
  ownLambda?: number;
  forgetting?: number;
}

/**
 * How hard a context is, learned from all rows, and what each candidate makes of it beyond that, learned
 * from the candidate's own rows under a narrow prior (partial pooling, Gelman and Hill 2007). Where many
 * candidates share few rows, differences between them that are only noise stay small, so the best of them
 * is not promised more than it earns.
 */
export class PooledModel implements RewardEstimator {
  private rewardSum = 0.5;
  private rowCount = 1;

  private constructor(
    private readonly common: OnlineRidge,
    private readonly own: PerCandidateModel,
  ) {}

  static create(options: PooledOptions): PooledModel {
    const { common, own } = ridges(options);
    return new PooledModel(new OnlineRidge(common), new PerCandidateModel(() => new OnlineRidge(own), 0));
  }

  estimate(input: PolicyInput, means: Float64Array, errors?: Float64Array): void {
    this.own.estimate(input, means, errors);
    const mean = this.meanReward + this.common.mean(input.context);
    for (let i = 0; i < input.candidates.length; i++) means[i] = means[i] + mean;
  }

  /** Mean of the rewards learned, one of a half included: what contexts and candidates are measured from. */
  private get meanReward(): number {
    return this.rewardSum / this.rowCount;
  }

  learn(rows: readonly PolicyRow[]): void {
    for (const { reward, weight = 1 } of rows) {
      this.rewardSum += weight * reward;
      this.rowCount += weight;
    }
    const base = this.meanReward;
    const rest = rows.map((row) => {
      const { context: x, reward, weight = 1 } = row;
      this.common.learn([{ x, y: reward - base, weight }]);
      return { ...row, reward: reward - base - this.common.mean(x) };
    });
    this.own.learn(rest);
  }

  parts(input: PolicyInput, index: number): Parts {
    const common = this.common.parts(input.context);
    const own = this.own.parts(input, index);
    const contributions = own.contributions.map((c, k) => c + common.contributions[k]);
    return { bias: this.meanReward + own.bias + common.bias, contributions, context: input.context };
  }

  snapshot(): ModelSnapshot {
    const { rewardSum, rowCount } = this;
    return { kind: "pooled", rewardSum, rowCount, common: this.common.snapshot(), own: this.own.snapshot() };
  }

  /** The model of a snapshot; fails with SNAPSHOT_INVALID. */
  static restore(options: PooledOptions, snapshot: ModelSnapshot): PooledModel {
    const { kind, common, own, rewardSum, rowCount } = snapshot;
    if (kind !== "pooled" || !Number.isFinite(rewardSum) || !Number.isFinite(rowCount))
      throw invalidSnapshot("a pooled model without its mean reward", "rewardSum and rowCount");
    if (typeof common !== "object" || !common || typeof own !== "object" || !own)
      throw invalidSnapshot("a pooled model without its parts", "what is common and what is each candidate's own");
    const made = ridges(options);
    const model = new PooledModel(
      OnlineRidge.restore(made.common, common as RegressorSnapshot),
      PerCandidateModel.restore(
        (s) => (s ? OnlineRidge.restore(made.own, s) : new OnlineRidge(made.own)),
        own as ModelSnapshot,
        0,
      ),
    );
    model.rewardSum = rewardSum as number;
    model.rowCount = rowCount as number;
    return model;
  }
}

function ridges({ lambda = 3, ownLambda = 10, forgetting }: PooledOptions) {
  return { common: { lambda, forgetting }, own: { lambda: ownLambda, forgetting } };
}
