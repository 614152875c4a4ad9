import type { DecisionContext } from "../../../src/core/index.js";
import { fitEncoder } from "../../../src/dataset/index.js";
import { createRng, shuffled } from "../../../src/math/rng.js";
import { groupedFolds, mixtureWeights } from "../../../src/rewards/blend.js";
import { defaultMembers } from "../../../src/rewards/members/index.js";
import { round } from "../support/bench.js";
import type { RewardSet } from "./sets.js";

const FOLDS = 5;
const MOST_TESTED = 600;

/** What a member is worth to the blend. */
export interface MemberWorth {
  /** Mean over sets of how much larger the blend's error is without it, in per cent; with its standard error over sets. */
  lossPercent: number;
  standardError: number;
  /** The same where few or many runs are rated. */
  bySize: Record<string, number>;
  /** Its mean weight, and its share of all members' processor time. */
  weight: number;
  timeShare: number;
}

/**
 * Leaves each member out of the blend in turn. Members are fitted once on a draw of rows, out of fold for the weights and
 * on all of it for the test rows; without one the others' weights are found anew. Draws are by group, so that no group
 * stands on both sides.
 */
export async function ablation(
  sets: readonly RewardSet[],
  { sizes, seeds }: { sizes: readonly number[]; seeds: readonly number[] },
): Promise<Record<string, MemberWorth>> {
  const kinds = defaultMembers().map((m) => m.kind);
  const losses = kinds.map(() => [] as { set: string; size: number; loss: number; weight: number }[]);
  const times = kinds.map(() => 0);
  for (const set of sets)
    for (const size of sizes)
      for (const seed of seeds) {
        const { train, test } = drawn(set, size, seed);
        if (train.length < size || test.length < 50) continue;
        const { outOfFold, tested } = await fitted(set, train, test, seed, times);
        const [known, truth] = [Float64Array.from(train, (i) => set.y[i]), Float64Array.from(test, (i) => set.y[i])];
        const whole = mixtureWeights(outOfFold, known);
        const error = rmse(blend(tested, whole), truth);
        const line: string[] = [];
        for (const k of kinds.keys()) {
          const others = kinds.flatMap((_, j) => (j === k ? [] : [j]));
          const weights = mixtureWeights(
            others.map((j) => outOfFold[j]),
            known,
          );
          const without = rmse(
            blend(
              others.map((j) => tested[j]),
              weights,
            ),
            truth,
          );
          losses[k].push({ set: set.set, size, loss: 100 * Math.log(without / error), weight: whole[k] });
          line.push(`${kinds[k]} ${losses[k].at(-1)?.loss.toFixed(2)}`);
        }
        console.log(`without, % ${set.set}/${set.target} n=${size} seed ${seed}: ${line.join(", ")}`);
      }
  const total = times.reduce((a, b) => a + b, 0);
  return Object.fromEntries(
    kinds.map((kind, k) => {
      const all = losses[k];
      const bySet = [...new Set(all.map((l) => l.set))].map((s) =>
        mean(all.filter((l) => l.set === s).map((l) => l.loss)),
      );
      const spread = Math.sqrt(bySet.reduce((a, v) => a + (v - mean(bySet)) ** 2, 0) / Math.max(1, bySet.length - 1));
      const worth: MemberWorth = {
        lossPercent: round(mean(bySet), 3),
        standardError: round(spread / Math.sqrt(bySet.length), 3),
        bySize: Object.fromEntries(
          sizes.map((n) => [n, round(mean(all.filter((l) => l.size === n).map((l) => l.loss)), 3)]),
        ),
        weight: round(mean(all.map((l) => l.weight))),
        timeShare: round((times[k] ?? 0) / total),
      };
      return [kind, worth];
    }),
  );
}

function drawn(set: RewardSet, size: number, seed: number) {
  const train: number[] = [];
  const test: number[] = [];
  const groups = shuffled([...new Set(set.group)], createRng(`ablation ${seed}`));
  const rows = new Map(groups.map((g) => [g, [] as number[]]));
  set.group.forEach((g, i) => {
    rows.get(g)?.push(i);
  });
  for (const g of groups) (train.length < size ? train : test).push(...(rows.get(g) ?? []));
  return { train: train.slice(0, size), test: test.slice(0, MOST_TESTED) };
}

/** Each member's predictions out of fold and of the test rows; adds what each took to `times`. */
async function fitted(
  set: RewardSet,
  train: readonly number[],
  test: readonly number[],
  seed: number,
  times: number[],
) {
  const features = (i: number) => set.rows[i] as DecisionContext;
  const encoder = fitEncoder(train.map(features), {
    ...{ vocabulary: 100, textBuckets: 16, topics: 0, maxLevels: 0, maxCategories: 32 },
  });
  const dense = (i: number) => {
    const row = new Float64Array(encoder.dim);
    const { indices, values } = encoder.encode(features(i));
    indices.forEach((at, k) => {
      row[at] = values[k];
    });
    return row;
  };
  const [x, z] = [train.map(dense), test.map(dense)];
  const y = Float64Array.from(train, (i) => set.y[i]);
  const fold = groupedFolds(
    train.map((i) => set.group[i]),
    FOLDS,
    seed,
  );
  const outOfFold: Float64Array[] = [];
  const tested: Float64Array[] = [];
  for (const [k, member] of defaultMembers().entries()) {
    const before = process.cpuUsage();
    const own = new Float64Array(x.length);
    for (let f = 0; f < FOLDS; f++) {
      const [a, b] = [[...x.keys()].filter((i) => fold[i] !== f), [...x.keys()].filter((i) => fold[i] === f)];
      if (a.length === 0 || b.length === 0) continue;
      const model = await member.fit({ x: a.map((i) => x[i]), y: Float64Array.from(a, (i) => y[i]), seed });
      model.predict(b.map((i) => x[i])).forEach((v, j) => {
        own[b[j]] = v;
      });
      model.dispose();
    }
    const model = await member.fit({ x, y, seed });
    outOfFold.push(own);
    tested.push(model.predict(z));
    model.dispose();
    const { user, system } = process.cpuUsage(before);
    times[k] = (times[k] ?? 0) + (user + system) / 1e6;
  }
  return { outOfFold, tested };
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
const blend = (predictions: readonly Float64Array[], weights: ArrayLike<number>) =>
  Float64Array.from(predictions[0] ?? [], (_, i) => predictions.reduce((sum, p, k) => sum + weights[k] * p[i], 0));
const rmse = (p: Float64Array, y: Float64Array) =>
  Math.sqrt(p.reduce((a, v, i) => a + (v - y[i]) ** 2, 0) / Math.max(1, y.length));
