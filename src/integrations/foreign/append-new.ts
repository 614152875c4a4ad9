import type { FeedbackRecord, TraceSegment } from "../../core/index.js";
import type { LearningStore } from "../../store/index.js";

/** Appends a segment that is not in the store yet; false where it is, also where it was captured here. */
export async function appendSegment(store: LearningStore, segment: TraceSegment, span?: string): Promise<boolean> {
  for await (const { facts } of store.read("trace", { workflowId: segment.workflowId }))
    for (const known of facts) {
      if (known.segmentId === segment.segmentId) return false;
      // `00-TRACE-SPAN-01`: the run that these spans tell of.
      if (span !== undefined && known.traceparent?.startsWith(`00-${span}-`)) return false;
    }
  await store.append("trace", [segment]);
  return true;
}

/** Appends a judgement that is not in the store yet; false where it is. */
export async function appendFeedback(store: LearningStore, record: FeedbackRecord): Promise<boolean> {
  for await (const { facts } of store.read("feedback", { workflowId: record.workflowId }))
    if (facts.some((known) => known.feedbackId === record.feedbackId)) return false;
  await store.append("feedback", [record]);
  return true;
}
