import { createRng, shuffled } from "../../src/math/rng.js";
import type { PolicySpec } from "../../src/policies/index.js";
import { createPolicy } from "../../src/policies/index.js";
import type { Marks } from "./bandits/play.js";
import { averaged, play, regretPerGroup } from "./bandits/play.js";
import { banditSets } from "./bandits/sets.js";
import type { VwSet } from "./bandits/vw.js";
import { vwSet } from "./bandits/vw.js";
import type { Bench } from "./support/bench.js";
import { round } from "./support/bench.js";
import { dataFolder } from "./support/data.js";
import { peersPython, runPeer } from "./support/peers.js";

type Unbound = PolicySpec extends infer S ? (S extends PolicySpec ? Omit<S, "dim"> : never) : never;

/** Our policies, all with their defaults. */
const OURS: Record<string, Unbound> = {
  auto: { kind: "auto" },
  squarecb: { kind: "squarecb" },
  linucb: { kind: "linucb" },
  thompson: { kind: "thompson" },
  "epsilon-greedy": { kind: "epsilon-greedy" },
  softmax: { kind: "softmax" },
  nonlinear: { kind: "nonlinear" },
};
/** Orders that the other policies get; auto and Vowpal Wabbit get all. */
const ORDERS_OF_OTHERS = 3;

/**
 * Full-information sets played as bandits, beside Vowpal Wabbit on the same examples in the same orders.
 * Trials on all of these sets, some in the orders used here, informed the defaults of auto at some time:
 * none is held back.
 */
const bandits: Bench = async ({ quick }) => {
  const folder = dataFolder();
  if (!folder) throw new Error("The evaluation data is missing. Set LEARNING_DATA to its folder.");
  const wanted = quick ? ["iris", "vehicle", "gsm8k", "mtbench"] : undefined;
  const sets = banditSets(folder).filter((s) => !wanted || wanted.includes(s.name));
  const shuffles = quick ? 2 : 10;
  const ordersOf = (count: number): number[][] =>
    Array.from({ length: shuffles }, (_, i) =>
      shuffled(
        Array.from({ length: count }, (_, j) => j),
        createRng(`shuffle ${i}`),
      ),
    );
  const orders = new Map(sets.map((s) => [s.name, ordersOf(s.contexts.length)]));
  const peer = peersPython()
    ? runPeer<Record<string, Record<string, Marks[]>>>("peer_vw.py", {
        sets: sets.map((s): VwSet => vwSet(s, orders.get(s.name) as number[][])),
      })
    : undefined;
  peer?.catch(() => undefined);

  const ours = new Map<string, Record<string, Marks>>();
  for (const set of sets) {
    const dim = set.encoded[0]?.dim;
    const results: Record<string, Marks> = {};
    for (const [name, spec] of Object.entries(OURS)) {
      if (quick && name !== "auto") continue;
      const runs = orders.get(set.name)?.slice(0, name === "auto" ? shuffles : ORDERS_OF_OTHERS) ?? [];
      results[name] = averaged(
        await Promise.all(
          runs.map(async (order, i) => play(set, createPolicy({ ...spec, dim, seed: i } as PolicySpec), order, i)),
        ),
      );
      console.log(`${set.name.padEnd(10)} ${name.padEnd(16)} ${describe(results[name])}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    ours.set(set.name, results);
  }

  const vw = await peer;
  const rows = sets.map((set) => {
    const results = ours.get(set.name) as Record<string, Marks>;
    const configurations = Object.entries(vw?.[set.name] ?? {}).map(([name, runs]) => [name, averaged(runs)] as const);
    for (const [name, marks] of configurations)
      console.log(`${set.name.padEnd(10)} vw ${name.padEnd(18)} ${describe(marks)}`);
    const auto = results.auto;
    const best = configurations.length ? Math.max(...configurations.map(([, m]) => m.all)) : undefined;
    return {
      set: set.name,
      decisions: set.contexts.length,
      policies: Object.fromEntries(Object.entries(results).map(([n, m]) => [n, round(m.all, 4)])),
      after: { first200: round(auto.first200, 4), first1000: round(auto.first1000, 4), last500: round(auto.last, 4) },
      autoSpread: round(auto.spread ?? 0, 4),
      vw: Object.fromEntries(configurations.map(([n, m]) => [n, round(m.all, 4)])),
      bestVw: best === undefined ? undefined : round(best, 4),
      ratio: best === undefined ? undefined : round(auto.all / best, 4),
      reference: round(set.reference, 4),
      referenceKind: set.referenceKind,
      aboveReference: auto.all >= set.reference,
      regretToBestPerGroup: set.groups && round(regretPerGroup(set, auto.last), 4),
    };
  });
  const compared = rows.filter((r) => r.bestVw !== undefined);
  return {
    sets: rows,
    meanRatioToBestVw: compared.length
      ? round(compared.reduce((s, r) => s + (r.ratio as number), 0) / compared.length, 4)
      : undefined,
    setsAtOrAboveBestVw: compared.filter((r) => (r.ratio as number) >= 1).length,
    setsInAll: rows.length,
    setsAboveOnlineReference: rows.filter((r) => r.referenceKind === "online" && r.aboveReference).length,
    setsWithOnlineReference: rows.filter((r) => r.referenceKind === "online").length,
    shuffles,
  };
};

const describe = (m: Marks): string =>
  `200: ${m.first200.toFixed(4)}  1000: ${m.first1000.toFixed(4)}  all: ${m.all.toFixed(4)}  last 500: ${m.last.toFixed(4)}`;

export default bandits;
