import type { Decision } from "./decision.js";
import type { FeedbackRecord } from "./feedback.js";
import type { TraceSegment } from "./trace.js";

/** The kinds of facts a store keeps, each an append-only log of its own. */
export interface FactTypes {
  trace: TraceSegment;
  decision: Decision;
  feedback: FeedbackRecord;
}
/** What is stored: traces (their segments), decisions or feedback. */
export type FactKind = keyof FactTypes;
