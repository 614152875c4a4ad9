import { createRng, type Rng, shuffled } from "../../math/rng.js";
import { restoreForest, TreeForest } from "./forest.js";
import type { RewardMember, TrainingData } from "./member.js";
import { type Tree, TreeBuilder } from "./tree.js";

/** How trees grow for a number of rows: few shallow ones for little data, deeper ones where there is more to find. */
function settingsFor(rows: number) {
  return rows < 1000
    ? { trees: 200, learningRate: 0.025, depth: 3, minLeaf: 5 }
    : { trees: 400, learningRate: 0.05, depth: 6, minLeaf: 3 };
}

const ROW_SHARE = 0.6;
const FEATURE_SHARE = 0.6;
/** Squared penalty on leaf values, in rows. */
const L2 = 1;
const BINS = 64;

/**
 * Stochastic gradient boosting of squared error (Friedman, 2002) over histograms of 64 quantile
 * bins: many shallow trees with small steps, which suits the few hundred ratings that a team has.
 */
export function boostedTrees(): RewardMember {
  return {
    kind: "boosted-trees",
    async fit(data) {
      const { x, y, seed, cancelled } = data;
      const n = x.length;
      const settings = settingsFor(n);
      const { trees, learningRate } = settings;
      const rng = createRng(seed).fork("boosted-trees");
      const base = y.reduce((a, b) => a + b, 0) / n;
      const bins = binned(x);
      const residual = y.map((v) => v - base);
      const grown: Tree[] = [];
      const order = Array.from({ length: n }, (_, i) => i);
      for (let t = 0; t < trees && !cancelled?.(); t++) {
        const rows = Int32Array.from(shuffled(order, rng).slice(0, Math.max(2, Math.round(ROW_SHARE * n))));
        const grownTree = grow(bins, residual, rows, rng, settings);
        grown.push(grownTree.tree);
        for (let i = 0; i < n; i++) residual[i] = residual[i] - learningRate * grownTree.trainingValue(i);
      }
      return new TreeForest("boosted-trees", grown, base, learningRate);
    },
    restore: restoreForest,
  };
}

interface Binned {
  /** Bin of each value, by feature. */
  codes: Uint8Array[];
  /** Threshold below which values fall into bins 0..k, by feature. */
  cuts: Float64Array[];
}

function binned(x: TrainingData["x"]): Binned {
  const d = x[0]?.length ?? 0;
  const codes: Uint8Array[] = [];
  const cuts: Float64Array[] = [];
  for (let f = 0; f < d; f++) {
    const sorted = Float64Array.from(x, (row) => row[f]).sort();
    const found: number[] = [];
    const distinct = [...new Set(sorted)];
    if (distinct.length <= BINS)
      for (let k = 1; k < distinct.length; k++) found.push((distinct[k - 1] + distinct[k]) / 2);
    else
      for (let k = 1; k < BINS; k++) {
        const at = Math.floor((k * sorted.length) / BINS);
        const cut = (sorted[at - 1] + sorted[at]) / 2;
        if (cut > (found.at(-1) ?? Number.NEGATIVE_INFINITY)) found.push(cut);
      }
    // Trees keep thresholds in single precision: bin by what they will compare with.
    const edges = Float64Array.from(found, Math.fround);
    cuts.push(edges);
    codes.push(
      Uint8Array.from(x, (row) => {
        const v = row[f];
        let low = 0;
        let high = edges.length;
        while (low < high) {
          const mid = (low + high) >> 1;
          if (v < edges[mid]) high = mid;
          else low = mid + 1;
        }
        return low;
      }),
    );
  }
  return { codes, cuts };
}

function grow(
  { codes, cuts }: Binned,
  residual: Float64Array,
  rows: Int32Array,
  rng: Rng,
  { depth, minLeaf }: { depth: number; minLeaf: number },
) {
  const d = codes.length;
  const features = shuffled([...codes.keys()], rng).slice(0, Math.max(1, Math.round(FEATURE_SHARE * d)));
  const builder = new TreeBuilder();
  // Per node: the feature it splits by (-1: a leaf), the last bin that goes left, and the left child.
  const splitBy: number[] = [-1];
  const lastBin: number[] = [0];
  const leftOf: number[] = [0];
  const sums = new Float64Array(BINS);
  const counts = new Int32Array(BINS);
  // Residuals of the node's rows, one behind the other.
  const targets = new Float64Array(rows.length);
  const sumOf = (from: number, to: number) => {
    let sum = 0;
    for (let i = from; i < to; i++) sum += residual[rows[i]];
    return sum;
  };
  const leafValue = (sum: number, n: number) => sum / (n + L2);
  const values: number[] = [];
  const total = sumOf(0, rows.length);
  values[builder.leaf(leafValue(total, rows.length))] = leafValue(total, rows.length);
  const stack = [{ node: 0, from: 0, to: rows.length, sum: total, level: 0 }];
  for (let work = stack.pop(); work; work = stack.pop()) {
    const { node, from, to, sum, level } = work;
    const n = to - from;
    if (level >= depth || n < 2 * minLeaf) continue;
    const whole = (sum * sum) / (n + L2);
    let best = { gain: 1e-10, feature: -1, bin: 0, count: 0, sum: 0 };
    for (let i = 0; i < n; i++) targets[i] = residual[rows[from + i]];
    for (const f of features) {
      const edges = cuts[f].length;
      if (edges === 0) continue;
      const code = codes[f];
      sums.fill(0, 0, edges + 1);
      counts.fill(0, 0, edges + 1);
      for (let i = 0; i < n; i++) {
        const c = code[rows[from + i]];
        sums[c] = sums[c] + targets[i];
        counts[c] = counts[c] + 1;
      }
      let count = 0;
      let left = 0;
      for (let bin = 0; bin < edges; bin++) {
        if (counts[bin] === 0) continue;
        count += counts[bin];
        left += sums[bin];
        if (count < minLeaf) continue;
        if (n - count < minLeaf) break;
        const right = sum - left;
        const gain = (left * left) / (count + L2) + (right * right) / (n - count + L2) - whole;
        if (gain > best.gain) best = { gain, feature: f, bin, count, sum: left };
      }
    }
    if (best.feature < 0) continue;
    const code = codes[best.feature];
    let middle = from;
    for (let i = from; i < to; i++) {
      const r = rows[i];
      if (code[r] <= best.bin) {
        rows[i] = rows[middle];
        rows[middle++] = r;
      }
    }
    const right = { sum: sum - best.sum, n: to - middle };
    const [leftValue, rightValue] = [leafValue(best.sum, middle - from), leafValue(right.sum, right.n)];
    const threshold = cuts[best.feature][best.bin];
    const left = builder.split(node, best.feature, threshold, leftValue, rightValue);
    values[left] = leftValue;
    values[left + 1] = rightValue;
    splitBy[left] = -1;
    splitBy[left + 1] = -1;
    splitBy[node] = best.feature;
    lastBin[node] = best.bin;
    leftOf[node] = left;
    stack.push(
      { node: left, from, to: middle, sum: best.sum, level: level + 1 },
      { node: left + 1, from: middle, to, sum: right.sum, level: level + 1 },
    );
  }
  return {
    tree: builder.build(),
    /** The leaf value of a training row, by its bins. */
    trainingValue(row: number): number {
      let node = 0;
      for (let f = splitBy[node]; f >= 0; f = splitBy[node])
        node = leftOf[node] + (codes[f][row] <= lastBin[node] ? 0 : 1);
      return values[node];
    },
  };
}
