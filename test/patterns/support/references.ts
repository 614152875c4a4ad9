import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  closedSequences,
  DirectlyFollows,
  EventLog,
  frequentSequences,
  type LogCase,
  NgramCounts,
  processMap,
  type SequencePattern,
} from "../../../src/patterns/index.js";

/** A comparison of what was mined with what a reference says. */
export interface Comparison {
  name: string;
  equal: boolean;
}

const PROCESS_LOGS = ["running_example", "roadtraffic100", "receipt", "helpdesk", "bpic2013_incidents"];
const SEQUENCE_LOGS = ["running_example", "roadtraffic100", "receipt", "helpdesk"];

const readJson = <T>(folder: string, file: string): T => JSON.parse(readFileSync(join(folder, file), "utf8")) as T;
const readLines = <T>(folder: string, file: string): T[] =>
  readFileSync(join(folder, file), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((l) => JSON.parse(l) as T);

/** The cases of a real process log. */
export function readProcessLog(folder: string, name: string): LogCase[] {
  const { activities } = readJson<{ activities: string[] }>(folder, `process-logs/${name}.meta.json`);
  const rows = readLines<{ c: string; a: number[]; t0: number; dt: number[] }>(folder, `process-logs/${name}.jsonl`);
  return rows.map((row) => {
    let at = row.t0;
    return {
      id: row.c,
      type: name,
      activities: row.a.map((a) => activities[a]),
      startMs: row.dt.map((dt) => {
        at += dt * 1000;
        return at;
      }),
    };
  });
}

const canonical = (rows: unknown[][]): string => JSON.stringify(rows.map((r) => JSON.stringify(r)).sort());
const named = (log: EventLog, found: SequencePattern[]) => canonical(found.map((p) => [log.names(p.items), p.support]));

type Level = {
  min_support_count: number;
  all_count: number;
  closed_count: number;
  all?: [string[], number][];
  closed?: [string[], number][];
  contiguous?: [string[], number, number][];
};

function compareLevel(log: EventLog, name: string, level: Level): Comparison[] {
  const options = { minSupport: level.min_support_count };
  const alphabet = log.activities.length;
  const all = frequentSequences(log.variants, alphabet, log.size, options);
  const closed = closedSequences(log.variants, alphabet, log.size, options);
  const found: Comparison[] = [{ name: `${name} all count`, equal: all.length === level.all_count }];
  if (level.all) found.push({ name: `${name} all`, equal: named(log, all) === canonical(level.all) });
  if (level.closed) found.push({ name: `${name} closed`, equal: named(log, closed) === canonical(level.closed) });
  else found.push({ name: `${name} closed count`, equal: closed.length === level.closed_count });
  if (level.contiguous) {
    const counter = new NgramCounts(6);
    log.attach(counter);
    const grams = counter.frequent(level.min_support_count).map((g) => [log.names(g.items), g.support, g.occurrences]);
    found.push({ name: `${name} contiguous`, equal: canonical(grams) === canonical(level.contiguous) });
  }
  return found;
}

function compareSequences(folder: string): Comparison[] {
  const found: Comparison[] = [];
  for (const name of SEQUENCE_LOGS) {
    const { result } = readJson<{ result: Record<string, Level> }>(folder, `sequences/${name}.frequent.json`);
    const log = EventLog.from(readProcessLog(folder, name));
    for (const [key, level] of Object.entries(result))
      if (key.startsWith("minsup")) found.push(...compareLevel(log, `${name} ${key}`, level));
  }
  type Context = {
    sequences: string[][][];
    single_item_elements: boolean;
    results: Record<string, Level & { flattened?: Level & { sequences: string[][] } }>;
  };
  for (const [name, context] of Object.entries(
    readJson<Record<string, Context>>(folder, "sequences/spmf_contexts.frequent.json"),
  ))
    for (const [support, result] of Object.entries(context.results)) {
      // Itemset elements are outside this miner's language; their flattened form is the reference there.
      const level = context.single_item_elements ? result : result.flattened;
      const sequences = context.single_item_elements
        ? context.sequences.map((s) => s.flat())
        : result.flattened?.sequences;
      if (!level || !sequences) continue;
      const log = EventLog.from(sequences.map((activities, i) => ({ id: `${i}`, type: "t", activities })));
      found.push(...compareLevel(log, `${name} ${support}`, { ...level, min_support_count: Number(support) }));
    }
  return found;
}

type MapReference = {
  cases: number;
  events: number;
  activity_counts: Record<string, number>;
  start_activities: Record<string, number>;
  end_activities: Record<string, number>;
  dfg: [string, string, number, number][];
  dependency: [string, string, number, number][];
  self_loop?: Record<string, number>;
  variants: number;
  variant_freq_hist: Record<string, number>;
  top_variants: [string[], number][];
  cases_with_repeated_activity: number;
};

function compareMap(folder: string, name: string): Comparison[] {
  const log = EventLog.from(readProcessLog(folder, name));
  const dfg = new DirectlyFollows();
  log.attach(dfg);
  const map = processMap(log, dfg);
  const reference = readJson<MapReference>(folder, `process-logs/${name}.reference.json`);
  const pairs = (o: Record<string, number>) => canonical(Object.entries(o));
  const of = (key: "starts" | "ends" | "events") =>
    canonical(map.activities.filter((a) => a[key] > 0).map((a) => [a.name, a[key]]));
  const edge = new Map(map.edges.map((e) => [`${e.from}\n${e.to}`, e]));
  const histogram: Record<string, number> = {};
  for (const v of map.variants) histogram[v.count] = (histogram[v.count] ?? 0) + 1;
  const counts = new Map(map.variants.map((v) => [v.activities.join("\n"), v.count]));
  const repeated = map.variants.filter((v) => new Set(v.activities).size < v.activities.length);
  return [
    { name: `${name} totals`, equal: map.runs === reference.cases && map.events === reference.events },
    { name: `${name} activities`, equal: of("events") === pairs(reference.activity_counts) },
    { name: `${name} starts`, equal: of("starts") === pairs(reference.start_activities) },
    { name: `${name} ends`, equal: of("ends") === pairs(reference.end_activities) },
    {
      name: `${name} directly follows`,
      equal:
        map.edges.length === reference.dfg.length &&
        reference.dfg.every(([a, b, count, seconds]) => {
          const e = edge.get(`${a}\n${b}`);
          return e?.count === count && Math.abs((e.meanWaitMs ?? 0) / 1000 - seconds) <= 0.06;
        }),
    },
    {
      name: `${name} dependency`,
      equal: reference.dependency.every(
        ([a, b, , d]) => Math.abs((edge.get(`${a}\n${b}`)?.dependency ?? 9) - d) < 6e-5,
      ),
    },
    {
      name: `${name} variants`,
      equal:
        map.variants.length === reference.variants &&
        JSON.stringify(histogram) === JSON.stringify(reference.variant_freq_hist) &&
        reference.top_variants.every(([activities, count]) => counts.get(activities.join("\n")) === count) &&
        repeated.reduce((s, v) => s + v.count, 0) === reference.cases_with_repeated_activity,
    },
  ];
}

type ToolReference = {
  n_success: number;
  n_fail: number;
  min_support_count: number;
  ngrams_success_fail_lift: [string[], number, number, number][];
  dfg: [string, string, number][];
  variants: number;
};

/** Tool sequences of agent traces: the tools called, in order; harness crashes left out. */
export function readToolRuns(folder: string, file: string): (LogCase & { reward: number })[] {
  type Row = {
    trace_id: string;
    task_type: string;
    error?: string;
    reward: number;
    steps: { node: string; tool?: string }[];
  };
  return readLines<Row>(folder, `agent-traces/${file}.jsonl`)
    .filter((r) => !r.error)
    .map((r) => ({
      id: r.trace_id,
      type: r.task_type,
      activities: r.steps.flatMap((s) => (s.tool ? [s.tool] : [])),
      reward: r.reward,
    }));
}

function compareTools(folder: string, name: string, file: string): Comparison[] {
  const reference = readJson<ToolReference>(folder, `sequences/${name}.reference.json`);
  const runs = readToolRuns(folder, file);
  const [good, bad] = [runs.filter((r) => r.reward === 1), runs.filter((r) => r.reward !== 1)];
  const supports = (cases: LogCase[]) => {
    const log = EventLog.from(cases);
    const counter = new NgramCounts(6);
    log.attach(counter);
    return new Map(counter.frequent(1).map((g) => [log.names(g.items).join("\n"), g.support]));
  };
  const [inGood, inBad] = [supports(good), supports(bad)];
  const log = EventLog.from(runs);
  const dfg = new DirectlyFollows();
  log.attach(dfg);
  const map = processMap(log, dfg);
  const edges = new Map(map.edges.map((e) => [`${e.from}\n${e.to}`, e.count]));
  return [
    {
      name: `${name} n-gram supports and lifts`,
      equal:
        good.length === reference.n_success &&
        bad.length === reference.n_fail &&
        reference.ngrams_success_fail_lift.every(([items, s, f, lift]) => {
          const key = items.join("\n");
          const [a, b] = [inGood.get(key) ?? 0, inBad.get(key) ?? 0];
          return a === s && b === f && Math.abs(a / (a + b) / (good.length / runs.length) - lift) < 6e-5;
        }),
    },
    { name: `${name} directly follows`, equal: reference.dfg.every(([a, b, n]) => edges.get(`${a}\n${b}`) === n) },
    { name: `${name} variants`, equal: map.variants.length === reference.variants },
  ];
}

/** Everything in `sequences/` and `process-logs/` that has a reference, compared. */
export function compareWithReferences(folder: string): Comparison[] {
  return [
    ...compareSequences(folder),
    ...PROCESS_LOGS.flatMap((name) => compareMap(folder, name)),
    ...compareTools(folder, "tau_airline_tools", "tau_airline_gpt4o"),
    ...compareTools(folder, "tau_retail_tools", "tau_retail_4strategies"),
  ];
}
