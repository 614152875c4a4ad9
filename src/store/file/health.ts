import { basename } from "node:path";
import type { FactKind, StoreHealth, StoreProblem } from "../learning-store.js";
import type { FileDocuments } from "./documents.js";
import type { FactLog } from "./fact-log.js";
import type { StoredSegment } from "./segment-folder.js";
import { parseLine, visitLines } from "./segment-scan.js";

/** So many segments with damaged lines are read to say what is wrong with them; the others are counted. */
const MOST_READ = 5;

/** What is wrong with a file store: unreadable lines by segment, damaged documents. */
export async function fileHealthOf(
  logs: readonly FactLog[],
  documents: Pick<FileDocuments, "damaged">,
): Promise<StoreHealth> {
  const unreadable: Record<FactKind, number> = { trace: 0, decision: 0, feedback: 0 };
  const problems: StoreProblem[] = [];
  for (const log of logs)
    for (const segment of await log.segments.list()) {
      const count = await log.segments.damagedIn(segment);
      if (count === 0) continue;
      unreadable[log.kind] += count;
      const first = problems.length < MOST_READ ? await firstFlaw(log, segment) : undefined;
      problems.push({
        code: "STORE_CORRUPT",
        message: `${count} ${log.kind} record(s) of ${log.segments.pathOf(segment.name)} cannot be read and are left out${first ? `; the first begins at byte ${first.offset} (${first.flaw})` : ""}. Correct the lines, or delete them.`,
        count,
      });
    }
  for (const { kind, segments } of logs)
    for (const path of segments.strange)
      problems.push({
        code: "STORE_CORRUPT",
        message: `${path} bears the name of a file of ${kind} records and is none; it is left out. Move it away, and restore the file from a backup if there was one.`,
        count: 1,
      });
  for (const [path, reason] of documents.damaged)
    problems.push({
      code: "STORE_CORRUPT",
      message: `${basename(path)} was damaged (${reason}); the version before it serves. Restore it from a backup if something is missing.`,
      count: 1,
    });
  return { unreadable, problems };
}

async function firstFlaw({ kind, segments }: FactLog, segment: StoredSegment) {
  const handle = await segments.openForReading(segment.name);
  if (handle === undefined) return undefined;
  let first: { offset: number; flaw: string } | undefined;
  try {
    await visitLines(handle, 0, segment.size, (offset, line) => {
      if (first) return;
      const parsed = parseLine(kind, line);
      if (parsed.state === "damaged") first = { offset, flaw: parsed.flaw };
    });
  } finally {
    await handle.close();
  }
  return first;
}
