// Runs in the learning thread.
import { isPathField } from "../../core/path-fields.js";
import { type DecisionRow, type EncoderOptions, judgeFields } from "../../dataset/index.js";
import type { ResolvedGateSettings } from "../../evaluation/gate-settings.js";
import type { LearnedPoint } from "../../evaluation/improvement.js";
import { type ClosedRequest, comparedAnswers } from "../../evaluation/point/answering.js";
import type { TrainedChallenger } from "../../evaluation/point/challenger.js";
import { judgeContinuation, judgeNew, judgeThrifty, type NextWatch } from "../../evaluation/point/findings.js";
import { fullFitOf } from "../../evaluation/point/full-fit.js";
import type { GateState } from "../../evaluation/point/gate-state.js";
import type { ServedVersion } from "../../evaluation/point/judged-rows.js";
import { restored } from "../../evaluation/point/restored.js";
import { beginWatch, improvementOf, watchChampion, watchOfToday } from "../../evaluation/point/watch.js";
import { isOfferedToday } from "../../evaluation/point/withdrawn.js";
import type { Prove } from "../../policies/index.js";
import type { Job } from "../job.js";
import { type RowOptions, rowsByPoint } from "../rows.js";
import { stopping } from "../stopping.js";

/** Decisions of late by whose contexts fields are judged. */
const FIELDS_OVER = 2000;

/** What to judge. */
export interface JudgeRoutingInput {
  decisionPoint: string;
  rows: RowOptions;
  /** The most that may be explored in act, which is part of what is judged. */
  exploration: number;
  challengers: TrainedChallenger[];
  champion?: ServedVersion;
  /** The version the champion continues, where it is not that version itself. */
  anchor?: ServedVersion;
  gate: ResolvedGateSettings;
  /** What must be proven better; default the reward. */
  prove?: Prove;
  state?: GateState;
  /** The destinations of today. */
  destinations?: readonly string[];
  /** Requests for feedback that were answered or lapsed. */
  asked?: readonly ClosedRequest[];
  /** How the point's contexts are to be read. */
  encoder?: EncoderOptions;
  /** ISO time of the cycle. */
  now: string;
}

/** What the numbers say. */
export interface RoutingJudgement {
  recommended: "promote" | "rollback" | "none";
  /** Which of the challengers is to be promoted, and how it is to be watched once it serves. */
  chosen?: number;
  watch?: NextWatch;
  /** One sentence with the numbers. */
  reason: string;
  /** Decisions it rests on. */
  samples: number;
  state: GateState;
  status: LearnedPoint;
  /** Plain figures for the lineage and the status. */
  figures: Record<string, unknown>;
}

/**
 * Judges what a decision point's policies are worth: first whether the champion still holds, by what
 * it served; then whether a challenger may take its place, by decisions it was not trained on.
 */
export const judgeRouting: Job<JudgeRoutingInput, RoutingJudgement> = {
  run(input, { state: facts, cancelled }) {
    const onStep = stopping(cancelled);
    const { gate, exploration, destinations, prove } = input;
    const rows = rowsByPoint(facts, input.rows).get(input.decisionPoint) ?? [];
    const status: LearnedPoint = { decisions: rows.length, rated: rows.filter((r) => r.reward !== undefined).length };
    const answers = answersOf(rows, input.asked);
    if (answers.length > 0) status.warnings = answers;
    const recent = rows.slice(-FIELDS_OVER).map((r) => r.context);
    const fields = judgeFields(recent, input.encoder).flatMap(({ field, note }) =>
      note === undefined || isPathField(field) ? [] : [note],
    );
    if (fields.length > 0) status.fields = fields;
    let state: GateState = input.state ?? { schemaVersion: 1 };
    let figures: Record<string, unknown> = {};
    const { version: champion, serving, unreadable } = restored(input.champion);
    status.unreadable =
      input.champion && unreadable !== undefined ? { version: input.champion.version, reason: unreadable } : undefined;

    if (!champion) state = { ...state, watch: undefined };
    else {
      const known =
        state.watch?.version === champion.version
          ? state.watch
          : { ...beginWatch(champion, gate.riskLevel, prove?.notWorse?.reward), offered: destinations };
      const today = watchOfToday(rows, champion, known, destinations);
      // What was learned before is of a world that is no more: another is due.
      if (today !== known) state = { ...state, fullFit: undefined };
      const served = today.withdrawn ? rows.filter((row) => isOfferedToday(row, destinations)) : rows;
      const { report, watch } = watchChampion(served, serving, today, input.now, gate.cluster);
      state = { ...state, watch };
      status.improvement = improvementOf(report);
      const { verdict, gain, interval, runs, reason } = report;
      figures = { monitor: { verdict, gain, interval, runs } };
      if (verdict === "roll-back")
        return {
          recommended: "rollback",
          reason,
          samples: runs,
          state,
          status: { ...status, verdict: reason },
          figures,
        };
    }

    const scene = { rows, destinations, exploration, gate, prove, onStep };
    let answer: RoutingJudgement = {
      recommended: "none",
      reason: "nothing new to judge",
      samples: 0,
      state,
      status,
      figures,
    };
    const firstNew = input.challengers.findIndex((c) => c.kind === "new");
    for (const [index, challenger] of input.challengers.entries()) {
      onStep();
      const finding =
        serving && challenger.kind === "refresh"
          ? judgeContinuation(scene, challenger, input.anchor ? restored(input.anchor) : { serving }, state)
          : prove && prove.better !== "reward"
            ? judgeThrifty(scene, challenger, serving, state)
            : judgeNew(scene, challenger, serving, state);
      state = finding.state;
      // The first one learned from the beginning sets the schedule: those beside it are learned when it is.
      if (index === firstNew) {
        const held = rows.filter((r) => r.reward !== undefined && r.at > challenger.dataTo).length;
        state = { ...state, fullFit: fullFitOf(challenger.dataTo, input.now, { ...finding, held }) };
      }
      answer = {
        recommended: finding.watch ? "promote" : "none",
        ...(finding.watch && { chosen: index, watch: finding.watch }),
        reason: finding.reason,
        samples: finding.samples,
        state,
        status: {
          ...status,
          verdict: finding.reason,
          moreDecisionsNeeded: finding.needed,
          warnings: [...answers, ...(finding.warnings ?? [])],
        },
        figures: { ...figures, ...finding.figures },
      };
      if (finding.watch) break;
    }
    return answer;
  },
};

/** A point is judged several times in a cycle, over the same rows and requests. */
const compared = new WeakMap<readonly DecisionRow[], { asked: JudgeRoutingInput["asked"]; warnings: string[] }>();

/** What is to be warned of about who answers. */
function answersOf(rows: readonly DecisionRow[], asked: JudgeRoutingInput["asked"]): string[] {
  const known = compared.get(rows);
  if (known && known.asked === asked) return known.warnings;
  const warnings = comparedAnswers(rows, asked ?? []).flatMap((c) => c.warning ?? []);
  compared.set(rows, { asked, warnings });
  return warnings;
}
