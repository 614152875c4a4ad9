import type { Decision, FallbackReason } from "../core/index.js";
import { messageOf, nearestWord, show } from "../core/index.js";
import { type ChoiceMade, decisionRecord } from "./decision-record.js";
import type { RoutingDeps } from "./deps.js";
import { noteChoice } from "./path-so-far.js";
import type { PointMemory } from "./point-memory.js";
import type { ForcedRun } from "./replay/forced.js";

/** What a decision point leaves behind: one record per choice, counts, and each kind of warning once. */
export class PointLog {
  constructor(
    private readonly decisionPoint: string,
    private readonly candidates: string[],
    private readonly memory: PointMemory,
    private readonly deps: RoutingDeps,
  ) {}

  /** Counts a choice and hands it to the sink, or to the replay that forced it. */
  record(outcome: ChoiceMade, forced: ForcedRun | undefined): void {
    const { deps, memory } = this;
    const { call, verdict } = outcome;
    memory.decisions++;
    if (verdict.source === "exploration") memory.explored++;
    if (verdict.reason !== undefined) this.count(verdict.reason);
    try {
      const { run, place } = call;
      const { decisionPoint } = this;
      const choice = { decisionPoint, chosen: this.candidates[verdict.index], place };
      if (forced) noteChoice(forced.choices, choice);
      else deps.runs.noteChoice(run.workflowId, choice);
      const position = deps.runs.positionOf(run.workflowId, call.decisionId);
      const now = deps.clock.now();
      const decision: Decision = decisionRecord(outcome, decisionPoint, this.candidates, position, now);
      if (forced)
        forced.decisions.push({ ...decision, origin: { workflowId: forced.workflowId, kind: "counterfactual" } });
      else deps.sink.record(decision);
    } catch (error) {
      memory.unrecorded++;
      this.warnOnce("record", "a decision could not be recorded", messageOf(error));
    }
  }

  /** Counts one choice that the fallback made. */
  count(reason: FallbackReason): void {
    const { fallbacks } = this.memory;
    fallbacks[reason] = (fallbacks[reason] ?? 0) + 1;
  }

  /** Tells the first time that the mask forbids what is no destination. */
  strayMask(name: string): void {
    if (this.memory.warned.has("mask")) return;
    const detail = `of ${this.candidates.join(", ")} the nearest is ${nearestWord(name, this.candidates)}`;
    this.warnOnce("mask", `the mask forbids ${show(name)}, which is no destination`, detail);
  }

  /** The first of a kind is a warning, what follows only debugging. */
  warnOnce(kind: string, message: string, detail: string): void {
    const level = this.memory.warned.has(kind) ? "debug" : "warn";
    this.memory.warned.add(kind);
    this.deps.logger[level](`${this.decisionPoint}: ${message}`, { detail });
  }
}
