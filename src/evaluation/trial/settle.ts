import { checkArgument } from "../../core/arguments.js";
import { latestAt } from "../ahead.js";
import { markOf, marksIn } from "../marks.js";
import { gainOf } from "./gain.js";
import type { SettledBlock, TrialState } from "./state.js";
import { addCluster, logWealthOf, type TrialRow } from "./wealth.js";

/** What is read of arguments. */
const TRIAL = { wealth: "list", learned: "object", clusters: "number", sum: "number" } as const;

/** A decision under trial whose rating may still be out. */
export interface OpenRow extends Omit<TrialRow, "reward"> {
  /** In [0,1]; undefined while unrated. */
  reward?: number;
  /** ISO time of its first judgement; absent where the reward needed none. */
  ratedAt?: string;
  /** How far it left what serves: 1 where the challenger was followed on a contested decision. */
  taken?: number;
}

/** Blocks remembered one by one; older ones are joined into one. */
const MOST_BLOCKS = 200;

/**
 * Settles what can be settled and bets on it: decisions in the order they were made, up to the first
 * whose rating is neither in nor out of its window. A row that was not rated in time is no evidence;
 * later ratings teach, but prove nothing. What is settled stays settled: a second call with the same, fewer or
 * revised rows changes nothing of it. Decisions from a clock that runs far ahead of `now` wait for it.
 * @param rows all decisions under this version, in any order; those settled before may be among them
 * @param now ISO time of the look
 * @param judged whether people judge here, so that a reward without a judgement is not the last word
 * @example const next = settle(trial, openRows, new Date(clock.now()).toISOString());
 */
export function settle(state: TrialState, rows: readonly OpenRow[], now: string, judged = false): TrialState {
  checkArgument(state, "state", TRIAL, "EVALUATION_INVALID");
  checkArgument(rows, "rows", "objects", "EVALUATION_INVALID");
  checkArgument(now, "now", "text", "EVALUATION_INVALID");
  const next: TrialState = structuredClone(state);
  const after = (row: { at: string; id: string }) => {
    const { settled } = state;
    return !settled || row.at > settled.at || (row.at === settled.at && row.id > settled.id);
  };
  const ordered = [...rows].sort((a, b) =>
    a.at < b.at ? -1 : a.at > b.at ? 1 : a.id < b.id ? -1 : a.id > b.id ? 1 : 0,
  );
  const clusters = new Map<string, OpenRow[]>();
  for (const row of ordered) {
    const key = row.cluster ?? row.run ?? row.id;
    const known = clusters.get(key);
    if (known) known.push(row);
    else clusters.set(key, [row]);
  }
  const { windowMs, clusterWindowMs } = state;
  const closes = (row: OpenRow) => Date.parse(row.at) + clusterWindowMs + windowMs;
  const time = Date.parse(now);
  const latest = latestAt(now);
  const seen = marksIn(state.seen);
  const marks: string[] = [];
  let block: SettledBlock | undefined;
  for (const row of ordered) {
    if (!after(row)) continue;
    if (row.at > latest) break;
    const isClosed = closes(row) <= time;
    const isRated = clusterWindowMs === 0 && row.reward !== undefined && (row.ratedAt !== undefined || !judged);
    if (!isClosed && !isRated) break;
    next.settled = { at: row.at, id: row.id };
    next.decisions++;
    next.taken += row.taken ?? 0;
    block ??= { from: row.at, to: row.at, at: now, clusters: 0, rated: 0, logWealth: 0 };
    block.to = row.at;
    const key = row.cluster ?? row.run ?? row.id;
    const members = clusters.get(key) ?? [];
    // A cluster is bet on once, when its first decision is settled.
    if (members[0] !== row) continue;
    if (clusterWindowMs > 0) {
      const mark = markOf(key);
      if (seen.has(mark)) continue;
      marks.push(mark);
    }
    block.clusters++;
    const until = clusterWindowMs > 0 ? Date.parse(row.at) + clusterWindowMs : Number.POSITIVE_INFINITY;
    const inTime = members.filter((m) => {
      const at = Date.parse(m.at);
      return m.reward !== undefined && at <= until && Date.parse(m.ratedAt ?? m.at) <= at + windowMs;
    });
    if (inTime.length === 0) continue;
    block.rated++;
    addCluster(next, inTime as TrialRow[]);
  }
  if (!block) return state;
  if (marks.length > 0) next.seen = (state.seen ?? "") + marks.join("");
  block.logWealth = logWealthOf(next);
  if (next.clusters > 0) {
    const { mean, lower, upper } = gainOf(next);
    block.gain = { mean, lower, upper };
  }
  next.blocks.push(block);
  if (next.blocks.length > MOST_BLOCKS) next.blocks.splice(0, 2, joined(next.blocks[0]!, next.blocks[1]!));
  return next;
}

function joined(a: SettledBlock, b: SettledBlock): SettledBlock {
  return { ...b, from: a.from, clusters: a.clusters + b.clusters, rated: a.rated + b.rated };
}

/** Where nobody has rated yet, ratings may take a day. */
const UNKNOWN_WINDOW_MS = 86_400_000;
/** Ratings that take longer than a week are too rare to wait for. */
const LONGEST_WINDOW_MS = 7 * 86_400_000;

/**
 * How long to wait for ratings, from the delays observed before the trial: twice the 95th percentile,
 * at least a second and at most a week.
 * @param delays milliseconds between decisions and their first judgements
 * @example ratingWindowMs([60_000, 60_000, 60_000]); // 120000
 */
export function ratingWindowMs(delays: readonly number[]): number {
  checkArgument(delays, "delays", "numbers", "EVALUATION_INVALID");
  if (delays.length === 0) return UNKNOWN_WINDOW_MS;
  const sorted = [...delays].sort((a, b) => a - b);
  const late = sorted[Math.min(sorted.length - 1, Math.floor(0.95 * sorted.length))] ?? 0;
  return Math.min(LONGEST_WINDOW_MS, Math.max(1000, 2 * late));
}
