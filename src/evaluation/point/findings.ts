import { isAsking } from "../../core/index.js";
import type { DecisionRow } from "../../dataset/index.js";
import type { Prove } from "../../policies/index.js";
import type { ResolvedGateSettings } from "../gate-settings.js";
import { decideContinuation, decidePromotion } from "../index.js";
import type { TrainedChallenger } from "./challenger.js";
import type { ChampionWatch, GateState } from "./gate-state.js";
import { distancesBetween, judgedDecisions, laterRows, type ServablePolicy, servable } from "./judged-rows.js";
import { decideThrift, segmentsOf, thriftyRows, unlikeAmounts } from "./objective.js";
import type { Restored } from "./restored.js";
import { RISK_OF_LOGS } from "./trial-stage.js";
import { openWatch } from "./watch.js";

/** What a challenger is judged in. */
export interface JudgingScene {
  /** All rows of the decision point, in the order of time. */
  rows: readonly DecisionRow[];
  /** Those of today. */
  destinations?: readonly string[];
  exploration: number;
  gate: ResolvedGateSettings;
  /** What must be proven better; default the reward. */
  prove?: Prove;
  /** Called between steps; what it throws ends the judging. */
  onStep?: () => void;
}

/** How a version is to be watched that has no name yet. Without `anchor` it is its own. */
export type NextWatch = Omit<ChampionWatch, "version" | "anchor"> & { anchor?: string };

/** The watch over what was just proven, by this bound over the fallback, among these destinations. */
export function watchOfProven(
  bound: number,
  offered: readonly string[] | undefined,
  riskLevel: number,
  tolerance?: number,
): NextWatch {
  const proven = { anchorLowerBound: bound, lowerBound: bound, versions: [], ...(offered && { offered }) };
  return { ...proven, ...openWatch("", riskLevel, tolerance) };
}

/** A verdict on one challenger. */
export interface ChallengerFinding {
  /** Set when it may serve. */
  watch?: NextWatch;
  reason: string;
  samples: number;
  state: GateState;
  figures: Record<string, unknown>;
  needed?: number;
  warnings?: string[];
}

/** Logs that exist already are judged once they have this chance of proving the planned effect. */
const POWER = 0.8;
/** The bets account for rows not seen yet, so few effective ones are enough where their effect is large. */
const LEAST_EFFECTIVE = 20;

/** A policy learned from the beginning must be proven better than what serves. */
export function judgeNew(
  { rows, destinations, exploration, gate, onStep }: JudgingScene,
  challenger: TrainedChallenger,
  champion: ServablePolicy | undefined,
  state: GateState,
): ChallengerFinding {
  const later = laterRows(rows, challenger.dataTo);
  const rival = champion ?? "fallback";
  const judged = judgedDecisions(later, servable(challenger.artifact), rival, exploration, destinations, onStep, {
    asking: isAsking(rows),
    cluster: gate.cluster,
  });
  const { action, reason, gain, lowerBound, risk, needed, spending } = decidePromotion({
    rows: judged,
    challenger: challenger.fingerprint,
    spending: state.spending,
    riskLevel: RISK_OF_LOGS * gate.riskLevel,
    minimumEffect: gate.minimumEffect,
    power: POWER,
    minEffectiveSampleSize: LEAST_EFFECTIVE,
  });
  // Against a champion the new bound stands on top of the champion's own.
  const overFallback = (lowerBound ?? 0) + (champion ? (state.watch?.lowerBound ?? 0) : 0);
  return {
    ...(action === "promote" && { watch: watchOfProven(overFallback, destinations, gate.riskLevel) }),
    reason,
    samples: judged.length,
    state: { ...state, spending },
    figures: { judged: "new", action, gain, lowerBound, risk },
    needed,
    warnings: gain?.overlap.warnings,
  };
}

/** A policy that is to be cheaper, or faster, must be proven to be, and not to earn less than it may. */
export function judgeThrifty(
  { rows, destinations, exploration, gate, prove = { better: "reward" }, onStep }: JudgingScene,
  challenger: TrainedChallenger,
  champion: ServablePolicy | undefined,
  state: GateState,
): ChallengerFinding {
  const { better } = prove;
  if (better === "reward" || challenger.ceiling === undefined) {
    const reason = `nothing to prove: no ${better} of any run is known`;
    return { reason, samples: 0, state, figures: { judged: "new" } };
  }
  const later = laterRows(rows, challenger.dataTo);
  const policy = servable(challenger.artifact);
  const how = { asking: isAsking(rows), cluster: gate.cluster };
  const judged = (own: readonly DecisionRow[]) =>
    judgedDecisions(own, policy, champion ?? "fallback", exploration, destinations, onStep, how);
  const reward = judged(later);
  const verdict = decideThrift({
    thrift: judged(thriftyRows(later, better, challenger.ceiling)),
    reward,
    segments: segmentsOf(later, reward, prove.notWorse?.by),
    unlike: unlikeAmounts(later, reward, better),
    challenger: challenger.fingerprint,
    prove,
    riskLevel: gate.riskLevel,
    minimumEffect: gate.minimumEffect,
    spending: state.spending,
    keeping: state.keeping,
  });
  const bound = verdict.reward.lowerBound ?? -(prove.notWorse?.reward ?? 0);
  return {
    ...(verdict.action === "promote" && {
      watch: watchOfProven(bound, destinations, gate.riskLevel, prove.notWorse?.reward),
    }),
    reason: verdict.reason,
    samples: reward.length,
    state: { ...state, spending: verdict.thrift.spending, keeping: verdict.reward.spending },
    figures: {
      judged: "new",
      better,
      action: verdict.action,
      thrift: verdict.thrift.gain,
      reward: verdict.reward.gain,
    },
    needed: Math.max(verdict.thrift.needed ?? 0, verdict.reward.needed ?? 0) || undefined,
    warnings: verdict.reward.gain?.overlap.warnings,
  };
}

/** Decisions of late on which the distance between a continuation and its anchor is measured. */
const DISTANCES_OVER = 3000;

/** The champion, continued by newer rows, may differ from its proven version no more than the proof has room for. */
export function judgeContinuation(
  { rows, exploration, gate, onStep }: JudgingScene,
  challenger: TrainedChallenger,
  { serving: anchor, unreadable }: Pick<Restored, "serving" | "unreadable">,
  state: GateState,
): ChallengerFinding {
  const watch = state.watch as ChampionWatch;
  if (watch.withdrawn) {
    const gone = watch.withdrawn.join(" and ");
    const reason = `not continued: its gain came of ${gone}, offered no longer, so nothing is proven of what remains`;
    return { reason, samples: 0, state, figures: { judged: "continuation" } };
  }
  if (!anchor) {
    const reason = `not continued: the proven version ${watch.anchor} cannot be read: ${unreadable}`;
    return { reason, samples: 0, state, figures: { judged: "continuation" } };
  }
  const distances = distancesBetween(
    rows.slice(-DISTANCES_OVER),
    servable(challenger.artifact),
    anchor,
    exploration,
    onStep,
  );
  const verdict = decideContinuation({
    anchorLowerBound: watch.anchorLowerBound,
    distances,
    challenger: challenger.fingerprint,
    minimumEffect: gate.minimumEffect,
    spending: state.continuing,
    riskLevel: gate.riskLevel,
  });
  const { action, reason, lowerBound, distance, distanceUpperBound, risk, spending } = verdict;
  const admitted = action === "admit";
  return {
    ...(admitted && { watch: { ...watch, lowerBound } }),
    reason: admitted ? `goes on learning: ${reason}` : `not continued: ${reason}`,
    samples: distances.length,
    state: { ...state, continuing: spending },
    figures: { judged: "continuation", action, distance, distanceUpperBound, lowerBound, risk },
  };
}
