// Runs in the learning thread.
import type { FactTypes } from "../core/index.js";

/** How many of the newest facts the worker remembers. */
export interface WorkerLimits {
  decisions: number;
  /** Runs with feedback, and runs with traces. */
  runs: number;
  /** Traces, as characters of JSON; on the heap they take about as many bytes. */
  traceChars: number;
}

/** Facts by kind. */
export type Facts = Partial<{ [K in keyof FactTypes]: readonly FactTypes[K][] }>;

/**
 * Facts that are read newest first, at a start: only so many that they fill what is held, however many there are.
 * They are taken in their order once all are here, for what came last counts.
 */
export class Backlog {
  private decisions: FactTypes["decision"][] = [];
  private feedback: FactTypes["feedback"][] = [];
  private traces: FactTypes["trace"][] = [];
  private readonly runsWithFeedback = new Set<string>();
  private readonly runsWithTraces = new Set<string>();
  private traceChars = 0;

  constructor(private readonly limits: WorkerLimits) {}

  /** @returns whether there is room for older facts of each kind */
  add({ decision = [], feedback = [], trace = [] }: Facts): { [K in keyof FactTypes]: boolean } {
    this.decisions.push(...decision);
    this.feedback.push(...feedback);
    this.traces.push(...trace);
    for (const f of feedback) this.runsWithFeedback.add(f.workflowId);
    for (const t of trace) {
      this.runsWithTraces.add(t.workflowId);
      this.traceChars += JSON.stringify(t).length;
    }
    const { decisions, runs, traceChars } = this.limits;
    return {
      decision: this.decisions.length < decisions,
      feedback: this.runsWithFeedback.size <= runs,
      trace: this.runsWithTraces.size <= runs && this.traceChars <= traceChars,
    };
  }

  /** Everything, oldest first. */
  inOrder(): Facts {
    return {
      decision: this.decisions.reverse(),
      feedback: this.feedback.reverse(),
      trace: this.traces.reverse(),
    };
  }
}
