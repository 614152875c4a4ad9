import type { Decision } from "../../../core/index.js";
import { analyzeRuns, PatternEngine, type PatternReport, type RunFacts, takeIn } from "../../../patterns/index.js";
import type { Job } from "../job.js";
import type { WorkerState } from "../state.js";

/** What is kept between analyses: counts, and how much of each run has been taken in. */
interface PatternMemory {
  engine: PatternEngine;
  seen: Map<string, string>;
}

const MEMORY = "patterns";

/** Takes in the runs that changed and analyses all of them; counts are kept between cycles. */
export const analyzePatterns: Job<{ seed: number }, PatternReport> = {
  name: "patterns.analyze",
  run({ seed }, { state, progress }) {
    const memory = (state.shared.get(MEMORY) as PatternMemory | undefined) ?? {
      engine: new PatternEngine(),
      seen: new Map(),
    };
    state.shared.set(MEMORY, memory);
    takeIn(memory.engine, changedRuns(state, memory));
    progress(0.5, "mining");
    return analyzeRuns(memory.engine, { seed });
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
  for (const id of seen.keys()) {
    if (state.traces.has(id)) continue;
    seen.delete(id);
    engine.remove(id);
  }
  return changed;
}
