import { isAsking } from "../../core/index.js";
import type { DecisionRow } from "../../dataset/index.js";
import type { ResolvedGateSettings } from "../gate-settings.js";
import { decideContinuation, decidePromotion } from "../index.js";
import type { TrainedChallenger } from "./challenger.js";
import type { ChampionWatch, GateState } from "./gate-state.js";
import { distancesBetween, judgedDecisions, laterRows, type ServablePolicy, servable } from "./judged-rows.js";
import type { Restored } from "./restored.js";
import { openWatch } from "./watch.js";

/** What a challenger is judged in. */
export interface Scene {
  /** All rows of the decision point, in the order of time. */
  rows: readonly DecisionRow[];
  /** Those of today. */
  destinations?: readonly string[];
  exploration: number;
  gate: ResolvedGateSettings;
  /** Called between steps; what it throws ends the judging. */
  onStep?: () => void;
}

/** How a version is to be watched that has no name yet. Without `anchor` it is its own. */
export type NextWatch = Omit<ChampionWatch, "version" | "anchor"> & { anchor?: string };

/** A verdict on one challenger. */
export interface Finding {
  /** Set when it may serve. */
  watch?: NextWatch;
  reason: string;
  samples: number;
  state: GateState;
  figures: Record<string, unknown>;
  needed?: number;
  warnings?: string[];
}

/** A policy learned from the beginning must be proven better than what serves. */
export function judgeNew(
  { rows, destinations, exploration, gate, onStep }: Scene,
  challenger: TrainedChallenger,
  champion: ServablePolicy | undefined,
  state: GateState,
): Finding {
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
    riskLevel: gate.riskLevel,
    minimumEffect: gate.minimumEffect,
  });
  // Against a champion the new bound stands on top of the champion's own.
  const overFallback = (lowerBound ?? 0) + (champion ? (state.watch?.lowerBound ?? 0) : 0);
  return {
    ...(action === "promote" && {
      watch: {
        anchorLowerBound: overFallback,
        lowerBound: overFallback,
        versions: [],
        ...openWatch("", gate.riskLevel),
      },
    }),
    reason,
    samples: judged.length,
    state: { ...state, spending },
    figures: { judged: "new", action, gain, lowerBound, risk },
    needed,
    warnings: gain?.overlap.warnings,
  };
}

/** Decisions of late on which the distance between a continuation and its anchor is measured. */
const DISTANCES_OVER = 3000;

/** The champion, continued by newer rows, may differ from its proven version no more than the proof has room for. */
export function judgeContinuation(
  { rows, exploration, gate, onStep }: Scene,
  challenger: TrainedChallenger,
  { serving: anchor, unreadable }: Pick<Restored, "serving" | "unreadable">,
  state: GateState,
): Finding {
  const watch = state.watch as ChampionWatch;
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
