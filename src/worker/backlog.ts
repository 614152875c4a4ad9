// Runs in the learning thread.
import { type FactKind, type FactTypes, factFrom, messageOf } from "../core/index.js";

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
   * @returns whether there is room for older facts of each kind, and what is none
   */
  add(texts: Partial<Record<FactKind, readonly string[]>>): {
    room: { [K in FactKind]: boolean };
    damaged: Damaged[];
  } {
    const { facts, charsOf, damaged } = factsIn(texts);
    for (const fact of facts.decision ?? []) this.decisions.push(fact);
    for (const fact of facts.feedback ?? []) {
      this.feedback.push(fact);
      this.runsWithFeedback.add(fact.workflowId);
    }
    for (const [fact, chars] of charsOf) {
      this.traces.push(fact);
      this.charsOf.set(fact, chars);
      this.runsWithTraces.add(fact.workflowId);
      this.traceChars += chars;
    }
    const { decisions, runs, traceChars } = this.limits;
    const room = {
      decision: this.decisions.length < decisions,
      feedback: this.runsWithFeedback.size <= runs,
      trace: this.runsWithTraces.size <= runs && this.traceChars <= traceChars,
    };
    return { room, damaged };
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

/** A text that is no fact: its place among those of its kind, and what is wrong with it. */
export interface Damaged {
  kind: FactKind;
  index: number;
  flaw: string;
}

/** Facts of JSON texts, and the length of each trace's; those that are none are left out. */
export function factsIn(texts: Partial<Record<FactKind, readonly string[]>>): {
  facts: Facts;
  charsOf: Map<FactTypes["trace"], number>;
  damaged: Damaged[];
} {
  const charsOf = new Map<FactTypes["trace"], number>();
  const damaged: Damaged[] = [];
  const read = <K extends FactKind>(kind: K, onFact?: (fact: FactTypes[K], text: string) => void) =>
    texts[kind]?.flatMap((text, index) => {
      const found = factIn(kind, text);
      if (found.flaw === undefined) {
        onFact?.(found.fact, text);
        return [found.fact];
      }
      damaged.push({ kind, index, flaw: found.flaw });
      return [];
    });
  const facts = {
    decision: read("decision"),
    feedback: read("feedback"),
    trace: read("trace", (fact, text) => charsOf.set(fact, text.length)),
  };
  return { facts, charsOf, damaged };
}

function factIn<K extends FactKind>(kind: K, text: string): ReturnType<typeof factFrom<K>> {
  try {
    return factFrom(kind, JSON.parse(text));
  } catch (error) {
    return { flaw: messageOf(error) };
  }
}
