// Runs in the learning thread.
import { digest, isLearningError, messageOf } from "../../core/index.js";
import type { Tenants } from "../../core/tenants.js";
import {
  compareOnLater,
  type ImputedReward,
  type ModelComparison,
  type RewardExample,
  type RewardHealth,
  RewardModel,
  type RewardModelSnapshot,
  type RewardPrediction,
  rewardHealth,
  type TargetReport,
} from "../../rewards/index.js";
import type { Job } from "../job.js";
import { judgedRuns, type RewardRunExample, runExamples, runsToLearnFrom } from "../reward-examples.js";
import { type EvaluatorFinding, type RewardSettings, rewardViews } from "../reward-views.js";
import type { WorkerState } from "../state.js";
import { stopping } from "../stopping.js";
import { TenantModels, type TenantModelsSnapshot } from "../tenant-models.js";
import { countTypes, whenToRefit } from "../when-to-refit.js";

/** The payload of a `reward-model` artifact. */
export interface RewardModelArtifact {
  snapshot: TenantModelsSnapshot;
  /** Names the encoding of the features. Absent in models of an earlier release. */
  encoderVersion?: string;
  /** Start of the newest run it was fitted on. */
  trainedTo: string;
  rows: number;
  /** What it said of each of its training runs without having seen their rating. */
  outOfFold: Record<string, number>;
  /**
   * By how much the squared error of the reward grows when a feature is shuffled among the runs, as a share of the
   * reward's variance; the largest first. Absent in models of an earlier release.
   */
  importances?: { feature: string; share: number }[];
}

/** Importances that are kept. */
const MOST_IMPORTANCES = 30;

/** What to do in one cycle. */
export interface TrainRewardModelInput {
  reward: RewardSettings;
  seed: number;
  /** Rated runs needed for a first model. */
  minSamples: number;
  /** The version that serves; its artifact where the thread does not hold it (see {@link heldRewardModel}). */
  champion?: { version: string; artifact?: RewardModelArtifact };
  /** Of the runs' texts, by workflowId. */
  vectors?: Record<string, number[]>;
  /** Workflow types by tenant: a model for each. */
  tenants?: Tenants;
}

/** What came of it. */
export interface TrainRewardModelOutput {
  runs: number;
  rated: number;
  health: RewardHealth;
  /** What people's judgements of the same runs say of automatic evaluators. */
  evaluators: Record<string, EvaluatorFinding>;
  /** A model that may replace the champion: it is better on later data, or the first with any skill. */
  winner?: RewardModelArtifact & { report: Record<string, TargetReport> };
  comparison?: ModelComparison;
  /** Ratings that the fast members of the champion took in. */
  updated: number;
  /** Why the serving model could not be restored; it counts as none then. */
  unreadable?: string;
  message: string;
}

const SHARED = "reward-model";
/** Rated runs there were when the last fit came to nothing: the next waits for a third more. */
const TRIED = "reward-model.tried";
const TRIED_GROWTH = 4 / 3;
/** Rated runs of each type there were then: one that is new to the model waits until it has twice as many. */
const TRIED_TYPES = "reward-model.tried types";

/** Below this share of unrated runs there is next to nothing to impute. */
const LEAST_MISSING = 0.05;

/** What the thread keeps of the serving model. */
interface Live {
  version: string;
  artifact: RewardModelArtifact;
  /** As it was fitted: what it says is independent of every later rating. */
  fitted: TenantModels;
  /** The same, with later ratings taken in by the fast members. */
  model: TenantModels;
  /** Rated runs that `model` has taken in. */
  updated: Set<string>;
  /** With a digest of what each prediction was made from. */
  imputed: Map<string, ImputedReward & { basis: string }>;
}

/**
 * What the serving reward model, as it was fitted, says of each run, by workflowId. Undefined while
 * there is none, or when it was fitted on runs after `upTo`: a policy that is to be judged on later
 * rewards must not have learned from them by this detour.
 */
export function imputedRewards(state: WorkerState, upTo?: string): ReadonlyMap<string, ImputedReward> | undefined {
  const live = state.shared.get(SHARED) as Live | undefined;
  return live && (upTo === undefined || live.artifact.trainedTo <= upTo) ? live.imputed : undefined;
}

/** The version the thread holds: its artifact, of many megabytes, need not be sent again. */
export const heldRewardModel: Job<Record<string, never>, string | undefined> = {
  run: (_, { state }) => (state.shared.get(SHARED) as Live | undefined)?.version,
};

/**
 * Brings the serving model up to date with new ratings, predicts the newest runs, and fits a
 * challenger once there are enough later ratings that both can be compared on.
 */
export const trainRewardModel: Job<TrainRewardModelInput, TrainRewardModelOutput> = {
  async run(input, { state, cancelled, progress }) {
    const runs = judgedRuns(state, input.reward);
    const health = rewardHealth(
      runs.map((r) => ({ reward: r.targets["reward"], satisfaction: r.targets["rating:satisfaction"] })),
    );
    const { rated: count, missingShare } = health;
    const { evaluators } = rewardViews(state, input.reward);
    stopping(cancelled)();
    const counted = { runs: runs.length, rated: count, health, evaluators, updated: 0 };
    if (runs.length > 0 && missingShare < LEAST_MISSING)
      return { ...counted, message: "nearly every run has a measured reward: nothing to impute" };
    const { live, unreadable } = await broughtUp(state, input);
    const base = { ...counted, ...(unreadable !== undefined && { unreadable }) };
    if (!live && count < input.minSamples)
      return { ...base, message: `not enough rated runs yet: about ${input.minSamples - count} more` };
    const again = Math.ceil(((state.shared.get(TRIED) as number | undefined) ?? 0) * TRIED_GROWTH);
    if (!live && count < again)
      return { ...base, message: `the last fit was of no use; the next waits for about ${again - count} more ratings` };
    const used = runsToLearnFrom(runs);
    const rated = runExamples(state, used.rated, input.vectors);
    const unrated = runExamples(state, used.unrated, input.vectors);
    if (!live) {
      const { artifact, report, model } = await train(rated, input, cancelled, progress);
      model.dispose();
      const { rmse, variance } = report["reward"];
      if (rmse ** 2 >= variance) {
        state.shared.set(TRIED, count);
        return { ...base, message: "the first model predicts no better than the mean; it is not used" };
      }
      return { ...base, winner: { ...artifact, report }, message: `first model over ${rated.length} rated runs` };
    }
    const updated = takeIn(
      live,
      // Also runs older than the model whose rating came after it was fitted.
      rated.filter((e) => !(e.workflowId in live.artifact.outOfFold) && !live.updated.has(e.workflowId)),
    );
    impute(live, [...rated, ...unrated]);
    const triedTypes = (state.shared.get(TRIED_TYPES) ?? new Map()) as Map<string, number>;
    const refit = whenToRefit(rated, live.artifact, triedTypes);
    const missing = Math.max("missing" in refit ? refit.missing : 0, "because" in refit ? 0 : again - count);
    if ("missing" in refit || missing > 0)
      return {
        ...base,
        updated,
        message: `took in ${updated} new ratings; a new fit waits for about ${missing} more`,
      };
    const cut = rated[refit.at - 1]?.at ?? "";
    const later = rated.filter((e) => e.at > cut);
    const before = rated.filter((e) => e.at <= cut);
    const { artifact, report, model } = await train(before, input, cancelled, progress);
    const comparison = compareOnLater(live.fitted, model, later);
    model.dispose();
    if (!comparison.better) {
      if (!refit.because) state.shared.set(TRIED, count);
      state.shared.set(TRIED_TYPES, countTypes(rated));
      return { ...base, updated, comparison, message: "a new model was not better on later runs; the old one stays" };
    }
    const why = refit.because ? `, fitted because of ${refit.because.join(", ")}` : "";
    const message = `better on ${comparison.rows} later runs${why}`;
    return { ...base, updated, comparison, winner: { ...artifact, report }, message };
  },
};

/** A given set of examples to learn from, without the facts. */
export interface FitRewardModelInput {
  examples: RewardExample[];
  seed: number;
}

/** A fitted model, and how well it predicts each target. */
export interface FitRewardModelOutput {
  snapshot: RewardModelSnapshot;
  report: Record<string, TargetReport>;
}

/** Fits a reward model to given examples. */
export const fitRewardModel: Job<FitRewardModelInput, FitRewardModelOutput> = {
  async run({ examples, seed }, { cancelled, progress }) {
    const model = await RewardModel.fit(examples, { seed, cancelled, onProgress: progress });
    const output = { snapshot: await model.snapshot(), report: model.report() };
    model.dispose();
    return output;
  },
};

/** Predictions for runs the thread knows. */
export interface PredictRewardsInput {
  workflowIds: string[];
  reward: RewardSettings;
  /** The version that serves; its artifact only when the thread asked for it. */
  version: string;
  artifact?: RewardModelArtifact;
  /** Of the runs' texts, by workflowId. */
  vectors?: Record<string, number[]>;
}

/** Predictions of every target by workflowId, or a request for the artifact. */
export type PredictRewardsOutput =
  | { predictions: Record<string, Record<string, RewardPrediction>> }
  | { needsArtifact: true };

/** The serving model's predictions of the reward and every judged dimension, new ratings included. */
export const predictRewardsJob: Job<PredictRewardsInput, PredictRewardsOutput> = {
  async run({ workflowIds, reward, version, artifact, vectors }, { state }) {
    const held = state.shared.get(SHARED) as Live | undefined;
    if (held?.version !== version && !artifact) return { needsArtifact: true };
    let live = held?.version === version ? held : undefined;
    try {
      live ??= await bringUp(state, artifact && { version, artifact });
    } catch (error) {
      // One that cannot be read counts as none; the status says so since the last cycle.
      if (!isLearningError(error, "SNAPSHOT_INVALID")) throw error;
    }
    if (!live) return { predictions: {} };
    const runs = judgedRuns(state, reward, new Set(workflowIds));
    const features = runExamples(state, runs, vectors).map((e) => e.features);
    const predictions: Record<string, Record<string, RewardPrediction>> = {};
    for (const target of live.model.targetNames)
      live.model.predict(features, target).forEach((p, i) => {
        const { workflowId } = runs[i];
        predictions[workflowId] = { ...predictions[workflowId], [target]: p };
      });
    return { predictions };
  },
};

async function train(
  rated: readonly RewardRunExample[],
  { seed, tenants = {} }: TrainRewardModelInput,
  cancelled: () => boolean,
  onProgress: (share: number, message?: string) => void,
) {
  const model = await TenantModels.fit(rated, tenants, { seed, cancelled, onProgress });
  stopping(cancelled)();
  const report = model.report();
  const { importances = [], variance = 0 } = report["reward"] ?? {};
  const artifact: RewardModelArtifact = {
    snapshot: await model.snapshot(),
    encoderVersion: model.encoderVersion,
    trainedTo: (rated.at(-1) as RewardRunExample).at,
    rows: rated.length,
    outOfFold: Object.fromEntries(
      rated.flatMap(({ workflowId }, i) => {
        const said = model.outOfFold[i];
        return said === undefined ? [] : [[workflowId, said]];
      }),
    ),
    importances: importances
      .filter((i) => i.importance > 0)
      .slice(0, MOST_IMPORTANCES)
      .map(({ feature, importance }) => ({ feature, share: variance > 0 ? importance / variance : 0 })),
  };
  return { artifact, report, model };
}

/** The same, where a model that cannot be restored is told from none. */
async function broughtUp(
  state: WorkerState,
  { champion, tenants = {} }: TrainRewardModelInput,
): Promise<{ live?: Live; unreadable?: string }> {
  try {
    const live = await bringUp(state, champion);
    if (!live || live.fitted.isFor(tenants)) return { live };
    await bringUp(state, undefined);
    return { unreadable: "it was fitted for other tenants" };
  } catch (error) {
    if (isLearningError(error)) return { unreadable: messageOf(error) };
    throw error;
  }
}

async function bringUp(state: WorkerState, champion: TrainRewardModelInput["champion"]): Promise<Live | undefined> {
  const held = state.shared.get(SHARED) as Live | undefined;
  if (held && held.version === champion?.version) return held;
  held?.fitted.dispose();
  held?.model.dispose();
  state.shared.delete(SHARED);
  if (!champion) return undefined;
  const { version, artifact } = champion;
  if (!artifact) throw new Error(`the reward model ${version} is not held here`);
  const { snapshot } = artifact;
  const live: Live = {
    version,
    artifact,
    fitted: await TenantModels.restore(snapshot),
    model: await TenantModels.restore(snapshot),
    updated: new Set(),
    imputed: new Map(),
  };
  state.shared.set(SHARED, live);
  return live;
}

/** Learns from new ratings at once. */
function takeIn(live: Live, fresh: readonly RewardRunExample[]): number {
  for (const e of fresh) live.updated.add(e.workflowId);
  if (fresh.length > 0) live.model.update(fresh);
  return fresh.length;
}

/** Predictions are kept as long as the model and what it knows of a run stay the same. */
function impute(live: Live, all: readonly RewardRunExample[]): void {
  const { imputed: known, artifact } = live;
  const bases = all.map((e) => digest(JSON.stringify(e.features), 16));
  const asked = all.flatMap((e, i) => (known.get(e.workflowId)?.basis === bases[i] ? [] : [i]));
  const predictions = live.fitted.predict(asked.map((i) => all[i].features));
  const fresh = new Map(asked.map((i, k) => [i, predictions[k]]));
  live.imputed = new Map(
    all.map(({ workflowId }, i) => {
      const { mean, variance, known: isKnown } = fresh.get(i) ?? (known.get(workflowId) as ImputedReward);
      const basis = bases[i];
      return [workflowId, { mean: artifact.outOfFold[workflowId] ?? mean, variance, known: isKnown, basis }];
    }),
  );
}
