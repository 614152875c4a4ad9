// Runs in the learning thread.
import { currentFeedback, type HowRated, hash32, isAsking, ratingOf, standsFor } from "../../core/index.js";
import { runReward } from "../../dataset/index.js";
import {
  type AnalyzeOptions,
  analyzeRuns,
  type LabelledFailure,
  lookAt,
  PatternEngine,
  type PatternReport,
} from "../../patterns/index.js";
import type { Job, JobContext } from "../job.js";
import { rewardViews } from "../reward-views.js";
import { type RowOptions, rowsByPoint } from "../rows.js";
import { stopping } from "../stopping.js";

/** What to analyse, and by which rewards. */
export interface AnalyzePatternsInput {
  options: AnalyzeOptions;
  rows: RowOptions;
}

/** What is kept between analyses: counts, and how much of each run has been taken in. */
interface PatternMemory {
  engine: PatternEngine;
  seen: Map<string, string>;
  labels: Map<string, LabelledFailure>;
  /** The last report and what it was made of: without news nothing is mined again. */
  last?: { revision: number; key: string; report: PatternReport };
}

const MEMORY = "patterns";

/**
 * Takes in the runs that changed and analyses all of them; counts are kept between cycles. Rewards are
 * those that everything else is learned by, composed anew, since corrections depend on all feedback.
 */
export const analyzePatterns: Job<AnalyzePatternsInput, PatternReport> = {
  run(input, { state, progress, cancelled }) {
    const memory: PatternMemory = (state.shared.get(MEMORY) as PatternMemory | undefined) ?? {
      engine: new PatternEngine(),
      seen: new Map(),
      labels: new Map(),
    };
    state.shared.set(MEMORY, memory);
    const { revision } = state;
    const key = JSON.stringify(input);
    if (memory.last?.revision === revision && memory.last.key === key) return memory.last.report;
    const onStep = stopping(cancelled);
    takeInChanged(state, memory, onStep);
    rate(state, memory.engine, input.rows, onStep);
    progress(0.5, "mining");
    const report = analyzeRuns(memory.engine, input.options, onStep);
    memory.last = { revision, key, report };
    return report;
  },
};

/** A run is noted only once it was looked at: what a stop cut short goes on there the next time. */
function takeInChanged(state: JobContext["state"], { engine, seen, labels }: PatternMemory, onStep: () => void): void {
  const gone = [...seen.keys()].filter((id) => !state.traces.has(id));
  for (const id of gone) {
    seen.delete(id);
    labels.delete(id);
  }
  engine.remove(gone);
  for (const [id, segments] of state.traces) {
    const feedback = state.feedback.get(id) ?? [];
    const size = `${segments.length}/${feedback.length}`;
    const trace = seen.get(id) === size ? undefined : state.traceOf(id);
    if (!trace) continue;
    onStep();
    const label = lookAt(engine, trace, feedback);
    if (label) labels.set(id, label);
    seen.set(id, size);
  }
  engine.label([...labels.values()]);
}

function rate(state: JobContext["state"], engine: PatternEngine, rows: RowOptions, onStep: () => void): void {
  const { options } = rewardViews(state, rows.reward);
  const apart = { ...options, weights: { ...options.weights, latency: 0, cost: 0 } };
  const alike = askedAlike(state, engine.runs.keys());
  for (const id of engine.runs.keys()) {
    onStep();
    const [feedback, trace] = [state.feedback.get(id) ?? [], state.traceOf(id)];
    if (!alike(id)) engine.rate(id, undefined, undefined);
    else engine.rate(id, runReward(id, feedback, trace, options), runReward(id, feedback, trace, apart));
  }
  const decided = [...rowsByPoint(state, rows).values()].flat();
  engine.decide(decided.filter((r) => engine.runs.has(r.workflowId) && alike(r.workflowId)));
}

/**
 * Which rated runs take part, so that all might have been with the same probability: of those that were likelier
 * to be asked about, as small a share stays as makes up for it (Horvitz & Thompson 1952, by rejection), drawn by
 * the run's id; those rated unasked stay out where people are asked. Shuffling rewards then stays exact.
 */
function askedAlike(state: JobContext["state"], runs: Iterable<string>): (id: string) => boolean {
  const how = new Map(
    [...runs].flatMap((id): [string, HowRated][] => {
      const ofRun = currentFeedback(state.feedback.get(id) ?? []).filter((f) => f.decisionId === undefined);
      const { ratedBy, probability } = ratingOf(ofRun);
      return ofRun.length > 0 ? [[id, { ratedBy, ratedProbability: probability }]] : [];
    }),
  );
  const asking = isAsking(how.values());
  if (!asking) return () => true;
  const weights = new Map([...how].map(([id, rated]) => [id, standsFor(rated, asking) ?? 0]));
  const most = Math.max(...weights.values());
  return (id) => hash32(id, 29) / 2 ** 32 < (weights.get(id) ?? most) / most;
}
