// Runs in the learning thread.
import { currentFeedback, isoTime } from "../../core/index.js";
import { markOf } from "../../evaluation/marks.js";
import { createRng } from "../../math/rng.js";
import type { Job } from "../job.js";
import { type EvaluatorFinding, type RewardSettings, rewardViews } from "../reward-views.js";
import type { WorkerState } from "../state.js";

/** Which runs an evaluator is to judge now. */
export interface RunsToJudgeInput {
  reward: RewardSettings;
  /** The evaluator's name; its judgements are rated by `evaluator:NAME`, or `evaluator:NAME/KEY` for each of several. */
  name: string;
  /** Share of runs that it judges. */
  share: number;
  /** Runs it may judge within 24 hours. */
  maxPerDay: number;
  /** Runs at once. */
  most: number;
  /** Marks of runs that it was asked about within the last 24 hours and gave no score for: they count, and others come first. */
  tried?: readonly string[];
  /** ISO 8601. */
  now: string;
  seed: number;
}

/** A run as an evaluator gets it: kept states, or for want of an input its first decision's context, as JSON. */
export interface RunToJudge {
  workflowId: string;
  inputs: string;
  outputs: string;
}

/** The runs chosen, and how the evaluator stands. */
export interface RunsToJudgeOutput {
  runs: RunToJudge[];
  /** Runs judged within the last 24 hours, and those that people judged as well. */
  today: number;
  pairs: number;
  /** Runs that would have been judged if their output had been captured. */
  unseen: number;
  /** What people's judgements of the same runs say of each of its scores; absent while there are too few. */
  findings: Record<string, EvaluatorFinding>;
}

/** Runs judged by people, too, that tell how an evaluator differs from them well enough. */
const ENOUGH_PAIRS = 100;
const DAY_MS = 86_400_000;

/**
 * Chooses what an evaluator judges: first runs that people judged, until it is known how it differs from them, with at
 * most half of what is left of the day while others wait; then a drawn share of the others, each run drawn once for
 * good, the newest first. An evaluator that does not tell what people say judges no others.
 */
export const runsToJudge: Job<RunsToJudgeInput, RunsToJudgeOutput> = {
  run({ reward, name, share, maxPerDay, most, tried = [], now, seed }, { state }) {
    const unscored = new Set(tried);
    const rater = `evaluator:${name}`;
    const isOwn = (userId: string) => userId === rater || userId.startsWith(`${rater}/`);
    const since = isoTime(Date.parse(now) - DAY_MS);
    const [byPeople, drawn]: [Candidate[], Candidate[]] = [[], []];
    let [today, pairs, unseen] = [0, 0, 0];
    const traces = [...state.traces.keys()].flatMap((id) => state.traceOf(id) ?? []);
    for (const trace of traces.sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1))) {
      const { workflowId } = trace;
      const feedback = currentFeedback(state.feedback.get(workflowId) ?? []).filter((f) => f.decisionId === undefined);
      const own = feedback.filter((f) => f.source === "evaluator" && isOwn(f.userId));
      const rated = feedback.some((f) => f.source === "human");
      if (own.length > 0) {
        if (own.some((f) => f.at > since)) today++;
        if (rated) pairs++;
        continue;
      }
      const over = trace.status === "success" || trace.status === "error";
      if (!over || unscored.has(markOf(workflowId))) continue;
      if (!(rated || createRng(`${seed}/evaluators/${name}/${workflowId}`).next() < share)) continue;
      const outputs = trace.nodes.at(-1)?.update;
      if (outputs === undefined) unseen++;
      else (rated ? byPeople : drawn).push({ workflowId, inputs: trace.nodes[0]?.input, outputs });
    }
    const findings = Object.fromEntries(
      Object.entries(rewardViews(state, reward).evaluators).filter(([userId]) => isOwn(userId)),
    );
    const told = Object.values(findings);
    const others = told.length > 0 && told.every((f) => !f.helps) ? [] : drawn;
    const left = Math.max(0, Math.min(most, maxPerDay - today - unscored.size));
    const toCalibrate = Math.min(
      Math.max(0, ENOUGH_PAIRS - pairs),
      Math.max(Math.ceil(left / 2), left - others.length),
    );
    const first = byPeople.slice(0, toCalibrate);
    const runs = withInputs([...first, ...others.slice(0, left - first.length)], state);
    return { runs, today, pairs, unseen, findings };
  },
};

type Candidate = Omit<RunToJudge, "inputs"> & { inputs: string | undefined };

function withInputs(runs: readonly Candidate[], state: WorkerState): RunToJudge[] {
  const contexts = new Map<string, string | undefined>(runs.map((r) => [r.workflowId, undefined]));
  for (const { workflowId, index, context } of state.decisions.values())
    if (index === 0 && contexts.has(workflowId)) contexts.set(workflowId, JSON.stringify(context));
  return runs.map((r) => ({ ...r, inputs: r.inputs ?? contexts.get(r.workflowId) ?? "" }));
}
