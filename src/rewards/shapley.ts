import { createRng, shuffled } from "../math/rng.js";

/** What one feature added to a prediction. */
export interface RewardContribution {
  feature: string;
  contribution: number;
}

const PERMUTATIONS = 30;

/**
 * Sampled Shapley values: in random orders the features of a background row are exchanged one by one
 * for those of `row`, and each is credited with what the prediction moved.
 * @returns the mean prediction of the background rows used, and one value per feature; together they
 * sum to the prediction of `row`
 */
export function shapleyContributions(
  predict: (rows: readonly Float64Array[]) => Float64Array,
  row: Float64Array,
  background: readonly Float64Array[],
  seed: number,
): { base: number; values: Float64Array } {
  const rng = createRng(seed).fork("shapley");
  const d = row.length;
  const rows: Float64Array[] = [];
  const orders: number[][] = [];
  for (let p = 0; p < PERMUTATIONS; p++) {
    const order = shuffled([...row.keys()], rng);
    const current = background[p % background.length].slice();
    rows.push(current.slice());
    for (const j of order) {
      current[j] = row[j];
      rows.push(current.slice());
    }
    orders.push(order);
  }
  const predicted = predict(rows);
  const values = new Float64Array(d);
  let base = 0;
  orders.forEach((order, p) => {
    const from = p * (d + 1);
    base += predicted[from] / PERMUTATIONS;
    order.forEach((j, k) => {
      values[j] = values[j] + (predicted[from + k + 1] - predicted[from + k]) / PERMUTATIONS;
    });
  });
  return { base, values };
}
