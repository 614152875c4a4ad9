import { LearningError } from "../../core/index.js";

/** The store did not take all records. */
export function flushError(reason: string, cause?: unknown): LearningError {
  return new LearningError("STORE_IO", {
    received: `a store that did not take all records (${reason})`,
    expected: "records acknowledged by the store",
    remedy: "Mend the store and flush again; `counters()` tells what waits and what was lost.",
    cause,
  });
}
