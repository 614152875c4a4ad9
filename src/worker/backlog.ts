// Runs in the learning thread.
import { defaultLogger, type FactKind, type FactTypes, factFrom, messageOf } from "../core/index.js";

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
  /** Characters of each trace. */
  readonly charsOf = new Map<FactTypes["trace"], number>();

  constructor(private readonly limits: WorkerLimits) {}

  /**
   * Takes facts as JSON texts.
   * @returns whether there is room for older facts of each kind
   */
  add({ decision = [], feedback = [], trace = [] }: Partial<Record<FactKind, readonly string[]>>): {
    [K in FactKind]: boolean;
  } {
    for (const text of decision) this.decisions.push(...factIn("decision", text));
    for (const text of feedback)
      for (const fact of factIn("feedback", text)) {
        this.feedback.push(fact);
        this.runsWithFeedback.add(fact.workflowId);
      }
    for (const text of trace)
      for (const fact of factIn("trace", text)) {
        this.traces.push(fact);
        this.charsOf.set(fact, text.length);
        this.runsWithTraces.add(fact.workflowId);
        this.traceChars += text.length;
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

/** Facts of JSON texts, and the length of each trace's. */
export function factsIn(texts: Partial<Record<FactKind, readonly string[]>>): {
  facts: Facts;
  charsOf: Map<FactTypes["trace"], number>;
} {
  const charsOf = new Map<FactTypes["trace"], number>();
  const decision = texts.decision?.flatMap((text) => factIn("decision", text));
  const feedback = texts.feedback?.flatMap((text) => factIn("feedback", text));
  const trace = texts.trace?.flatMap((text) => {
    const [fact] = factIn("trace", text);
    if (!fact) return [];
    charsOf.set(fact, text.length);
    return [fact];
  });
  return { facts: { decision, feedback, trace }, charsOf };
}

/** The fact of a text; none, and a warning, where it is damaged. */
function factIn<K extends FactKind>(kind: K, text: string): FactTypes[K][] {
  let flaw: string | undefined;
  try {
    const found = factFrom(kind, JSON.parse(text));
    if (found.flaw === undefined) return [found.fact];
    flaw = found.flaw;
  } catch (error) {
    flaw = messageOf(error);
  }
  defaultLogger().warn("a damaged fact is skipped", { kind, error: flaw });
  return [];
}
