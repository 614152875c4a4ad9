import type { Clock } from "../../core/index.js";
import type { RetentionPolicy } from "../learning-store.js";
import type { FactLog } from "./fact-log.js";
import { forgetHolder, newHolder } from "./holder.js";
import { begunAt, type Segment, type SegmentFolder } from "./segment-folder.js";

/**
 * Removes whole segments: those whose newest fact is too old, then the oldest until all fit into the
 * size. A segment that another living process writes to stays. Returns the number of facts removed.
 */
export async function retainSegments(logs: readonly FactLog[], policy: RetentionPolicy, clock: Clock): Promise<number> {
  const found: { log: FactLog; segment: Segment; maxTime: number }[] = [];
  for (const log of logs)
    for (const segment of await log.segments.list()) {
      const { maxTime } = await log.segments.timesOf(segment);
      // Without a readable fact (its first one is just being written, or all are damaged) its beginning counts.
      found.push({ log, segment, maxTime: Number.isNaN(maxTime) ? begunAt(segment.name) : maxTime });
    }
  found.sort((a, b) => a.maxTime - b.maxTime);
  const oldest =
    policy.maxAgeDays === undefined ? Number.NEGATIVE_INFINITY : clock.now() - policy.maxAgeDays * 86_400_000;
  let excess =
    policy.maxBytes === undefined ? 0 : found.reduce((sum, { segment }) => sum + segment.size, 0) - policy.maxBytes;
  let removed = 0;
  for (const { log, segment, maxTime } of found) {
    if (segment.size === 0 || (maxTime >= oldest && excess <= 0)) continue;
    const count = await removeSegment(log, segment);
    if (count === undefined) continue;
    removed += count;
    excess -= segment.size;
  }
  for (const { segments } of logs) await segments.sweep();
  return removed;
}

/**
 * Removes one segment unless somebody else writes to it, or somebody (this process, too) wrote to it since
 * it was looked at; returns how many facts went.
 */
async function removeSegment(log: FactLog, segment: Segment): Promise<number | undefined> {
  const { segments, writer } = log;
  if (writer.holds(segment.name)) {
    await writer.sealCurrent();
    return removeUnchanged(segments, segment);
  }
  if (segment.state === "held") return undefined;
  if (segment.state === "sealed") return removeUnchanged(segments, segment);
  const holder = newHolder();
  try {
    if (!(await segments.take(segment, holder))) return undefined;
    const count = await removeUnchanged(segments, segment, `held-${holder}`);
    if (count === undefined) await segments.release(segment.name, holder);
    return count;
  } finally {
    forgetHolder(holder);
  }
}

async function removeUnchanged(
  segments: SegmentFolder,
  segment: Segment,
  marker?: string,
): Promise<number | undefined> {
  const { name, size } = segment;
  if ((await segments.bytesOf(name)) !== size) return undefined;
  const { count } = await segments.indexOf({ name, size, state: "sealed" });
  await segments.remove(name, marker);
  return count;
}
