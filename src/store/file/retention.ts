import type { Clock } from "../../core/index.js";
import type { RetentionPolicy } from "../learning-store.js";
import type { FactLog } from "./fact-log.js";
import { forgetHolder } from "./holder.js";
import { begunAt, type SegmentFolder, type StoredSegment } from "./segment-folder.js";

/** The limit in bytes is kept by segments of about this share of it, so that little more goes than must. */
const SHARE = 16;

/**
 * Removes whole segments: those whose newest fact is too old, then the oldest until all fit into the size. However
 * small the size, the newest segment of each kind stays, and so does what a living process writes to. Returns the number
 * of facts removed.
 */
export async function retainSegments(logs: readonly FactLog[], policy: RetentionPolicy, clock: Clock): Promise<number> {
  const found: Candidate[] = [];
  for (const log of logs) {
    const segments = await log.segments.list();
    const newest = segments.findLast((segment) => segment.size > 0);
    const isOpen = (segment: StoredSegment) => segment.state === "held" || log.writer.holds(segment.name);
    for (const segment of segments) {
      const { maxTime } = await log.segments.timesOf(segment);
      // Without a readable fact (its first one is just being written, or all are damaged) its beginning counts.
      const time = Number.isNaN(maxTime) ? begunAt(segment.name) : maxTime;
      found.push({ log, segment, time, isNewest: segment === newest || isOpen(segment) });
    }
  }
  found.sort((a, b) => a.time - b.time);
  const oldest =
    policy.maxAgeDays === undefined ? Number.NEGATIVE_INFINITY : clock.now() - policy.maxAgeDays * 86_400_000;
  let removed = 0;
  const remove = async (candidate: Candidate) => {
    const count = candidate.segment.size === 0 ? undefined : await removeSegment(candidate.log, candidate.segment);
    removed += count ?? 0;
    return count !== undefined;
  };
  const left: Candidate[] = [];
  for (const candidate of found) if (candidate.time >= oldest || !(await remove(candidate))) left.push(candidate);
  if (policy.maxBytes !== undefined) {
    let excess = left.reduce((sum, { segment }) => sum + segment.size, 0) - policy.maxBytes;
    for (const candidate of left) {
      if (excess <= 0) break;
      if (!candidate.isNewest && (await remove(candidate))) excess -= candidate.segment.size;
    }
    for (const { writer } of logs) writer.sealBy(policy.maxBytes / SHARE);
  }
  for (const { segments } of logs) await segments.sweep();
  return removed;
}

interface Candidate {
  log: FactLog;
  segment: StoredSegment;
  /** Of its newest fact, milliseconds. */
  time: number;
  isNewest: boolean;
}

/**
 * Removes one segment unless somebody else writes to it, or somebody (this process, too) wrote to it since
 * it was looked at; returns how many facts went.
 */
async function removeSegment(log: FactLog, segment: StoredSegment): Promise<number | undefined> {
  const { segments, writer } = log;
  if (writer.holds(segment.name)) {
    await writer.sealCurrent();
    return removeUnchanged(segments, segment);
  }
  if (segment.state === "held") return undefined;
  if (segment.state === "sealed") return removeUnchanged(segments, segment);
  const holder = segments.owners.newHolder();
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
  segment: StoredSegment,
  marker?: string,
): Promise<number | undefined> {
  const { name, size } = segment;
  if ((await segments.bytesOf(name)) !== size) return undefined;
  const { count } = await segments.indexOf({ name, size, state: "sealed" });
  await segments.remove(name, marker);
  return count;
}
