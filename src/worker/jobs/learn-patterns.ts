// Runs in the learning thread.
import { createHash } from "node:crypto";
import { type Decision, digest } from "../../core/index.js";
import type { PatternReport } from "../../patterns/index.js";
import type { Job } from "../job.js";
import type { WorkerState } from "../state.js";
import { type AnalyzePatternsInput, analyzePatterns } from "./patterns.js";

/** What to analyse, and what is known of the report that is published. */
export interface LearnPatternsInput extends AnalyzePatternsInput {
  known?: { basis?: unknown; content?: unknown };
}

/** What came of it; no report where it would be the published one again. */
export interface LearnedPatterns {
  /** Digest of all that the report follows from. */
  basis: string;
  /** The new report, and its digest. */
  fresh?: { content: string; report: PatternReport };
}

/** The patterns for a learning cycle: the same facts are not mined again, in a new process neither. */
export const learnPatterns: Job<LearnPatternsInput, LearnedPatterns> = {
  async run({ known, ...input }, context) {
    const basis = basisOf(context.state, input);
    if (basis === known?.basis) return { basis };
    const report = await analyzePatterns.run(input, context);
    const content = digest(JSON.stringify(report));
    return content === known?.content ? { basis } : { basis, fresh: { content, report } };
  },
};

const BASIS = "patterns.basis";

/** What a decision held, for as long as it is held: to write all of them out again takes a second of a hundred thousand. */
const marks = new WeakMap<Decision, string>();

function markOf(decision: Decision): string {
  const mark = marks.get(decision) ?? digest(JSON.stringify(decision), 16);
  marks.set(decision, mark);
  return mark;
}

/**
 * Segments and feedback never change under their ids, decisions may. Facts that come in another order, as
 * when several processes write, make another digest: then the report is made once more for nothing.
 */
function basisOf(state: WorkerState, input: AnalyzePatternsInput): string {
  const key = JSON.stringify([state.revision, input]);
  const last = state.shared.get(BASIS) as { key: string; basis: string } | undefined;
  if (last?.key === key) return last.basis;
  const hash = createHash("sha256").update(JSON.stringify(input));
  for (const [id, segments] of state.traces) hash.update(JSON.stringify([id, segments.map((s) => s.segmentId)]));
  for (const [id, facts] of state.feedback) hash.update(JSON.stringify([id, facts.map((f) => f.feedbackId)]));
  for (const decision of state.decisions.values()) hash.update(markOf(decision));
  const basis = hash.digest("hex").slice(0, 32);
  state.shared.set(BASIS, { key, basis });
  return basis;
}
