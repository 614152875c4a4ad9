import { checkArgument, checkEach } from "../core/arguments.js";
import { type DecisionContext, LearningError, refuseUnknownKeys, show } from "../core/index.js";
import { type FeatureEncoder, fitEncoder, restoreEncoder } from "../dataset/index.js";
import { defaultMembers, restorableMembers } from "./members/index.js";
import type { MemberRestorer } from "./members/member.js";
import { Novelty } from "./novelty.js";
import { typeOf } from "./own-model.js";
import { readSnapshot } from "./restore-target.js";
import type { RewardExample, RewardModelOptions, RewardModelSnapshot, RewardPrediction } from "./reward-model-types.js";
import { type RewardContribution, shapleyContributions } from "./shapley.js";
import { LEAST_ROWS, type TargetReport } from "./target-model.js";
import { TypedTarget, type TypedTargetSnapshot } from "./typed-target.js";

const BACKGROUND = 40;

/** What is read of an example, and of a snapshot. */
const EXAMPLE = { features: "object", targets: "object" } as const;
const SNAPSHOT = { columns: "numbers", constants: "numbers", background: "lists", targets: "object" } as const;

/**
 * Predicts the reward of a run, and each judged dimension, before anyone rates it: a blend of
 * several learners weighted by their out-of-fold errors, with calibrated intervals, and the honesty
 * to say when an input is unlike anything it has seen.
 * @example
 * const model = await RewardModel.fit(examples, { seed: 1 });
 */
export class RewardModel {
  private constructor(
    private readonly encoder: FeatureEncoder,
    /** Encoder positions that varied in training. */
    private readonly columns: readonly number[],
    /** Value of every encoder position in training where it did not vary (NaN where it did). */
    private readonly constants: Float64Array,
    private readonly novelty: Novelty,
    private readonly background: readonly Float64Array[],
    private readonly targets: ReadonlyMap<string, TypedTarget>,
  ) {
    checkArgument(encoder, "the encoder of a model (use RewardModel.fit)", { dim: "number" }, "REWARD_INVALID");
  }

  /**
   * Fits encoder, members, blend and calibration. Each target uses the examples that have it.
   * @throws REWARD_INVALID with fewer than 20 examples of every target, or values that are no numbers
   */
  static async fit(examples: readonly RewardExample[], options: RewardModelOptions = {}): Promise<RewardModel> {
    checkEach(examples, "examples", "example", EXAMPLE, "REWARD_INVALID");
    checkArgument(options, "options", "object", "REWARD_INVALID");
    refuseUnknownKeys(options, ["seed", "members", "cancelled", "onProgress"], "options of RewardModel.fit");
    const { seed = 0, members = defaultMembers(), cancelled, onProgress } = options;
    const names = [...new Set(examples.flatMap((e) => Object.keys(e.targets)))].sort();
    const usable = names.filter((name) => examples.filter((e) => name in e.targets).length >= LEAST_ROWS);
    for (const example of examples)
      for (const [name, value] of Object.entries(example.targets))
        if (!Number.isFinite(value))
          throw invalid(`${name} = ${show(value)}`, "finite targets", "Leave the target out.");
    if (usable.length === 0)
      throw invalid(
        `${examples.length} examples with the targets ${show(names)}`,
        `at least ${LEAST_ROWS} examples of one target`,
        "Collect more feedback.",
      );
    const encoder = fitEncoder(
      examples.map((e) => e.features),
      { vocabulary: 100, textBuckets: 16, topics: 0, maxLevels: 0, maxCategories: 32 },
    );
    const dense = examples.map((e) => toDense(encoder, e.features));
    const columns: number[] = [];
    const constants = new Float64Array(encoder.dim);
    for (let j = 0; j < encoder.dim; j++) {
      const first = dense[0]?.[j];
      const varies = dense.some((row) => row[j] !== first);
      if (varies) columns.push(j);
      constants[j] = varies ? Number.NaN : first;
    }
    const x = dense.map((row) => Float64Array.from(columns, (j) => row[j]));
    const group = examples.map((e, i) => e.group ?? `row ${i}`);
    const types = examples.map((e) => typeOf(e.features));
    const targets = new Map<string, TypedTarget>();
    for (const [t, name] of usable.entries()) {
      const rows = [...examples.keys()].filter((i) => name in examples[i].targets);
      targets.set(
        name,
        await TypedTarget.fit(
          {
            x: rows.map((i) => x[i]),
            y: Float64Array.from(rows, (i) => examples[i].targets[name]),
            group: rows.map((i) => group[i]),
            seed,
            members,
            cancelled,
            onProgress: (share) => onProgress?.((t + share) / usable.length, name),
          },
          rows.map((i) => types[i]),
        ),
      );
    }
    const step = Math.max(1, Math.floor(x.length / BACKGROUND));
    const background = x.filter((_, i) => i % step === 0).slice(0, BACKGROUND);
    return new RewardModel(encoder, columns, constants, Novelty.fit(x, group, seed), background, targets);
  }

  /**
   * The model of a snapshot; it predicts what the original did.
   * @throws SNAPSHOT_INVALID for one that is damaged or of another kind
   */
  static async restore(snapshot: RewardModelSnapshot, members = restorableMembers()): Promise<RewardModel> {
    if (snapshot?.kind !== "reward-model" || snapshot.version !== 1)
      throw new LearningError("SNAPSHOT_INVALID", {
        received: `a snapshot of kind ${show(snapshot?.kind)}, version ${show(snapshot?.version)}`,
        expected: "kind reward-model, version 1",
        remedy: "Train the reward model again.",
      });
    checkArgument(snapshot, "the snapshot", SNAPSHOT, "SNAPSHOT_INVALID");
    return readSnapshot(() => RewardModel.restored(snapshot, members));
  }

  private static async restored(
    snapshot: RewardModelSnapshot,
    members: readonly MemberRestorer[],
  ): Promise<RewardModel> {
    const targets = new Map<string, TypedTarget>();
    for (const [name, target] of Object.entries(snapshot.targets))
      targets.set(name, await TypedTarget.restore(target, members));
    const encoder = restoreEncoder(snapshot.encoder);
    const constants = new Float64Array(encoder.dim).fill(Number.NaN);
    const varying = new Set(snapshot.columns);
    let next = 0;
    for (let j = 0; j < encoder.dim; j++) if (!varying.has(j)) constants[j] = snapshot.constants[next++];
    return new RewardModel(
      encoder,
      snapshot.columns,
      constants,
      Novelty.restore(snapshot.novelty),
      snapshot.background.map((row) => Float64Array.from(row)),
      targets,
    );
  }

  /** Names the encoding of the features. */
  get encoderVersion(): string {
    return this.encoder.version;
  }

  /** What it predicts: `reward`, and every dimension that had enough examples. */
  get targetNames(): string[] {
    return [...this.targets.keys()];
  }

  /** What was fitted for each target: errors and weights of the members, importances. */
  report(): Record<string, TargetReport & { importances: { feature: string; importance: number }[] }> {
    return Object.fromEntries(
      [...this.targets].map(([name, target]) => [
        name,
        {
          ...target.report,
          importances: Array.from(target.report.importance, (importance, j) => ({
            feature: this.featureName(j),
            importance,
          })).sort((a, b) => b.importance - a.importance),
        },
      ]),
    );
  }

  /**
   * Predictions of one target for several runs.
   * @param level probability that `lower`..`upper` holds the true value (default 0.9)
   */
  predict(features: readonly DecisionContext[], target = "reward", level = 0.9): RewardPrediction[] {
    checkArgument(features, "features", "objects", "REWARD_INVALID");
    if (!(level > 0 && level < 1))
      throw invalid(`the level ${show(level)}`, "a level in (0,1)", "Leave it out for 0.9.");
    const model = this.target(target);
    const encoded = features.map((f) => this.encode(f));
    const novel = encoded.map(({ row, unseen }) => this.novelty.score(row, unseen) > 1);
    const predicted = model.predict(
      encoded.map((e) => e.row),
      features.map(typeOf),
    );
    return encoded.map((_, i) => {
      const { low, high, mean, variance } = model.report;
      if (novel[i])
        return { mean: Math.min(high, Math.max(low, mean)), lower: low, upper: high, variance, known: false };
      const value = predicted.mean[i];
      const spread = predicted.spread[i];
      const half = model.calibration.halfWidth(value, spread, level);
      return {
        mean: value,
        lower: Math.max(low, value - half),
        upper: Math.min(high, value + half),
        variance: model.calibration.variance(value, spread),
        known: true,
      };
    });
  }

  /**
   * Out-of-fold predictions for the examples of `fit` that had the target, in their order: what the
   * model says of rated runs without having seen their rating. Undefined after a restore.
   */
  outOfFold(target = "reward"): Float64Array | undefined {
    return this.target(target).outOfFold?.slice();
  }

  /** What each member alone predicts, by kind; only members with a weight. */
  predictMembers(features: readonly DecisionContext[], target = "reward"): Record<string, Float64Array> {
    checkArgument(features, "features", "objects", "REWARD_INVALID");
    const rows = features.map((f) => this.encode(f).row);
    return this.target(target).predictMembers(rows);
  }

  /**
   * What each feature of one run added to its prediction, compared with runs of the training set:
   * sampled Shapley values (Strumbelj and Kononenko, 2014). They and `base` sum to the prediction.
   */
  explain(
    features: DecisionContext,
    target = "reward",
    seed = 0,
  ): { base: number; contributions: RewardContribution[] } {
    checkArgument(features, "features", "object", "REWARD_INVALID");
    const model = this.target(target);
    const { base, values } = shapleyContributions(
      (rows) =>
        model.predict(
          rows,
          rows.map(() => typeOf(features)),
        ).mean,
      this.encode(features).row,
      this.background,
      seed,
    );
    return {
      base,
      contributions: Array.from(values, (contribution, j) => ({ feature: this.featureName(j), contribution })).sort(
        (a, b) => Math.abs(b.contribution) - Math.abs(a.contribution),
      ),
    };
  }

  /**
   * Takes new ratings in at once: the fast members (ridge, pairwise effects) learn from them exactly
   * as if they had been there from the start; the trees wait for the next fit. The
   * errors made before learning go into the calibration.
   */
  update(examples: readonly RewardExample[]): void {
    checkEach(examples, "examples", "example", EXAMPLE, "REWARD_INVALID");
    for (const [name, model] of this.targets) {
      const rated = examples.filter((e) => Number.isFinite(e.targets[name]));
      if (rated.length === 0) continue;
      model.update(
        rated.map((e) => this.encode(e.features).row),
        Float64Array.from(rated, (e) => e.targets[name]),
        rated.map((e) => typeOf(e.features)),
      );
    }
  }

  /** Everything needed to predict, as plain JSON. */
  async snapshot(): Promise<RewardModelSnapshot> {
    const targets: Record<string, TypedTargetSnapshot> = {};
    for (const [name, target] of this.targets) targets[name] = await target.snapshot();
    return {
      kind: "reward-model",
      version: 1,
      encoder: this.encoder.snapshot(),
      columns: [...this.columns],
      constants: Array.from(this.constants).filter((v) => !Number.isNaN(v)),
      novelty: this.novelty.snapshot(),
      background: this.background.map((row) => Array.from(row)),
      targets,
    };
  }

  /** Frees memory outside the JavaScript heap; predictions are over afterwards. */
  dispose(): void {
    for (const target of this.targets.values()) target.dispose();
  }

  private target(name: string): TypedTarget {
    const found = this.targets.get(name);
    if (found) return found;
    throw invalid(
      `the target ${show(name)}`,
      `one of ${[...this.targets.keys()].join(", ")}`,
      "Ask for a target that had enough examples.",
    );
  }

  private encode(features: DecisionContext): { row: Float64Array; unseen: number } {
    const dense = toDense(this.encoder, features);
    let unseen = 0;
    for (let j = 0; j < dense.length; j++) {
      const constant = this.constants[j];
      if (!Number.isNaN(constant) && dense[j] !== constant) unseen++;
    }
    return { row: Float64Array.from(this.columns, (j) => dense[j]), unseen };
  }

  private featureName(column: number): string {
    return this.encoder.featureName(this.columns[column]);
  }
}

function toDense(encoder: FeatureEncoder, features: DecisionContext): Float64Array {
  const { indices, values } = encoder.encode(features);
  const row = new Float64Array(encoder.dim);
  for (let k = 0; k < indices.length; k++) row[indices[k]] = values[k];
  return row;
}

function invalid(received: string, expected: string, remedy: string): LearningError {
  return new LearningError("REWARD_INVALID", { received, expected, remedy });
}
