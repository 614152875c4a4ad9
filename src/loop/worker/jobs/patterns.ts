import type { Decision } from "../../../core/index.js";
import { analyzeRuns, PatternEngine, type PatternReport, type RunFacts, takeIn } from "../../../patterns/index.js";
import type { Job } from "../job.js";
import type { WorkerState } from "../state.js";

/** What is kept between analyses: counts, and how much of each run has been taken in. */
interface PatternMemory {
  engine: PatternEngine;
  seen: Map<string, string>;
  /** The last report and what it was made of: without news nothing is mined again. */
  last?: { revision: number; seed: number; report: PatternReport };
}

const MEMORY = "patterns";

/** Takes in the runs that changed and analyses all of them; counts are kept between cycles. */
export const analyzePatterns: Job<{ seed: number }, PatternReport> = {
  name: "patterns.analyze",
  run({ seed }, { state, progress }) {
    const memory: PatternMemory = (state.shared.get(MEMORY) as PatternMemory | undefined) ?? {
      engine: new PatternEngine(),
      seen: new Map(),
    };
    state.shared.set(MEMORY, memory);
    takeIn(memory.engine, changedRuns(state, memory));
    const { revision } = memory.engine;
    if (memory.last?.revision === revision && memory.last.seed === seed) return memory.last.report;
    progress(0.5, "mining");
    const report = analyzeRuns(memory.engine, { seed });
    memory.last = { revision, seed, report };
    return report;
  },
};

function changedRuns(state: WorkerState, { engine, seen }: PatternMemory): Map<string, RunFacts> {
  const decisions = new Map<string, Decision[]>();
  for (const d of state.decisions.values()) {
    const list = decisions.get(d.workflowId);
    if (list) list.push(d);
    else decisions.set(d.workflowId, [d]);
  }
  const changed = new Map<string, RunFacts>();
  for (const [id, segments] of state.traces) {
    const facts = { segments, feedback: state.feedback.get(id) ?? [], decisions: decisions.get(id) ?? [] };
    const size = `${segments.length}/${facts.feedback.length}/${facts.decisions.length}`;
    if (seen.get(id) === size) continue;
    seen.set(id, size);
    changed.set(id, facts);
  }
  const gone = [...seen.keys()].filter((id) => !state.traces.has(id));
  for (const id of gone) seen.delete(id);
  engine.remove(gone);
  return changed;
}
