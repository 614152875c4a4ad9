import type { DecisionContext } from "../core/index.js";
import { placesBy } from "../core/places-by.js";
import { fitTarget, LEAST_ROWS, type TargetData, type TargetModel, type TargetSnapshot } from "./target-model.js";

/** The feature that names a run's type, as `traceFeatures` gives it. */
const TYPE = "workflowType";
/** With more rows of a type, what all types say together is as good as a model of its own. */
const MOST_ROWS = 400;
/** Types that get a model of their own at most, those with the fewest rows first. */
const MOST_TYPES = 20;

/** What runs of one type say by themselves, and how much that counts beside what all types say together. */
export interface OwnModel {
  type: string;
  /** In (0,1]; what all types say has the rest. */
  weight: number;
  model: TargetModel;
}

/** A model of one type, and its weight beside that of all types, as plain JSON. */
export interface OwnModelSnapshot {
  type: string;
  weight: number;
  target: TargetSnapshot;
}

/** The type of a run; undefined where its features name none. */
export function typeOf(features: DecisionContext): string | undefined {
  const type = features[TYPE];
  return typeof type === "string" ? type : undefined;
}

/** Predictions with the disagreement behind each. */
export interface Spread {
  mean: Float64Array;
  spread: Float64Array;
}

/**
 * Young types whose own rows predict them better than all types together do. How much better is measured on their own
 * rows, out of fold: where others are like them, that is nowhere, and where others mislead, it is from the first rows on.
 * @param pooled out of fold, from all types together
 */
export async function fitOwn(
  data: TargetData,
  types: readonly (string | undefined)[],
  pooled: Float64Array,
): Promise<{ own: OwnModel; rows: number[] }[]> {
  const found: { own: OwnModel; rows: number[] }[] = [];
  for (const { type, rows } of youngTypes(types)) {
    const y = Float64Array.from(rows, (i) => data.y[i]);
    const part = { ...data, x: rows.map((i) => data.x[i]), y, group: rows.map((i) => data.group[i]) };
    const model = await fitTarget({ ...part, onProgress: () => {} });
    const together = Float64Array.from(rows, (i) => pooled[i]);
    const weight = ownWeight(together, model.outOfFold?.mean ?? together, y);
    if (weight > 0) found.push({ own: { type, weight, model }, rows });
    else model.dispose();
  }
  return found;
}

function youngTypes(types: readonly (string | undefined)[]): { type: string; rows: number[] }[] {
  const named = [...placesBy(types, (type) => type)].flatMap(([type, rows]) =>
    type === undefined ? [] : [{ type, rows }],
  );
  if (named.length < 2) return [];
  return named
    .filter(({ rows }) => rows.length >= LEAST_ROWS && rows.length <= MOST_ROWS)
    .sort((a, b) => a.rows.length - b.rows.length)
    .slice(0, MOST_TYPES);
}

/**
 * The weight in [0,1] of a second prediction beside a first one, with which their mixture has the smallest squared error.
 * @param first out of fold, as `second`; aligned with `y`
 */
export function ownWeight(first: Float64Array, second: Float64Array, y: Float64Array): number {
  let [shared, square] = [0, 0];
  y.forEach((value, i) => {
    const apart = second[i] - first[i];
    shared += (value - first[i]) * apart;
    square += apart * apart;
  });
  return square > 0 ? Math.min(1, Math.max(0, shared / square)) : 0;
}

/** Mixes what a model of some rows alone says of them into what all types say. Changes `all`. @param alone aligned with `rows` */
export function mixIn(all: Spread, rows: readonly number[], alone: Spread, weight: number): void {
  const pick = (of: Float64Array) => Float64Array.from(rows, (i) => of[i]);
  const both = mixed({ mean: pick(all.mean), spread: pick(all.spread) }, alone, weight);
  rows.forEach((i, k) => {
    all.mean[i] = both.mean[k];
    all.spread[i] = both.spread[k];
  });
}

/** The mixture of two predictions, and the standard deviation of all members around it. */
export function mixed(first: Spread, second: Spread, weight: number): Spread {
  const spread = first.spread.map((s, i) => {
    const apart = second.mean[i] - first.mean[i];
    return Math.sqrt((1 - weight) * s * s + weight * second.spread[i] ** 2 + weight * (1 - weight) * apart * apart);
  });
  return { mean: first.mean.map((p, i) => (1 - weight) * p + weight * second.mean[i]), spread };
}
