import type { FeedbackRecord, Trace, TraceSegment } from "../core/index.js";
import { composeReward, joinSegments, type RewardWeights } from "../dataset/index.js";
import type { LearningStore } from "../store/index.js";

/** Which runs, and how their rewards are composed. */
export interface RewardedRunsOptions {
  store: LearningStore;
  workflowType?: string;
  rewardWeights?: Partial<RewardWeights>;
}

/** The runs that somebody judged, with their rewards. */
export async function* rewardedRuns(options: RewardedRunsOptions): AsyncIterable<{ trace: Trace; reward: number }> {
  const { store, workflowType, rewardWeights } = options;
  const feedback = new Map<string, FeedbackRecord[]>();
  for await (const { facts } of store.read("feedback"))
    for (const f of facts) feedback.set(f.workflowId, [...(feedback.get(f.workflowId) ?? []), f]);
  for (const [workflowId, judgements] of feedback) {
    const segments: TraceSegment[] = [];
    for await (const { facts } of store.read("trace", { workflowId })) segments.push(...facts);
    if (segments.length === 0 || (workflowType !== undefined && segments[0]?.workflowType !== workflowType)) continue;
    const trace = joinSegments(segments);
    const { reward } = composeReward({ feedback: judgements, trace, weights: rewardWeights });
    if (trace && reward !== undefined) yield { trace, reward };
  }
}

/** Whether a run was judged well enough to be an example to others. */
export function isExemplary(reward: number, leastReward = 0.8): boolean {
  return reward >= leastReward;
}
