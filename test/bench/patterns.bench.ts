/**
 * Pattern mining: equality with every reference, speed beside PM4Py and the prefixspan package on the
 * same runs, the cost of an incremental update, and blame on annotated failures.
 */
import { createRng } from "../../src/math/rng.js";
import {
  closedSequences,
  DirectlyFollows,
  EventLog,
  frequentSequences,
  type LogCase,
  NgramCounts,
  processMap,
} from "../../src/patterns/index.js";
import { crossValidatedBlame, readFailures } from "../patterns/support/blame-accuracy.js";
import { compareWithReferences, readProcessLog } from "../patterns/support/references.js";
import { type Bench, median, round } from "./support/bench.js";
import { dataFolder } from "./support/data.js";
import { peersPython, runPeer } from "./support/peers.js";

interface BenchLog {
  name: string;
  cases: LogCase[];
  minSupport: number;
}

/** A process of 14 activities with branches, loops and skips; about half of 100,000 runs are alone with their variant. */
function syntheticCases(count: number, seed: string): LogCase[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, (_, i) => {
    const activities: string[] = [];
    let at = 0;
    while (at < 14 && activities.length < 30) {
      activities.push(`step ${at}`);
      const u = rng.next();
      at += u < 0.1 ? -Math.min(at, 2) : u < 0.16 ? 0 : u < 0.75 ? 1 : u < 0.92 ? 2 : 3;
    }
    let t = i * 1000;
    const startMs = activities.map(() => {
      t += rng.int(5000);
      return t;
    });
    return { id: `s${i}`, type: "synthetic", activities, startMs };
  });
}

function timed<T>(repeats: number, work: () => T): { ms: number; result: T } {
  const times: number[] = [];
  let result: T | undefined;
  for (let r = 0; r < repeats; r++) {
    const started = performance.now();
    result = work();
    times.push(performance.now() - started);
  }
  return { ms: median(times), result: result as T };
}

/** The whole of what the peers do, from the raw cases on: interning is part of the price. */
function measure({ cases, minSupport }: BenchLog, repeats: number) {
  // Once unmeasured, so that small logs do not measure the just-in-time compiler.
  const log = EventLog.from(cases);
  frequentSequences(log.variants, log.activities.length, log.size, { minSupport });
  closedSequences(log.variants, log.activities.length, log.size, { minSupport });
  const map = timed(repeats, () => {
    const log = EventLog.from(cases);
    const follows = new DirectlyFollows();
    log.attach(follows);
    return processMap(log, follows);
  });
  const mine = (miner: typeof frequentSequences) =>
    timed(repeats, () => {
      const log = EventLog.from(cases);
      return miner(log.variants, log.activities.length, log.size, { minSupport });
    });
  const all = mine(frequentSequences);
  const closed = mine(closedSequences);
  const us = (ms: number) => (ms * 1000) / cases.length;
  return {
    mapUs: us(map.ms),
    allUs: us(all.ms),
    closedUs: us(closed.ms),
    edges: map.result.edges.length,
    variants: map.result.variants.length,
    all: all.result.length,
    closed: closed.result.length,
  };
}

/** Share of a full count's time that an update by `extra` runs takes, counters kept current. */
function incrementalShare(base: LogCase[], extra: LogCase[], repeats: number) {
  const build = () => {
    const log = new EventLog();
    const follows = new DirectlyFollows();
    const ngrams = new NgramCounts(5);
    log.attach(follows);
    log.attach(ngrams);
    log.add(base);
    return { log, ngrams };
  };
  const full = timed(repeats, build);
  const updates: number[] = [];
  const { log } = full.result;
  for (let r = 0; r < Math.max(3, repeats); r++) {
    const fresh = extra.map((c) => ({ ...c, id: `${c.id}/${r}` }));
    const started = performance.now();
    log.add(fresh);
    updates.push(performance.now() - started);
  }
  return { fullMs: full.ms, updateMs: median(updates), share: median(updates) / full.ms };
}

type Peer = Record<
  string,
  Record<string, { us_per_trace: number; edges?: number; variants?: number; patterns?: number }>
>;

const bench: Bench = async ({ quick }) => {
  const folder = dataFolder();
  if (!folder) console.log("No evaluation data (LEARNING_DATA): references and real logs are left out.");
  const compared = folder ? compareWithReferences(folder) : [];
  for (const c of compared.filter((x) => !x.equal)) console.log(`DIFFERS FROM REFERENCE: ${c.name}`);

  const large = syntheticCases(quick ? 20_000 : 100_000, "large");
  const logs: BenchLog[] = [
    ...(folder ? ["receipt", "helpdesk", "bpic2013_incidents"] : []).map((name) => {
      const cases = readProcessLog(folder as string, name);
      return { name, cases, minSupport: Math.ceil(cases.length * (name.startsWith("bpic") ? 0.3 : 0.05)) };
    }),
    { name: "synthetic", cases: large, minSupport: Math.ceil(large.length * 0.6) },
  ];
  const repeats = quick ? 3 : 7;
  const own = new Map(logs.map((l) => [l.name, measure(l, l.cases.length > 10_000 ? 3 : repeats)]));

  const withPeers = !quick && peersPython() !== undefined;
  const peer = withPeers
    ? await runPeer<Peer>("peer_patterns.py", {
        repeats: 3,
        logs: logs.map((l) => {
          const log = EventLog.from(l.cases);
          return {
            name: l.name,
            activities: log.activities,
            min_support: l.minSupport,
            cases: l.cases.map((c) => ({ a: c.activities.map((a) => log.activity(a)), t: c.startMs })),
          };
        }),
      })
    : undefined;
  for (const [name, o] of own) {
    const theirs = peer && {
      pm4pyUs: round(peer.pm4py?.[name]?.us_per_trace ?? Number.NaN, 1),
      prefixspanUs: round(peer.prefixspan?.[name]?.us_per_trace ?? Number.NaN, 1),
      prefixspanClosedUs: round(peer.prefixspan_closed?.[name]?.us_per_trace ?? Number.NaN, 1),
      sameEdges: peer.pm4py?.[name]?.edges === o.edges,
      sameVariants: peer.pm4py?.[name]?.variants === o.variants,
      sameAll: peer.prefixspan?.[name]?.patterns === o.all,
      samePrefixspanClosed: peer.prefixspan_closed?.[name]?.patterns === o.closed,
    };
    console.log(name, {
      ...o,
      mapUs: round(o.mapUs, 2),
      allUs: round(o.allUs, 2),
      closedUs: round(o.closedUs, 2),
      ...theirs,
    });
  }

  const incremental = incrementalShare(large, syntheticCases(quick ? 200 : 1000, "extra"), 3);
  console.log("incremental", incremental);
  const blame = folder ? crossValidatedBlame(readFailures(folder), 10, 10) : undefined;
  console.log("blame, 10-fold cross-validated, mean of 10 splits", blame);

  const synthetic = own.get("synthetic") as ReturnType<typeof measure>;
  const overLogs = (pick: (name: string) => number) => round(median(logs.map((l) => pick(l.name))), 2);
  const of = (name: string) => own.get(name) as ReturnType<typeof measure>;
  return {
    referencesEqual: compared.filter((c) => c.equal).length,
    references: compared.length,
    usPerTrace: overLogs((n) => of(n).mapUs + of(n).allUs),
    usPerTraceMap: overLogs((n) => of(n).mapUs),
    usPerTraceAll: overLogs((n) => of(n).allUs),
    usPerTraceClosed: overLogs((n) => of(n).closedUs),
    peers: peer
      ? {
          pm4py: overLogs((n) => peer.pm4py?.[n]?.us_per_trace ?? Number.NaN),
          prefixspan: overLogs((n) => peer.prefixspan?.[n]?.us_per_trace ?? Number.NaN),
        }
      : {},
    usPerTraceLarge: round(synthetic.mapUs + synthetic.allUs, 2),
    largeTraces: large.length,
    peersLarge: peer
      ? {
          pm4py: round(peer.pm4py?.synthetic?.us_per_trace ?? Number.NaN, 2),
          prefixspan: round(peer.prefixspan?.synthetic?.us_per_trace ?? Number.NaN, 2),
        }
      : {},
    incrementalShare: round(incremental.share, 4),
    ...(blame && {
      blame: Object.fromEntries(Object.entries(blame).map(([k, v]) => [k, round(v.agentAccuracy, 3)])),
    }),
  };
};

export default bench;
