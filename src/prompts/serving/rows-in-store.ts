import { type FeedbackRecord, ratingOf, type Trace } from "../../core/index.js";
import { composeReward, type DecisionRow, givenReward, joinRows, joinSegments } from "../../dataset/index.js";
import { PROMPT_POINT } from "../../evaluation/experiment/index.js";
import { factsOfRuns, type LearningStore } from "../../store/index.js";

/** Computes a run's reward in [0,1]; undefined while unrated. */
export type RewardOf = (feedback: readonly FeedbackRecord[], trace?: Trace) => number | undefined;

/** The default reward: judgement, tilted by how the run went; unrated without judgement. */
export const judgedReward: RewardOf = (feedback, trace) => composeReward({ feedback, ...(trace && { trace }) }).reward;

/**
 * The rows of a prompt, read from a store: for an optimiser that works without a loop, whose learning thread
 * holds them otherwise.
 */
export async function rowsInStore(
  store: Pick<LearningStore, "read">,
  promptId: string,
  rewardOf: RewardOf,
  signal?: AbortSignal,
): Promise<DecisionRow[]> {
  const decisions = [];
  for await (const { facts } of store.read("decision", { decisionPoint: PROMPT_POINT + promptId })) {
    signal?.throwIfAborted();
    decisions.push(...facts);
  }
  const runs = new Set(decisions.map((d) => d.workflowId));
  if (runs.size === 0) return [];
  const feedback = await factsOfRuns(store, "feedback", runs, signal);
  const segments = await factsOfRuns(store, "trace", runs, signal);
  const traces = new Map(
    [...segments].flatMap(([id, own]) => {
      const trace = joinSegments(own);
      return trace ? [[id, trace] as const] : [];
    }),
  );
  return joinRows(decisions, feedback, traces).map((row): DecisionRow => {
    const judged = feedback.get(row.workflowId) ?? [];
    const trace = traces.get(row.workflowId);
    const { reward: _, ratedAt: __, ratedBy: ___, ratedProbability: ____, ...unrated } = row;
    const reward = givenReward(rewardOf(judged, trace), row.workflowId);
    if (reward === undefined) return unrated;
    const { ratedBy, probability } = ratingOf(judged.filter((f) => f.withdraws === undefined));
    const first = judged.map((f) => f.at).sort()[0];
    const ended = trace && new Date(Date.parse(trace.startedAt) + trace.durationMs).toISOString();
    const ratedAt = [first ?? ended ?? row.at, row.at].sort()[1];
    return {
      ...{ ...unrated, reward, ratedBy },
      ...(ratedAt !== undefined && { ratedAt }),
      ...(probability !== undefined && { ratedProbability: probability }),
    };
  });
}
