import type { FactKind } from "../learning-store.js";
import type { FactWriter } from "./fact-writer.js";
import type { SegmentFolder } from "./segment-folder.js";

/** One kind of facts on disk: its segments, and this process's writer. */
export interface FactLog {
  kind: FactKind;
  segments: SegmentFolder;
  writer: FactWriter;
}
