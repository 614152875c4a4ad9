import { Recent, type TraceSegment } from "../../core/index.js";

/** Ids whose endings are remembered at least. */
const REMEMBERED = 10_000;

/**
 * How often runs of one id came to their end here: a host may give a whole conversation one id, and each of its runs is
 * one of its own. A run that was interrupted or failed may be resumed, and has not come to its end.
 */
export class Endings {
  private readonly counts = new Recent<number>(REMEMBERED);

  note({ workflowId, status, parent }: Pick<TraceSegment, "workflowId" | "status" | "parent">): void {
    if (status === "success" && parent === undefined) this.counts.set(workflowId, this.of(workflowId) + 1);
  }

  of(workflowId: string): number {
    return this.counts.get(workflowId) ?? 0;
  }
}
