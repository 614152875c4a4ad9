// Runs in the learning thread.
import type { DecisionRow } from "../../dataset/index.js";
import type { DestinationChange } from "../../evaluation/improvement.js";
import type { TrainedChallenger } from "../../evaluation/point/challenger.js";
import { fullFitOf, isFullFitDue } from "../../evaluation/point/full-fit.js";
import type { GateState } from "../../evaluation/point/gate-state.js";
import { type ServablePolicy, type ServedVersion, servable } from "../../evaluation/point/judged-rows.js";
import { restored } from "../../evaluation/point/restored.js";
import { contestedShare } from "../../evaluation/point/trial-rows.js";
import {
  beginTrial,
  endTrial,
  lookAtTrial,
  type TrialBegin,
  type TrialLook,
  type TrialOptions,
  type TrialScene,
} from "../../evaluation/point/trial-stage.js";
import { renewedFrom } from "../../evaluation/trial/renewal.js";
import { changesAfter } from "../beside.js";
import { destinationChanges } from "../changes.js";
import type { Job, JobContext } from "../job.js";
import { rowsByPoint } from "../rows.js";
import { type JudgeRoutingInput, judgeRouting, type RoutingJudgement } from "./judge-routing.js";
import { learnLesson, offlineLesson } from "./learn-offline.js";
import { ended, type LearningResult, lookedAt, rolledBack } from "./learned.js";
import { type TrainRoutingInput, trainRouting } from "./train-routing.js";
import { waitsNoLonger } from "./waiting.js";

/** Everything one decision point's learning needs. */
export interface LearnRoutingInput
  extends Omit<TrainRoutingInput, "fullFit" | "now" | "continueOnly">,
    Omit<JudgeRoutingInput, "challengers" | "decisionPoint" | "rows" | "champion"> {
  trial?: TrialOptions;
  /** The version on trial. */
  onTrial?: ServedVersion;
  /** Earlier versions that were proven, the newest first: a roll-back may return to one of them. */
  earlier?: ServedVersion[];
  /** A version that was trained elsewhere and waits to be tried. */
  aside?: TrainedChallenger & { version: string };
  /** A proven version that waits for approval: meanwhile nothing else is tried. */
  waiting?: ServedVersion;
  /** Whether a policy that looks ahead is learned where runs pass the point several times. */
  deep?: boolean;
}

/**
 * One decision point's learning in one job, so that nothing large goes to and fro between threads: the
 * champion is watched, the trial settled, challengers are trained where it is time, and the next is put on trial.
 */
export const learnRouting: Job<LearnRoutingInput, LearningResult> = {
  async run(input, context) {
    const byPoint = rowsByPoint(context.state, input.rows);
    const rows = byPoint.get(input.decisionPoint) ?? [];
    const known = input.state?.changes ?? [];
    const changes = destinationChanges(context.state, input.decisionPoint, rows, known, input.now);
    const after = changesAfter(byPoint, input.decisionPoint, input.beside).at(-1) ?? "";
    if (changes.length === 0 && after === "") return learned(input, context, rows, rows);
    const state: GateState = { schemaVersion: 1, ...input.state, ...(changes.length > 0 && { changes }) };
    // What was learned before is of a world that is no more: another is due at once.
    if (changes !== known || (state.fullFit && state.fullFit.at < after)) delete state.fullFit;
    const fresh = rows.filter((row) => row.at > after);
    const result = await learned({ ...input, state, changes }, context, rows, fresh);
    return changes.length > 0 ? { ...result, status: { ...result.status, changes } } : result;
  },
};

/** A point's rows, those that later points' changes left as they were among them. */
interface Scene extends TrialScene {
  fresh: readonly DecisionRow[];
}

async function learned(
  input: LearnRoutingInput,
  context: JobContext,
  rows: readonly DecisionRow[],
  fresh: readonly DecisionRow[],
): Promise<LearningResult> {
  const watched = await judge({ ...input, challengers: [] }, context);
  if (watched.recommended === "rollback")
    return rolledBack(input.earlier ?? [], rows, watched, input.gate.cluster, input.destinations);
  const scene: Scene = { ...input, rows, fresh, rewardKey: JSON.stringify(input.rows.reward) };
  if (!watched.state.trial) return withoutTrial(input, context, scene, watched);
  const tried = restored(input.onTrial);
  if (!tried.serving || input.onTrial?.version !== watched.state.trial.version)
    return ended(
      watched,
      watched.state.trial.version,
      `stopped, it cannot be tried: ${tried.unreadable ?? "it is gone"}`,
    );
  // It was tried beside another policy: that proves nothing any more.
  if ((input.beside?.at(-1)?.at ?? "") > watched.state.trial.startedAt) {
    const over = ended(watched, tried.version.version, "stopped, what serves beside it changed");
    // Nothing speaks against what was learned: the next trial need not wait for more rows.
    return { ...over, state: { ...over.state, fullFit: undefined } };
  }
  const look = lookAtTrial(scene, tried.serving, watched.state);
  const answer = lookedAt(look, watched, input.onTrial.version, input.gate.riskLevel, input.now);
  if (answer.recommended !== "terms") return answer;
  const aside = givingWay(input, scene, answer);
  if (aside) return aside;
  if (!isRenewalDue(fresh, tried.version.publishedAt, look, input.changes)) return answer;
  return (await renewed(input, context, scene, tried.serving, answer)) ?? answer;
}

/** The versions of a job's own calls of other jobs. */
const judge = async (input: JudgeRoutingInput, context: JobContext): Promise<RoutingJudgement> =>
  await judgeRouting.run(input, context);

function isRenewalDue(
  rows: readonly DecisionRow[],
  trainedAt: string,
  { state }: TrialLook,
  changes: readonly DestinationChange[] = [],
): boolean {
  if (!state.trial) return false;
  const growth = renewedFrom(state.trial);
  if (growth === Number.POSITIVE_INFINITY) return false;
  const known = state.fullFit?.at ?? trainedAt;
  if (changes.some((c) => c.seenAt > known)) return true;
  // It did not learn from these rows: more of them are no reason to give it up before its time.
  if (state.trial.trainedAside) return false;
  let before = 0;
  let rated = 0;
  for (const row of rows) {
    if (row.reward === undefined) continue;
    rated++;
    if ((row.ratedAt ?? row.at) <= known) before++;
  }
  return rated >= growth * before;
}

/** What was trained aside, in simulation or at other sites, need not wait for a trial that shows no promise. */
function givingWay(input: LearnRoutingInput, scene: TrialScene, answer: LearningResult): LearningResult | undefined {
  const { trial } = answer.state;
  if (!trial || trial.version === input.aside?.version || renewedFrom(trial) === Number.POSITIVE_INFINITY)
    return undefined;
  const why = `trained aside, it replaces ${answer.version}`;
  return asideTried(input, scene, { ...answer, settled: trial }, endTrial(answer.state, trial), why);
}

/** Puts what was trained aside on trial; undefined where there is nothing, or it differs nowhere. */
function asideTried(
  input: LearnRoutingInput,
  scene: TrialScene,
  answer: RoutingJudgement | LearningResult,
  state: RoutingJudgement["state"],
  why: string,
): LearningResult | undefined {
  const { aside } = input;
  if (!aside) return undefined;
  const begun = begin(input, scene, servable(aside.artifact), state, aside.version);
  if (!begun) return undefined;
  return started({ ...begun, trial: { ...begun.trial, trainedAside: true } }, answer, undefined, why, aside.version);
}

/** Two versions that differ on less of the decisions are the same for a trial, or on less than a third of what it contests. */
const RENEWED_FROM = 0.1;
const RENEWED_SHARE = 1 / 3;

/** Learns anew from all rows; what comes of it replaces the version on trial where it would choose otherwise. */
async function renewed(
  input: LearnRoutingInput,
  context: JobContext,
  scene: TrialScene,
  tried: ServablePolicy,
  answer: LearningResult,
): Promise<LearningResult | undefined> {
  const fresh = (await candidates(input, context, { tried: 0 })).find((c) => c.kind === "new");
  if (!fresh || !answer.state.trial) return undefined;
  const state = { ...answer.state, fullFit: fullFitOf(fresh.dataTo, input.now, { held: 0, samples: 0 }) };
  const policy = servable(fresh.artifact);
  const least = Math.min(RENEWED_FROM, RENEWED_SHARE * answer.state.trial.contested);
  if ((contestedShare(scene.rows, policy, tried) ?? 0) < least) return { ...answer, state };
  const begun = begin(input, scene, policy, endTrial(state, answer.state.trial));
  return (
    begun &&
    started(
      begun,
      { ...answer, settled: answer.state.trial },
      fresh,
      `a version learned from more replaces ${answer.version}`,
    )
  );
}

/** Trains, asks the gate about logs that exist already, and puts the challenger on trial that it cannot decide on. */
async function withoutTrial(
  input: LearnRoutingInput,
  context: JobContext,
  scene: Scene,
  watched: RoutingJudgement,
): Promise<LearningResult> {
  const { state } = watched;
  const { waiting } = input;
  const { version: champion } = restored(input.champion);
  const over = waiting && waitsNoLonger(waiting, scene, watched);
  if (over) return over;
  // Another challenger would spend the gate's risk while nobody has looked at the one that waits.
  if (waiting && !champion) return { ...watched, isIdle: true };
  const aside = waiting ? undefined : asideTried(input, scene, watched, state, "trained aside");
  if (aside) return aside;
  if (champion && !input.prove) return besideChampion(input, context, scene, watched);
  let answer: LearningResult = watched;
  // What is to be proven beside the reward is judged from the logs.
  if (state.capital === undefined || input.prove) {
    const challengers = await candidates(input, context, { trainShare: input.trainShare });
    if (challengers.length === 0) return { ...watched, isIdle: true };
    const verdict = await judge({ ...input, state, challengers }, context);
    answer = { ...verdict, ...(verdict.chosen !== undefined && { challenger: challengers[verdict.chosen] }) };
    if (answer.recommended !== "none") return answer;
  } else if (!isFullFitDue(rated(scene.fresh), 0, state.fullFit)) return answer;
  if (input.prove || !isReady(scene.rows, input)) return answer;
  return tried(input, scene, await candidates(input, context, turnOf(answer)), answer);
}

/** What was learned from the beginning goes on trial against the champion; its continuation may take the shorter way. */
async function besideChampion(
  input: LearnRoutingInput,
  context: JobContext,
  scene: TrialScene,
  watched: RoutingJudgement,
): Promise<LearningResult> {
  const publishedAt = input.champion?.publishedAt ?? "";
  // Nothing is learned from the beginning before there is something that the champion has not seen.
  const isNews = !input.waiting && rated(scene.rows).filter((r) => r.at > publishedAt).length >= input.minSamples;
  const wanted = isNews ? turnOf(watched) : { continueOnly: true };
  const challengers = await candidates(input, context, wanted);
  if (challengers.length === 0) return { ...watched, isIdle: true };
  const answer = challengers.some((c) => c.kind === "new") ? tried(input, scene, challengers, watched) : watched;
  const continued = challengers.filter((c) => c.kind === "refresh");
  if (answer.recommended === "try" || continued.length === 0) return answer;
  const verdict = await judge({ ...input, state: answer.state, challengers: continued }, context);
  return { ...verdict, ...(verdict.chosen !== undefined && { challenger: continued[verdict.chosen] }) };
}

const rated = (rows: readonly DecisionRow[]) => rows.filter((r) => r.reward !== undefined);

/** Puts the new one of the challengers on trial. */
function tried(
  input: LearnRoutingInput,
  scene: TrialScene,
  challengers: readonly TrainedChallenger[],
  answer: LearningResult,
): LearningResult {
  const challenger = challengers.find((c) => c.kind === "new");
  if (!challenger) return answer;
  const fullFit = fullFitOf(challenger.dataTo, input.now, { held: 0, samples: 0 });
  const state = { ...answer.state, fullFit };
  const begun = begin(input, scene, servable(challenger.artifact), state);
  if (begun) return started(begun, answer, challenger, "learned from what was explored");
  const words =
    input.exploration > 0 ? "nothing to gain here: what was learned chooses as what serves does" : undefined;
  if (words === undefined) return answer;
  return { ...answer, state, reason: words, status: { ...answer.status, verdict: words } };
}

function begin(
  input: LearnRoutingInput,
  scene: TrialScene,
  policy: ServablePolicy,
  state: RoutingJudgement["state"],
  version?: string,
): TrialBegin | undefined {
  const { version: champion, serving } = restored(input.champion);
  return beginTrial(scene, policy, champion && { version: champion.version, serving }, state, version);
}

function started(
  { trial, state, shares, contested }: TrialBegin,
  answer: RoutingJudgement | LearningResult,
  challenger: TrainedChallenger | undefined,
  why: string,
  version?: string,
): LearningResult {
  const percent = (v: number) => `${(100 * v).toFixed(1)} %`;
  const reason = `on trial, ${why}: chooses otherwise on ${percent(contested)} of decisions, and is followed on ${percent(shares.share)} of those`;
  const { version: _replaced, ...rest } = answer as LearningResult;
  return {
    ...rest,
    recommended: "try",
    challenger,
    ...(version !== undefined && { version }),
    shares,
    reason,
    state: { ...state, trial },
    status: { ...answer.status, verdict: reason, moreDecisionsNeeded: undefined },
    figures: {
      ...answer.figures,
      judged: "trial",
      before: answer.reason,
      contested,
      stake: trial.stake,
      budget: trial.budget,
    },
  };
}

/** So many rated decisions are enough to learn a first challenger from, however few of them were explored. */
const ENOUGH_RATED = 300;
/** As are so many explored ones for each destination beside what serves. */
const ENOUGH_EXPLORED = 10;

/** After a roll-back what was logged before it teaches, but does not count here. */
function isReady(rows: readonly DecisionRow[], { minSamples, provenFrom = "" }: LearnRoutingInput): boolean {
  const known = rated(rows).filter((r) => r.at > provenFrom);
  if (known.length < minSamples) return false;
  const others = Math.max(1, (rows.at(-1)?.candidates.length ?? 2) - 1);
  const explored = known.filter((r) => r.fallbackChoice !== undefined && r.chosen !== r.fallbackChoice).length;
  return explored > 0 && (known.length >= ENOUGH_RATED || explored >= ENOUGH_EXPLORED * others);
}

/** Which challengers are wanted. */
interface Wanted extends Pick<TrainRoutingInput, "continueOnly"> {
  /** Share of the rows that train (1). */
  trainShare?: number;
  /** So many versions were tried before, and one more is: an ordinary one and a deep one have turns. Without, both. */
  tried?: number;
}

const turnOf = ({ state }: Pick<RoutingJudgement, "state">): Wanted => ({ tried: state.capital?.tried ?? 0 });

/**
 * Ordinary challengers, and a deep one where that is wanted and runs pass the point several times. Where one alone is to
 * be tried the other is not learned in vain: a deep one takes seconds.
 */
async function candidates(
  input: LearnRoutingInput,
  context: JobContext,
  { trainShare = 1, tried, continueOnly }: Wanted,
): Promise<TrainedChallenger[]> {
  const job = { ...input, trainShare, continueOnly, fullFit: input.state?.fullFit };
  const trained = await trainRouting.run(job, context);
  const fresh = trained.find((t) => t.kind === "new");
  if (!fresh || !input.deep || (tried !== undefined && tried % 2 === 0)) return trained;
  const { decisionPoint, rows, seed } = input;
  const offline = { decisionPoint, rows, seed, upTo: fresh.dataTo };
  const lesson = offlineLesson(offline, context);
  if (!lesson) return trained;
  const deep = await learnLesson(offline, lesson, context);
  return [...(tried === undefined ? trained : trained.filter((t) => t !== fresh)), deep];
}
