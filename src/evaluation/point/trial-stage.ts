import { isAsking, MOST_WEIGHT } from "../../core/index.js";
import type { DecisionRow } from "../../dataset/index.js";
import { type TrialShares, trialShares } from "../../policies/index.js";
import { latestAt } from "../ahead.js";
import type { ResolvedGateSettings } from "../gate-settings.js";
import {
  type Capital,
  decideTrial,
  type Forecast,
  forecastTrial,
  grownShare,
  openCapital,
  openTrial,
  passOn,
  planTrial,
  ratingWindowMs,
  settle,
  type TrialState,
  type TrialVerdict,
  takeStake,
} from "../trial/index.js";
import { LEAST_SCALED } from "../trial/state.js";
import { CLUSTER_WINDOW_MS, decisionsPerCluster } from "./cluster.js";
import type { GateState } from "./gate-state.js";
import type { ServablePolicy } from "./judged-rows.js";
import { contestedShare, trialRows } from "./trial-rows.js";
import { withdrawn } from "./withdrawn.js";

/** How versions are tried at a decision point; see the router's option `trial`. */
export interface TrialOptions {
  upTo?: number;
  windowMs?: number;
  stickyBy?: "thread" | "user";
}

/** Of the risk, the part that judging logs that exist already may spend in the life of a point; trials have the rest. */
export const RISK_OF_LOGS = 0.2;

/** What a look at a trial needs. */
export interface TrialScene {
  rows: readonly DecisionRow[];
  exploration: number;
  /** Those of today. */
  destinations?: readonly string[];
  trial?: TrialOptions;
  gate: ResolvedGateSettings;
  /** What determines rewards: another definition ends a trial. */
  rewardKey: string;
  /** ISO time of the look. */
  now: string;
}

/** What became of a trial at a look. */
export interface TrialLook {
  verdict: TrialVerdict;
  /** With the trial settled up to now, or ended. */
  state: GateState;
  /** How the next decisions are divided; absent where the trial ended. */
  shares?: TrialShares;
  forecast?: Forecast;
  /** Its evidence up to now. */
  settled: TrialState;
}

/** A trial that is to begin, and what is left of the capital. */
export interface TrialBegin {
  trial: TrialState;
  state: GateState;
  shares: TrialShares;
  contested: number;
}

/** Settles what came of the version on trial and says what follows. */
export function lookAtTrial(scene: TrialScene, tried: ServablePolicy, state: GateState): TrialLook {
  const { rows, exploration, now, rewardKey } = scene;
  const trial = weighted(state.trial as TrialState, mostWeightIn(rows, (state.trial as TrialState).version));
  const capital = state.capital as Capital;
  const stopped = (reason: string): TrialLook => {
    const verdict = decideTrial(trial, capital.riskLevel);
    return { verdict: { ...verdict, action: "stop", reason }, state: endTrial(state, trial), settled: trial };
  };
  if (state.rewardKey !== rewardKey)
    return stopped("stopped, the definition of rewards changed: what was settled under another one proves nothing");
  if (trial.settled && trial.settled.at > latestAt(now))
    return stopped(
      `stopped, the clock was set back: decisions are settled up to ${trial.settled.at}, which is to come`,
    );
  const gone = withdrawn(rows, state.offered ?? [], scene.destinations, [trial.version]);
  if (gone.length > 0)
    return stopped(
      `stopped, ${gone.join(" and ")} is offered no longer: what was settled with it proves nothing of the rest`,
    );
  const own = trialRows(rows, trial.version, tried, trial.unit, scene.gate.cluster);
  const judged = rows.some((row) => row.ratedAt !== undefined);
  const settled = settle(trial, own, now, judged);
  const verdict = decideTrial(settled, capital.riskLevel);
  if (verdict.action !== "go-on") return { verdict, state: endTrial(state, settled), settled };
  const { share, uniform } = trialShares(exploration, contestedOf(own, trial.contested));
  const grown = grownShare(settled, share, scene.trial?.upTo);
  const forecast = forecastTrial(settled, capital.riskLevel, { share, upTo: scene.trial?.upTo });
  return { verdict, state: { ...state, trial: settled }, shares: { share: grown, uniform }, forecast, settled };
}

/**
 * The trial with bets that hold for what runs stand for. People may be asked, or a version tried later in the run, only
 * since it began; the bound that is raised then stays: which runs weigh much may depend on how they went.
 */
function weighted(trial: TrialState, mostWeight: number): TrialState {
  if (trial.mostWeight >= mostWeight) return trial;
  const prior = { ...trial.prior, squares: (trial.prior.squares * mostWeight) / trial.mostWeight };
  const learned = { squares: prior.squares + trial.squares, scale: prior.scale + trial.scale };
  return { ...trial, mostWeight, prior, learned };
}

/** The most that a run on which a version was on trial may stand for. */
function mostWeightIn(rows: readonly DecisionRow[], version: string): number {
  if (isAsking(rows)) return MOST_WEIGHT;
  let most = 1;
  for (const { trial, sequelWeight = 1 } of rows)
    if (trial?.version === version && sequelWeight > most) most = sequelWeight;
  return Math.min(MOST_WEIGHT, most);
}

/** Decisions that the estimate from before the trial counts for. */
const EARLIER = 200;

/** The contested share by the decisions of the trial so far and the estimate from before it. */
function contestedOf(
  rows: readonly { target: ArrayLike<number>; baseline: ArrayLike<number> }[],
  before: number,
): number {
  const differ = rows.filter((r) => Array.from(r.target).some((v, i) => v !== r.baseline[i])).length;
  return (before * EARLIER + differ) / (EARLIER + rows.length);
}

/** The state after a trial: what is left of the stake goes to the next, and after a proof the whole capital. */
export function endTrial(state: GateState, trial: TrialState): GateState {
  const { trial: _ended, ...rest } = state;
  return { ...rest, capital: passOn(state.capital as Capital, trial) };
}

/** Below this contested share there is next to nothing to gain, and nothing to measure it by. */
const LEAST_CONTESTED = 0.005;

/** The effect that a trial is planned for, above the minimum: no more than so much on each contested decision. */
const PLANNED_EFFECT = 0.05;
const PLANNED_PER_CONTESTED = 0.15;

/**
 * Opens a trial of a challenger: its stake is taken from the point's capital and everything the bets rest
 * on is fixed. Undefined where nothing can be tried: no exploration, or no difference from what serves.
 * @param version its name, where it has one
 */
export function beginTrial(
  scene: TrialScene,
  challenger: ServablePolicy,
  champion: { version: string; serving: ServablePolicy } | undefined,
  state: GateState,
  version = "next",
): TrialBegin | undefined {
  const { rows, exploration, destinations: offered, gate, now, rewardKey } = scene;
  const contested = contestedShare(rows, challenger, champion?.serving);
  if (contested === undefined || contested < LEAST_CONTESTED || exploration <= 0) return undefined;
  const { stake, capital } = takeStake(state.capital ?? capitalOf(state, gate));
  const shares = trialShares(exploration, contested);
  const effect = Math.min(PLANNED_EFFECT, PLANNED_PER_CONTESTED * Math.max(LEAST_SCALED, contested));
  const plan = planTrial({ exploration, traffic: 1, effect, contested, stake });
  const trial = openTrial({
    version,
    ...(champion && { against: champion.version }),
    startedAt: now,
    stake,
    unit: unitOf(rows),
    minimumEffect: gate.minimumEffect,
    windowMs: scene.trial?.windowMs ?? ratingWindowMs(delaysOf(rows)),
    clusterWindowMs: gate.cluster === "run" ? 0 : CLUSTER_WINDOW_MS,
    contested,
    // The plan counts pieces of evidence, the budget decisions.
    budget: 2 * plan.taken * decisionsPerCluster(rows, gate.cluster),
    mostWeight: isAsking(rows) ? MOST_WEIGHT : 1,
  });
  return { trial, state: { ...state, capital, rewardKey, offered }, shares, contested };
}

/** An account of an earlier release spent some of the risk already. */
function capitalOf({ spending }: GateState, { riskLevel }: ResolvedGateSettings): Capital {
  const least = RISK_OF_LOGS * riskLevel;
  return openCapital(Math.max(least, riskLevel - Math.max(least, spending?.spent ?? 0)));
}

/** From this share of runs on that pass a point more than once, whole runs are tried. */
const RUNS_THAT_RETURN = 0.01;

function unitOf(rows: readonly DecisionRow[]): "decision" | "run" {
  const counts = new Map<string, number>();
  for (const { workflowId } of rows) counts.set(workflowId, (counts.get(workflowId) ?? 0) + 1);
  let many = 0;
  for (const count of counts.values()) if (count > 1) many++;
  return many > RUNS_THAT_RETURN * counts.size ? "run" : "decision";
}

const delaysOf = (rows: readonly DecisionRow[]) =>
  rows.flatMap((r) => (r.ratedAt === undefined ? [] : [Math.max(0, Date.parse(r.ratedAt) - Date.parse(r.at))]));
