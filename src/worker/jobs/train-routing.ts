// Runs in the learning thread.
import { digest } from "../../core/index.js";
import type { DecisionRow } from "../../dataset/index.js";
import { latestAt } from "../../evaluation/ahead.js";
import type { DestinationChange } from "../../evaluation/improvement.js";
import { estimateGain, runRows } from "../../evaluation/index.js";
import type { TrainedChallenger } from "../../evaluation/point/challenger.js";
import { type FullFit, isFullFitDue } from "../../evaluation/point/full-fit.js";
import { judgedDecisions, type ServedVersion, servable } from "../../evaluation/point/judged-rows.js";
import { ceilingOf, type Thrift, thriftyRows } from "../../evaluation/point/objective.js";
import { restored } from "../../evaluation/point/restored.js";
import { splitByTime } from "../../evaluation/point/split.js";
import type { LearnOptions, RoutingPolicy } from "../../policies/index.js";
import type { MixedRows } from "../../rewards/index.js";
import { type ChangeBeside, changesAfter, changesOfDestinations } from "../beside.js";
import { holdsAfter, teachEarlier } from "../changes.js";
import { fromOlder } from "../from-older.js";
import type { Job } from "../job.js";
import { withMixedRewards } from "../mixed-rows.js";
import { relatedRows, taughtByRelated } from "../related.js";
import { type RowOptions, rowsByPoint } from "../rows.js";
import { silentPaths } from "../silent-paths.js";
import { type StartedPolicy, startPolicy, taughtArtifact } from "../start-policy.js";
import { settingsOf } from "../statistics.js";
import { stopping } from "../stopping.js";
import { teach } from "../teach.js";

/** What to train for one decision point. */
export interface TrainRoutingInput {
  decisionPoint: string;
  rows: RowOptions;
  learn: LearnOptions;
  seed: number;
  /** Share of the rows that train; the later ones judge. */
  trainShare: number;
  /** Rated rows needed before there is anything to train. */
  minSamples: number;
  /** The serving version: its continuation is trained, where it can be read. */
  champion?: ServedVersion;
  /** Whether unrated decisions may teach by what the reward model says of them. */
  useRewardModel?: boolean;
  /** Decisions up to this time may teach but prove nothing. */
  provenFrom?: string;
  /** Decision points of the same tenant: a young one begins from those of them that are like it. */
  peers?: readonly string[];
  /** Destinations that changed: what is learned from the beginning leaves out what they were before. */
  changes?: readonly DestinationChange[];
  /** When what serves changed at other decision points of the same runs, in the order of time. */
  beside?: readonly ChangeBeside[];
  /** ISO time of the cycle: decisions from a clock that runs ahead wait for it, or nothing before them would be news. */
  now?: string;
  /** Whether nothing is learned from the beginning: a champion's continuation alone. */
  continueOnly?: boolean;
  /** The last policy that was learned from the beginning: with a champion, another waits for more rows. */
  fullFit?: FullFit;
}

/**
 * Trains the challengers of a decision point: without a champion one from the oldest rows on, with later
 * ones left to judge it, none of them from before `provenFrom`; with a champion its continuation by the rows that came since, and on the full-fit schedule another from the
 * beginning. None when there is too little to learn from.
 */
export const trainRouting: Job<TrainRoutingInput, TrainedChallenger[]> = {
  run(input, { state, progress, cancelled }) {
    const { provenFrom = "" } = input;
    const { version: champion, serving } = restored(input.champion);
    const onStep = stopping(cancelled);
    const byPoint = rowsByPoint(state, input.rows);
    const all = upToNow(byPoint.get(input.decisionPoint) ?? [], input.now);
    const rated = all.filter((r) => r.reward !== undefined);
    const known = champion && champion.dataTo > provenFrom ? champion.dataTo : provenFrom;
    const since = rated.filter((r) => r.at > known);
    const unlearned = champion
      ? rated.filter((r) => r.at > champion.dataTo || (r.ratedAt ?? r.at) > champion.publishedAt)
      : [];
    const { train } = splitByTime(since, input.trainShare);
    const last = train.at(-1);
    if (since.length < input.minSamples || !last) return [];
    progress(0.1, `${since.length} rows`);
    const mixedWith = (rows: readonly DecisionRow[], upTo?: string) =>
      input.useRewardModel ? withMixedRewards(state, all, rows, upTo) : undefined;
    const upTo = rated.filter((r) => r.at <= last.at);
    const after = changesOfDestinations(upTo, changesAfter(byPoint, input.decisionPoint, input.beside));
    const regimes = [...(input.changes ?? []), ...after];
    const holding = upTo.filter(holdsAfter(regimes));
    const whole = holding.length > 0 ? holding : upTo;
    const telling = withoutSilentPaths(input, whole);
    const { prove } = input.learn;
    if (prove && prove.better !== "reward") {
      if (champion && !isFullFitDue(whole, since.length - train.length, input.fullFit)) return [];
      return thrifty(telling, whole, { better: prove.better, margin: prove.notWorse?.reward ?? 0 }, onStep);
    }
    const anew = () => {
      const mixed = mixedWith(whole, last.at);
      const older = fromOlder(state.statistics, { ...input, settings: settingsOf(input, input.rows) }, whole, onStep);
      if (older) {
        const learned = learn(input, "new", older.started, older.rest, onStep, mixed);
        return { ...learned, rows: older.rows + learned.rows, dataFrom: older.from };
      }
      const started = startPolicy(telling, whole);
      const warmStart = warmed(input, started, whole, byPoint, onStep);
      teachEarlier(started.policy, started.make, upTo, regimes, started.encoders);
      const learned = learn(input, "new", started, whole, onStep, mixed);
      return warmStart ? { ...learned, warmStart } : learned;
    };
    if (!champion) return [anew()];
    // A continuation is judged by how far it moved, not by rewards: it may learn from every row, those
    // included that are older than what the champion knows but were rated since.
    const refresh = learn(
      input,
      "refresh",
      { artifact: champion.artifact, ...serving },
      unlearned,
      onStep,
      mixedWith(unlearned),
    );
    if (input.continueOnly || !isFullFitDue(whole, since.length - train.length, input.fullFit)) return [refresh];
    // From the beginning first: where it is proven better, the continuation is not asked for. What the
    // champion was trained on would flatter it, so both are judged on what came after.
    return [anew(), refresh];
  },
};

/** The same without the fields of other points' choices that say nothing of which destination is best. */
function withoutSilentPaths(input: TrainRoutingInput, rows: readonly DecisionRow[]): TrainRoutingInput {
  const { encoder = {} } = input.learn;
  const silent = silentPaths(rows).filter((field) => !Object.hasOwn(encoder.fields ?? {}, field));
  if (silent.length === 0) return input;
  return {
    ...input,
    learn: { ...input.learn, encoder: { ...encoder, ignore: [...(encoder.ignore ?? []), ...silent] } },
  };
}

/** Rows come in the order of time. */
function upToNow(rows: readonly DecisionRow[], now: string | undefined): readonly DecisionRow[] {
  const latest = now === undefined ? undefined : latestAt(now);
  const last = rows.at(-1);
  return latest === undefined || !last || last.at <= latest ? rows : rows.filter((row) => row.at <= latest);
}

/** Begins from what related points know, where that is wanted. */
function warmed(
  { decisionPoint, peers = [], learn: { from } }: TrainRoutingInput,
  started: StartedPolicy & { make: () => RoutingPolicy },
  own: readonly DecisionRow[],
  byPoint: ReadonlyMap<string, readonly DecisionRow[]>,
  onStep: () => void,
): TrainedChallenger["warmStart"] {
  const related = relatedRows(byPoint, decisionPoint, own, peers, from);
  const { points, rows } = related;
  if (rows.length === 0) return undefined;
  const { policy, lesson } = taughtByRelated(started.make, related, own, started.encoders, onStep);
  started.policy = policy;
  if (lesson.weight > 0 || lesson.kinship) started.artifact.candidates = [...new Set(rows.map((row) => row.chosen))];
  return { points, rows: rows.length, ...lesson };
}

function learn(
  input: TrainRoutingInput,
  kind: TrainedChallenger["kind"],
  started: StartedPolicy,
  train: readonly DecisionRow[],
  onStep: () => void,
  mixed?: MixedRows,
): TrainedChallenger {
  const rows = teach(started.policy, train, mixed?.rows ?? [], started.encoders, onStep);
  onStep();
  const last = (train.at(-1) as DecisionRow).at;
  const artifact = taughtArtifact(started, train);
  return {
    kind,
    artifact,
    rows,
    dataFrom: train[0].at,
    dataTo: kind === "refresh" ? latest(input.champion?.dataTo ?? "", last) : last,
    fingerprint: digest(JSON.stringify([artifact, input.seed]), 16),
    ...(mixed && { rewardShares: mixed.shares }),
  };
}

/** Shares of thrift beside the reward that are tried, the thriftiest first. */
const SHARES = [1, 0.8, 0.6, 0.4, 0.2];

/**
 * A policy that saves as much as it can without earning less than it may: of the mixtures of thrift and reward
 * the thriftiest whose policy keeps the reward, by the rows it was trained on. Whether it does is for the gate.
 */
function thrifty(
  input: TrainRoutingInput,
  train: readonly DecisionRow[],
  { better, margin }: { better: Thrift; margin: number },
  onStep: () => void,
): TrainedChallenger[] {
  const ceiling = ceilingOf(train, better);
  if (ceiling === undefined) return [];
  for (const share of SHARES) {
    const rows = thriftyRows(train, better, ceiling, share);
    if (rows.length === 0) return [];
    const challenger = { ...learn(input, "new", startPolicy(input, rows), rows, onStep), ceiling };
    const judged = judgedDecisions(train, servable(challenger.artifact), "fallback", 0, undefined, onStep);
    const kept = judged.length > 0 && estimateGain(runRows(judged), { estimator: "dr" }).value >= -margin / 2;
    if (kept || share === SHARES.at(-1)) return [{ ...challenger, dataTo: (train.at(-1) as DecisionRow).at }];
  }
  return [];
}

const latest = (a: string, b: string) => (a > b ? a : b);
