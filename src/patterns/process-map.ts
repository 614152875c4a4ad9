import { checkArgument } from "../core/arguments.js";
import type { DirectlyFollows } from "./directly-follows.js";
import type { EventLog } from "./event-log.js";
import { findLoops } from "./loops.js";
import { type RewardTable, variantRewards } from "./variant-rewards.js";

/** What is read of arguments. */
const LOG = { activities: "list", variants: "object", variantOf: "object" } as const;
const DFG = { from: "object", to: "object", count: "object" } as const;

/** One activity of a process map. */
export interface MapActivity {
  name: string;
  events: number;
  runs: number;
  /** Runs that start and end with it. */
  starts: number;
  ends: number;
  /** Runs that do it more than once, and the executions beyond the first. */
  reworkRuns: number;
  reworkEvents: number;
  /** Mean working time; absent where it is not known. */
  meanWorkMs?: number;
  /** Mean reward of the rated runs with it; absent when none is rated. */
  meanReward?: number;
}

/** One activity directly following another. */
export interface MapEdge {
  from: string;
  to: string;
  count: number;
  runs: number;
  /**
   * How surely `to` depends on `from`, in (-1,1): (ab - ba)/(ab + ba + 1), and n/(n + 1) for a self-loop
   * (Weijters et al., 2006).
   */
  dependency: number;
  /**
   * Mean time from the end of `from` (from its start where working times are not known) to the start of `to`;
   * negative where they overlap.
   */
  meanWaitMs?: number;
  meanReward?: number;
}

/** A distinct sequence of activities. */
export interface Variant {
  activities: string[];
  count: number;
  share: number;
  meanReward?: number;
  ratedRuns: number;
}

/** Where time goes: working in an activity, or waiting between two. */
export interface Bottleneck {
  kind: "work" | "wait";
  /** The activity, or the two of an edge. */
  at: string[];
  totalMs: number;
  meanMs: number;
  /** Share of all working and waiting time of the log. */
  share: number;
}

/** A repeated block of activities. */
export interface MapLoop {
  activities: string[];
  runs: number;
  meanRounds: number;
  maxRounds: number;
}

/** What the runs of a log do, as a directly-follows graph. */
export interface ProcessMap {
  runs: number;
  events: number;
  activities: MapActivity[];
  edges: MapEdge[];
  variants: Variant[];
  loops: MapLoop[];
  bottlenecks: Bottleneck[];
}

/**
 * The process map of a log from its current counts. Activities and edges come with the most frequent
 * first, bottlenecks with the longest total time first (at most ten).
 * @param rewardOf reward of each row of the log; NaN where unrated
 * @example
 * ```ts
 * const log = EventLog.from([{ id: "1", type: "support", activities: ["a", "b"] }]);
 * const dfg = new DirectlyFollows();
 * log.attach(dfg);
 * processMap(log, dfg).activities.map(({ name }) => name); // ["a", "b"]
 * ```
 */
export function processMap(log: EventLog, dfg: DirectlyFollows, rewardOf?: Float64Array): ProcessMap {
  checkArgument(log, "log", LOG, "PATTERN_INVALID");
  checkArgument(dfg, "dfg", DFG, "PATTERN_INVALID");
  const rewards = variantRewards(log, rewardOf);
  const usage = countUsage(log, dfg, rewards);
  const events = dfg.events.view().reduce((s, n) => s + n, 0);
  const activities: MapActivity[] = [];
  for (let a = 0; a < dfg.events.length; a++) {
    if (dfg.events.at(a) === 0) continue;
    activities.push({
      name: log.activities[a],
      events: dfg.events.at(a),
      runs: usage.activityRuns[a],
      starts: dfg.starts.at(a),
      ends: dfg.ends.at(a),
      reworkRuns: usage.reworkRuns[a],
      reworkEvents: dfg.events.at(a) - usage.activityRuns[a],
      ...(dfg.timedEvents.at(a) > 0 && { meanWorkMs: dfg.workMs.at(a) / dfg.timedEvents.at(a) }),
      ...meanReward(usage.activityReward[a], usage.activityRated[a]),
    });
  }
  const edges: MapEdge[] = [];
  for (let e = 0; e < dfg.count.length; e++) {
    if (dfg.count.at(e) === 0) continue;
    const [from, to] = [dfg.from.at(e), dfg.to.at(e)];
    edges.push({
      from: log.activities[from],
      to: log.activities[to],
      count: dfg.count.at(e),
      runs: usage.edgeRuns[e],
      dependency: dependency(dfg, from, to),
      ...(dfg.timed.at(e) > 0 && { meanWaitMs: dfg.waitMs.at(e) / dfg.timed.at(e) }),
      ...meanReward(usage.edgeReward[e], usage.edgeRated[e]),
    });
  }
  activities.sort((a, b) => b.events - a.events || (a.name < b.name ? -1 : 1));
  edges.sort((a, b) => b.count - a.count || (a.from + a.to < b.from + b.to ? -1 : 1));
  return {
    runs: log.size,
    events,
    activities,
    edges,
    variants: listVariants(log, rewards),
    loops: findLoops(log.variants)
      .map((l) => ({
        activities: log.names(l.items),
        runs: l.support,
        meanRounds: l.meanRounds,
        maxRounds: l.maxRounds,
      }))
      .sort(
        (a, b) => b.runs - a.runs || a.activities.length - b.activities.length || byName(a.activities, b.activities),
      ),
    bottlenecks: findBottlenecks(log, dfg),
  };
}

function dependency(dfg: DirectlyFollows, a: number, b: number): number {
  const count = (x: number, y: number) => {
    const e = dfg.edge(x, y);
    return e === undefined ? 0 : dfg.count.at(e);
  };
  const ab = count(a, b);
  if (a === b) return ab / (ab + 1);
  const ba = count(b, a);
  return (ab - ba) / (ab + ba + 1);
}

function meanReward(sum: number | undefined, rated: number | undefined): { meanReward?: number } {
  return rated ? { meanReward: (sum as number) / rated } : {};
}

function listVariants(log: EventLog, rewards: RewardTable): Variant[] {
  const found: Variant[] = [];
  for (let v = 0; v < log.variants.size; v++) {
    const count = log.variants.weights.at(v);
    if (count === 0) continue;
    const ratedRuns = rewards.rated[v];
    found.push({
      activities: log.names(log.variants.sequence(v)),
      count,
      share: count / log.size,
      ratedRuns,
      ...meanReward(rewards.sum[v], ratedRuns),
    });
  }
  return found.sort(
    (a, b) => b.count - a.count || a.activities.length - b.activities.length || byName(a.activities, b.activities),
  );
}

/** Order of names, so that ties do not depend on the order in which runs came. */
function byName(a: readonly string[], b: readonly string[]): number {
  for (const [i, name] of a.entries()) if (name !== b[i]) return name < b[i] ? -1 : 1;
  return 0;
}

/** In how many runs each activity and edge occurs, and the rewards of those runs. */
function countUsage(log: EventLog, dfg: DirectlyFollows, rewards: RewardTable) {
  const [A, E] = [dfg.events.length, dfg.count.length];
  const usage = {
    activityRuns: new Float64Array(A),
    activityReward: new Float64Array(A),
    activityRated: new Float64Array(A),
    reworkRuns: new Float64Array(A),
    edgeRuns: new Float64Array(E),
    edgeReward: new Float64Array(E),
    edgeRated: new Float64Array(E),
  };
  const bump = (list: Float64Array, at: number, by: number) => {
    list[at] = list[at] + by;
  };
  const seenActivity = new Int32Array(A).fill(-1);
  const seenTwice = new Int32Array(A).fill(-1);
  const seenEdge = new Int32Array(E).fill(-1);
  for (let v = 0; v < log.variants.size; v++) {
    const weight = log.variants.weights.at(v);
    if (weight === 0) continue;
    const s = log.variants.sequence(v);
    for (let i = 0; i < s.length; i++) {
      const a = s[i];
      if (seenActivity[a] !== v) {
        seenActivity[a] = v;
        bump(usage.activityRuns, a, weight);
        bump(usage.activityReward, a, rewards.sum[v]);
        bump(usage.activityRated, a, rewards.rated[v]);
      } else if (seenTwice[a] !== v) {
        seenTwice[a] = v;
        bump(usage.reworkRuns, a, weight);
      }
      const e = i === 0 ? undefined : dfg.edge(s[i - 1], a);
      if (e === undefined || seenEdge[e] === v) continue;
      seenEdge[e] = v;
      bump(usage.edgeRuns, e, weight);
      bump(usage.edgeReward, e, rewards.sum[v]);
      bump(usage.edgeRated, e, rewards.rated[v]);
    }
  }
  return usage;
}

function findBottlenecks(log: EventLog, dfg: DirectlyFollows): Bottleneck[] {
  const found: Omit<Bottleneck, "share">[] = [];
  for (let a = 0; a < dfg.events.length; a++) {
    const n = dfg.timedEvents.at(a);
    const total = dfg.workMs.at(a);
    if (n > 0 && total > 0) found.push({ kind: "work", at: [log.activities[a]], totalMs: total, meanMs: total / n });
  }
  for (let e = 0; e < dfg.count.length; e++) {
    const n = dfg.timed.at(e);
    const total = dfg.waitMs.at(e);
    if (n > 0 && total > 0)
      found.push({ kind: "wait", at: log.names([dfg.from.at(e), dfg.to.at(e)]), totalMs: total, meanMs: total / n });
  }
  const all = found.reduce((s, b) => s + b.totalMs, 0);
  return found
    .sort((a, b) => b.totalMs - a.totalMs)
    .slice(0, 10)
    .map((b) => ({ ...b, share: b.totalMs / all }));
}
