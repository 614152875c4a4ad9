import { fitEncoder } from "../../src/dataset/index.js";
import { createRng, type Rng } from "../../src/math/rng.js";
import { type RoutingPolicy, restorePolicy } from "../../src/policies/index.js";
import {
  type Contribution,
  contributionOf,
  type FederatedRow,
  type FederationPlan,
  lambdaForNoise,
  type Merged,
  merge,
  mergeRobust,
  policyOf,
  release,
} from "../../src/together/index.js";
import { type BanditSet, banditSets } from "./bandits/sets.js";
import { vwSet } from "./bandits/vw.js";
import { type Bench, median, round } from "./support/bench.js";
import { dataFolder } from "./support/data.js";
import { peersPython, runPeer } from "./support/peers.js";
import { CHANGES, changingLife, changingStream, recovery, WAYS } from "./together/changing.js";
import { jointWorlds } from "./together/joint.js";
import { lessonsFromPrompts } from "./together/lessons.js";
import { youngTypes } from "./together/reward-types.js";
import {
  type GroupWorld,
  halves,
  MARKS,
  numbersOnly,
  oneGroup,
  type Start,
  type YoungPoint,
  youngLife,
} from "./together/warm.js";

const SITES = [2, 10, 50];
const EPSILONS = [1, 4, 8];
const DELTA = 1e-5;
/** Rows longer than this are scaled down where noise is to hide them. */
const ROW_NORM = 3;

/** A set with its plan: the first half of the rows are logged at sites, the second half measures. */
interface World {
  set: BanditSet;
  plan: FederationPlan;
  train: number[];
  test: number[];
}

/**
 * Federated learning over sites that see the classes unevenly: how far the merged model is from the pooled one, what
 * each earns on held-out rows beside what sites earn alone, the loss with noise, and the loss with a site that lies; warm
 * starts, of points, reward models and prompts; worlds that change; two decision points of the same runs.
 */
const together: Bench = async ({ quick }) => {
  const folder = dataFolder();
  if (!folder) throw new Error("The evaluation data is missing. Set LEARNING_DATA to its folder.");
  const names = ["iris", "vehicle", "segment", "satellite", "mushroom"];
  const wanted = quick ? names.slice(0, 2) : names;
  const sets = banditSets(folder).filter((s) => wanted.includes(s.name));
  const seeds = quick ? 1 : 5;
  const figures: Record<string, unknown> = {};
  for (const set of sets) {
    for (const count of SITES) {
      const runs = Array.from({ length: seeds }, (_, seed) => federated(worldOf(set, seed), count, seed));
      const of = (key: keyof ReturnType<typeof federated>) => round(median(runs.map((r) => r[key])), 4);
      for (const key of Object.keys(runs[0] ?? {}) as (keyof ReturnType<typeof federated>)[])
        figures[`${set.name}_${count}_${key}`] =
          key === "largestDifference" ? Math.max(...runs.map((r) => r[key])) : of(key);
      console.log(
        `${set.name}, ${count} sites: alone ${of("local")}, merged ${of("merged")}, pooled ${of("pooled")}; ` +
          `epsilon 1/4/8: ${of("private1")}/${of("private4")}/${of("private8")}; ` +
          `one in ten lies: plain ${of("liedPlain")}, robust ${of("liedRobust")}; ${of("bytesPerSite")} bytes a site`,
      );
    }
  }
  figures.largestDifference = Math.max(
    ...Object.entries(figures)
      .filter(([k]) => k.endsWith("largestDifference"))
      .map(([, v]) => Number(v)),
  );
  // What a quick run leaves out has its key all the same.
  const [first = ""] = wanted;
  for (const name of names.filter((n) => !wanted.includes(n)))
    for (const key of Object.keys(figures).filter((k) => k.startsWith(`${first}_`)))
      figures[name + key.slice(first.length)] = null;
  Object.assign(figures, warmStarts(folder, quick), changingWorlds(folder, quick));
  Object.assign(figures, await youngTypes(folder, quick), await lessonsFromPrompts(quick));
  Object.assign(figures, await peersInChangingWorlds(folder, quick));
  Object.assign(figures, await (quick ? jointWorlds(1, 1) : jointWorlds(10, 15)));
  return figures;
};
export default together;

/** What young points earn in their first decisions, cold, warm, and by fixed weights, of which the best is an oracle's. */
function warmStarts(folder: string, quick: boolean): Record<string, unknown> {
  const sets = banditSets(folder);
  const setOf = (name: string) => {
    const found = sets.find((s) => s.name === name);
    if (!found) throw new Error(`The set ${name} is missing.`);
    return found;
  };
  const nine = numbersOnly(setOf("9 models"));
  const tables = quick
    ? { iris: 1, vehicle: 0, segment: 0, satellite: 0 }
    : { iris: 60, vehicle: 60, segment: 3, satellite: 3 };
  const tasks = [...new Set(nine.groups)].slice(0, quick ? 1 : undefined);
  const amid = (world: GroupWorld) => tasks.map((task) => oneGroup(nine, task, world));
  const worlds: Record<string, YoungPoint[]> = {
    nine_tasks: amid("related"),
    nine_tasks_unrelated: amid("unrelated"),
    nine_tasks_strangers: amid("strangers"),
  };
  for (const [name, seeds] of Object.entries(tables))
    for (const unrelated of [false, true])
      worlds[`${name}_${unrelated ? "unrelated" : "related"}`] = Array.from({ length: seeds }, (_, s) =>
        halves(setOf(name), `warm ${s}`, unrelated),
      );
  const out: Record<string, unknown> = {};
  for (const [world, points] of Object.entries(worlds)) {
    if (points.length === 0) {
      for (const mark of MARKS) out[`${world}_${mark}`] = null;
      continue;
    }
    const mean = (start: Start, mark: number) =>
      lives.get(start)?.reduce((sum, l, _, all) => sum + (l[mark] ?? 0) / all.length, 0) ?? 0;
    // Where nothing is related, no prior is better than none.
    const fixed = /unrelated|strangers/.test(world) ? [1] : [0.05, 0.2, 0.5, 1];
    const starts: Start[] = ["cold", "warm", ...fixed];
    // The noise of single answers is large beside what tasks teach each other: over 168 lives the standard error of the
    // way was a fifth of it.
    const again = quick || !world.startsWith("nine_tasks") ? 1 : world === "nine_tasks" ? 36 : 12;
    const lives = new Map(
      starts.map((start) => [
        start,
        points.flatMap((point, p) =>
          Array.from({ length: again }, (_, s) => youngLife(point, start, `young ${p} ${s}`)),
        ),
      ]),
    );
    for (const mark of MARKS) {
      const [cold, warm, pooled] = [mean("cold", mark), mean("warm", mark), mean(1, mark)];
      const oracle = Math.max(cold, ...fixed.map((w) => mean(w, mark)));
      const way = oracle - cold > 0.005 ? round((warm - cold) / (oracle - cold)) : null;
      const figures = {
        cold: round(cold, 4),
        warm: round(warm, 4),
        pooled: round(pooled, 4),
        oracle: round(oracle, 4),
        way,
        cost: round(1 - warm / cold, 4),
      };
      out[`${world}_${mark}`] = figures;
      console.log(`warm start, ${world}, first ${mark}:`, JSON.stringify(figures));
    }
  }
  return out;
}

/** The sets whose worlds change; a quick run changes one of them at once. */
const CHANGING = ["iris", "vehicle", "segment"];
const isLeftOut = (name: string, change: (typeof CHANGES)[number]) => name !== CHANGING[0] || change !== "abrupt";

/** The same worlds for Vowpal Wabbit, where it is installed: of its ways the one that earns most after the change, in hindsight. */
async function peersInChangingWorlds(folder: string, quick: boolean): Promise<Record<string, unknown>> {
  const out: Record<string, unknown> = {};
  for (const set of banditSets(folder).filter((s) => CHANGING.includes(s.name)))
    for (const change of CHANGES) {
      out[`changing_${set.name}_${change}_vw`] = null;
      if (!peersPython() || (quick && isLeftOut(set.name, change))) continue;
      const worlds = Array.from({ length: quick ? 1 : 3 }, (_, s) => {
        const stream = changingStream(set, change, `changing ${s}`);
        const contexts = stream.map(({ example }) => set.contexts[example] ?? {});
        const world = { ...set, contexts, rewards: stream.map((at) => at.rewards) };
        return { ...vwSet(world, [stream.map((_, t) => t)]), name: `${s}`, keep: true };
      });
      type Lives = Record<string, Record<string, { rewards: number[] }[]>>;
      const answer = await runPeer<Lives>("peer_vw.py", { sets: worlds });
      const ways = Object.keys(answer["0"] ?? {}).map((way) => {
        const lives = Object.values(answer).flatMap((life) => (life[way] ?? []).map((l) => recovery(l.rewards)));
        const after = round(lives.reduce((sum, l) => sum + l.after, 0) / lives.length, 4);
        return { way, until: median(lives.map((l) => l.until)), after };
      });
      const best = ways.sort((a, b) => b.after - a.after)[0];
      out[`changing_${set.name}_${change}_vw`] = best;
      console.log(`${set.name}, ${change} change, Vowpal Wabbit:`, JSON.stringify(best));
    }
  return out;
}

/** Worlds that change: how long until what was lost is back, and what is earned meanwhile. */
function changingWorlds(folder: string, quick: boolean): Record<string, unknown> {
  const sets = banditSets(folder);
  const out: Record<string, unknown> = {};
  for (const name of CHANGING)
    for (const change of CHANGES)
      for (const way of WAYS) {
        const set = sets.find((s) => s.name === name);
        out[`changing_${name}_${change}_${way}`] = null;
        if (!set || (quick && isLeftOut(name, change))) continue;
        const lives = Array.from({ length: quick ? 1 : 3 }, (_, s) => changingLife(set, change, way, `changing ${s}`));
        const sum = (key: "after" | "told" | "false") => lives.reduce((total, l) => total + l[key], 0);
        const figures = {
          until: median(lives.map((l) => l.until)),
          after: round(sum("after") / lives.length, 4),
          told: sum("told"),
          false: sum("false"),
        };
        out[`changing_${name}_${change}_${way}`] = figures;
        console.log(`${name}, ${change} change, ${way}:`, JSON.stringify(figures));
      }
  return out;
}

function worldOf(set: BanditSet, seed: number): World {
  const rng = createRng(`world ${seed}`);
  const order = set.contexts.map((_, i) => i).map((i) => [rng.next(), i] as const);
  const shuffledRows = order.sort(([a], [b]) => a - b).map(([, i]) => i);
  const half = Math.floor(shuffledRows.length / 2);
  const plan = {
    decisionPoint: set.name,
    encoder: fitEncoder(set.contexts).snapshot(),
    destinations: set.candidates,
    rowNorm: ROW_NORM,
  };
  return { set, plan, train: shuffledRows.slice(0, half), test: shuffledRows.slice(half) };
}

/** What was logged at a site: every destination drawn alike, its reward seen. A liar turns rewards round. */
function rowsOf({ set }: World, indices: readonly number[], rng: Rng, lies = false): FederatedRow[] {
  return indices.flatMap((i) => {
    const at = rng.int(set.candidates.length);
    const [context, chosen, reward] = [set.encoded[i], set.candidates[at], set.rewards[i]?.[at]];
    return context && chosen !== undefined && reward !== undefined
      ? [{ context, chosen, reward: lies ? 1 - reward : reward }]
      : [];
  });
}

/** Rows by site, unevenly: each class is at home at a tenth of the sites, where four in five of its rows are. */
function splitByClass({ set, train }: World, count: number, rng: Rng): number[][] {
  const sites = Array.from({ length: count }, () => [] as number[]);
  for (const i of train) {
    const best = set.rewards[i]?.indexOf(Math.max(...(set.rewards[i] ?? [0]))) ?? 0;
    const home = Math.floor((best / set.candidates.length) * count);
    const near = Math.max(1, Math.round(count / 10));
    const site = rng.next() < 0.8 ? (home + rng.int(near)) % count : rng.int(count);
    sites[site]?.push(i);
  }
  return sites;
}

function federated(world: World, count: number, seed: number) {
  const rng = createRng(`split ${seed} ${count}`);
  const { plan } = world;
  const parts = splitByClass(world, count, rng).map((indices) => rowsOf(world, indices, rng));
  const contributions = parts.map((rows, i) => contributionOf(plan, `s${i}`, rows));
  const pooled = policyFrom(plan, merge(plan, [contributionOf(plan, "all", parts.flat())]));
  const merged = policyFrom(plan, merge(plan, contributions));
  const local = contributions
    .filter((_, i) => (parts[i]?.length ?? 0) > 0)
    .map((c) => policyFrom(plan, merge(plan, [c])));
  const liars = Math.max(1, Math.round(count / 10));
  const lied = [
    ...contributions.slice(liars),
    ...Array.from({ length: liars }, (_, i) => {
      const everything = rowsOf(world, world.train, createRng(`liar ${seed} ${i}`), true);
      return contributionOf(plan, `liar${i}`, everything);
    }),
  ];
  const [p1, p4, p8] = EPSILONS.map((epsilon) => earned(world, privately(plan, contributions, epsilon)));
  return {
    largestDifference: apart(world, merged, pooled),
    local: local.reduce((s, p) => s + earned(world, p), 0) / local.length,
    merged: earned(world, merged),
    pooled: earned(world, pooled),
    ...{ private1: p1 ?? Number.NaN, private4: p4 ?? Number.NaN, private8: p8 ?? Number.NaN },
    // Of two sites nobody can say which one lies.
    liedPlain: count < 3 ? Number.NaN : earned(world, policyFrom(plan, merge(plan, lied))),
    liedRobust: count < 3 ? Number.NaN : earned(world, policyFrom(plan, mergeRobust(plan, lied))),
    bytesPerSite: JSON.stringify(contributions[0]).length,
  };
}

const policyFrom = (plan: FederationPlan, merged: Merged, lambda = 1) =>
  restorePolicy(policyOf(plan, merged, { lambda }).policy);

function privately(plan: FederationPlan, contributions: readonly Contribution[], epsilon: number): RoutingPolicy {
  const rng = createRng(`noise ${epsilon}`);
  const made = contributions.map((c) => release(plan, c, { epsilon, delta: DELTA }, () => Math.max(1e-12, rng.next())));
  const merged = merge(
    plan,
    made.map((m) => m.contribution),
    { noisy: true },
  );
  return policyFrom(plan, merged, lambdaForNoise(made[0]?.noise ?? 0, merged.size, made.length));
}

/** Mean held-out reward of the destination that is expected to earn the most. */
function earned({ set, test }: World, policy: RoutingPolicy): number {
  const { candidates } = set;
  let sum = 0;
  for (const i of test) {
    const context = set.encoded[i];
    if (!context) continue;
    const means = policy.predict({ context, candidates }).map((e) => e.mean);
    sum += set.rewards[i]?.[means.indexOf(Math.max(...means))] ?? 0;
  }
  return sum / test.length;
}

function apart({ set, test }: World, p: RoutingPolicy, q: RoutingPolicy): number {
  let most = 0;
  for (const i of test.slice(0, 200)) {
    const context = set.encoded[i];
    if (!context) continue;
    const other = q.predict({ context, candidates: set.candidates });
    p.predict({ context, candidates: set.candidates }).forEach((e, at) => {
      most = Math.max(most, Math.abs(e.mean - (other[at]?.mean ?? Number.NaN)));
    });
  }
  return most;
}
