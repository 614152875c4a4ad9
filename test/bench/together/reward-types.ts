import { createRng, type Rng, shuffled } from "../../../src/math/rng.js";
import { type RewardExample, RewardModel } from "../../../src/rewards/index.js";
import { traceSets } from "../reward/trace-sets.js";
import { round } from "../support/bench.js";

/** A young type's judged runs, those of other types, and runs of the young type that measure. */
interface YoungType {
  own: RewardExample[];
  elsewhere: RewardExample[];
  test: RewardExample[];
}

/** Judged runs that a young type has. */
const OWN = [20, 50, 200];
/** How a young type's rewards come about: as those of the others but for details, otherwise, or the other way round. */
const KINDS = ["related", "unrelated", "opposed"] as const;
type Kind = (typeof KINDS)[number];
/** Other types there are. */
const OTHERS = 4;

/** Where a reward falls and rises with what traces tell; each type has weights of its own. */
function weightsOf(kind: Kind, shared: readonly number[], isYoung: boolean, rng: Rng): number[] {
  return shared.map((w) => {
    if (kind === "unrelated") return rng.normal();
    return (kind === "opposed" && isYoung ? -w : w) + 0.3 * rng.normal();
  });
}

/** Runs whose traces tell six things that matter, two that do not, and two of the six together. */
function drawn(type: string, weights: readonly number[], level: number, count: number, rng: Rng): RewardExample[] {
  return Array.from({ length: count }, () => {
    const [length, steps, tokens, tools] = [rng.normal(), rng.normal(), rng.normal(), rng.normal()];
    const [failed, retries] = [Number(rng.next() < 0.3), rng.int(3)];
    const told = [length, steps, tokens, failed, retries - 1, tools];
    const score = told.reduce((sum, v, i) => sum + v * (weights[i] ?? 0), 0) / Math.sqrt(6) + 0.3 * length * steps;
    return {
      features: {
        workflowType: type,
        durationMs: Math.exp(7 + length),
        steps: Math.round(6 + 2 * steps),
        tokensOut: 500 + 150 * tokens,
        error: failed ? "Timeout" : "none",
        retries,
        toolCalls: Math.max(0, Math.round(3 + 2 * tools)),
        loops: rng.next(),
        modelCalls: rng.int(5),
      },
      targets: { reward: Math.min(1, Math.max(0, level + 0.25 * score + 0.12 * rng.normal())) },
    };
  });
}

function world(kind: Kind, seed: number, elsewhere: number, test: number): YoungType {
  const rng = createRng(`reward types ${kind} ${seed}`);
  const shared = Array.from({ length: 6 }, () => rng.normal());
  const runs = (type: string, count: number) => {
    const own = rng.fork(type);
    const weights = weightsOf(kind, shared, type === "young", own);
    return drawn(type, weights, 0.5 + 0.1 * own.normal(), count, own);
  };
  const young = runs("young", Math.max(...OWN) + test);
  return {
    own: young.slice(0, Math.max(...OWN)),
    elsewhere: Array.from({ length: OTHERS }, (_, k) => runs(`other ${k}`, elsewhere / OTHERS)).flat(),
    test: young.slice(Math.max(...OWN)),
  };
}

/** Agents on real tasks, judged from the first half of their steps: one benchmark is young, the others are known. */
function realTypes(folder: string, young: string, seed: number): YoungType {
  const rng = createRng(`real types ${young} ${seed}`);
  const all = traceSets(folder).flatMap((set) =>
    set.rows.map((row, i): RewardExample & { group: string } => {
      const { taskType = "", ...features } = row;
      const targets = { reward: set.y[i] ?? 0 };
      return { features: { workflowType: String(taskType), ...features }, targets, group: set.group[i] ?? "" };
    }),
  );
  const isOwn = (e: RewardExample) => e.features["workflowType"] === young;
  const mine = shuffled(all.filter(isOwn), rng);
  const groups = shuffled([...new Set(mine.map((e) => e.group))], rng);
  const measuring = new Set(groups.slice(0, Math.ceil(groups.length / 2)));
  return {
    own: mine.filter((e) => !measuring.has(e.group)),
    elsewhere: all.filter((e) => !isOwn(e)),
    test: mine.filter((e) => measuring.has(e.group)),
  };
}

const WAYS = ["mean", "cold", "pooled", "warm"] as const;
type Errors = Record<(typeof WAYS)[number], { error: number; rank: number }>;

/** Held-out error and rank correlation of what each way says of the young type, with so many of its runs judged. */
async function errorsOf({ own, elsewhere, test }: YoungType, count: number, seed: number): Promise<Errors> {
  const known = own.slice(0, count);
  const truth = test.map(rewardOf);
  const level = mean(known.map(rewardOf));
  const by = async (rows: readonly RewardExample[], asked: readonly RewardExample[]) => {
    const model = await RewardModel.fit(rows, { seed });
    const said = model.predict(asked.map((e) => e.features)).map((p) => p.mean);
    model.dispose();
    return said;
  };
  const said = {
    mean: truth.map(() => level),
    cold: await by(known, test),
    pooled: await by([...elsewhere, ...known].map(unnamed), test.map(unnamed)),
    warm: await by([...elsewhere, ...known], test),
  };
  const figures = (means: readonly number[]) => ({
    error: Math.sqrt(mean(means.map((m, i) => (m - (truth[i] ?? 0)) ** 2))),
    rank: correlation(ranks(means), ranks(truth)),
  });
  const { mean: level_, cold, pooled, warm } = said;
  return { mean: figures(level_), cold: figures(cold), pooled: figures(pooled), warm: figures(warm) };
}

const rewardOf = (e: RewardExample) => e.targets["reward"] ?? 0;

/** The type as any other category: then no type has a model of its own. */
function unnamed(e: RewardExample): RewardExample {
  const { workflowType, ...features } = e.features;
  return { ...e, features: { ...features, kind: workflowType } };
}

/**
 * What a reward model says of a young type of workflow: from its own runs alone (cold), from all types in one model
 * (pooled), and so that its own rows count beside those of all where these mislead (warm).
 */
export async function youngTypes(folder: string, quick: boolean): Promise<Record<string, unknown>> {
  const out: Record<string, unknown> = {};
  const report = async (name: string, seeds: number, make: (seed: number) => YoungType) => {
    for (const count of OWN) {
      out[`types_${name}_${count}`] = null;
      if (quick && count !== OWN[0]) continue;
      const runs: Errors[] = [];
      for (let seed = 0; seed < seeds; seed++) {
        const young = make(seed);
        if (young.own.length >= count) runs.push(await errorsOf(young, count, seed));
      }
      if (runs.length === 0) continue;
      const figures = Object.fromEntries(
        WAYS.flatMap((way) => [
          [way, round(mean(runs.map((r) => r[way].error)), 4)],
          [`${way}Rank`, round(mean(runs.map((r) => r[way].rank)), 2)],
        ]),
      );
      const costs = runs.map((r) => r.warm.error / r.cold.error - 1);
      const apart = Math.sqrt(mean(costs.map((c) => (c - mean(costs)) ** 2)) / Math.max(1, runs.length - 1));
      const all = { ...figures, warmToCold: round(mean(costs), 4), standardError: round(apart, 4) };
      out[`types_${name}_${count}`] = all;
      console.log(`young type, ${name}, ${count} judged:`, JSON.stringify(all));
    }
  };
  for (const [k, kind] of KINDS.entries())
    await report(kind, quick ? Number(k < 2) : 20, (seed) => world(kind, seed, quick ? 80 : 600, quick ? 100 : 500));
  for (const young of ["tau-airline", "tau-retail", "hotpotqa"])
    await report(young, quick ? 0 : 5, (seed) => realTypes(folder, young, seed));
  return out;
}

const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;

/** Ranks from 0; equal values share theirs. */
function ranks(values: readonly number[]): number[] {
  return values.map((v) => values.reduce((below, w) => below + (w < v ? 1 : w === v ? 0.5 : 0), 0));
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const [p, q] = [mean(a), mean(b)];
  const [cross, square, other] = [
    mean(a.map((v, i) => (v - p) * ((b[i] ?? 0) - q))),
    mean(a.map((v) => (v - p) ** 2)),
    mean(b.map((v) => (v - q) ** 2)),
  ];
  return square * other > 0 ? cross / Math.sqrt(square * other) : 0;
}
