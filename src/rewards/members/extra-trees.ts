import { createRng, type Rng } from "../../math/rng.js";
import { restoreForest, TreeForest } from "./forest.js";
import type { MemberRestorer, RewardMember, TrainingData } from "./member.js";
import { type Tree, TreeBuilder } from "./tree.js";

const TREES = 100;
/** These tell a forest's worth as well. */
const DRAFT_TREES = 50;
/** Share of the features tried at each split. */
const FEATURE_SHARE = 0.6;

/**
 * Extremely randomised trees (Geurts, Ernst and Wehenkel, 2006): every tree sees all rows; at each
 * node one random threshold is tried for each of some random features, and the one that reduces the
 * variance most is taken.
 */
export function extraTrees(): RewardMember {
  const kind = "extra-trees-1";
  return {
    kind,
    async fit(data) {
      const grown: Tree[] = [];
      const rng = createRng(data.seed).fork("extra-trees");
      const columns = columnsOf(data.x);
      const trees = data.isDraft ? DRAFT_TREES : TREES;
      for (let t = 0; t < trees && !(t > 0 && data.cancelled?.()); t++)
        grown.push(growRandomTree(columns, data.y, rng.fork(String(t))));
      return new TreeForest(kind, grown, 0, 1 / grown.length);
    },
    restore: restoreForest,
  };
}

/** The same with at least five rows in a leaf, as earlier releases fitted them beside: they said little else. */
export const smoothTrees: MemberRestorer = { kind: "extra-trees-5", restore: restoreForest };

/** The features as arrays of their own: a node reads one of them for all its rows. */
function columnsOf(x: TrainingData["x"]): Float64Array[] {
  return Array.from({ length: x[0]?.length ?? 0 }, (_, f) => Float64Array.from(x, (row) => row[f]));
}

function growRandomTree(columns: readonly Float64Array[], y: Float64Array, rng: Rng): Tree {
  const d = columns.length;
  const tries = Math.max(1, Math.round(FEATURE_SHARE * d));
  const rows = Int32Array.from(y.keys());
  const features = Int32Array.from({ length: d }, (_, j) => j);
  // Values and targets of the node's rows, one behind the other.
  const values = new Float64Array(y.length);
  const targets = new Float64Array(y.length);
  const builder = new TreeBuilder();
  const stack = [{ node: builder.leaf(meanOf(y)), from: 0, to: rows.length }];
  for (let work = stack.pop(); work; work = stack.pop()) {
    const { node, from, to } = work;
    const n = to - from;
    if (n < 2) continue;
    let total = 0;
    let best = { gain: 0, feature: -1, threshold: 0, count: 0, sum: 0 };
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < n; i++) {
      const v = y[rows[from + i]];
      targets[i] = v;
      total += v;
      if (v < least) least = v;
      if (v > most) most = v;
    }
    if (most - least < 1e-12) continue;
    for (let tried = 0, left = d; tried < tries && left > 0; ) {
      const at = rng.int(left--);
      const f = features[at];
      features[at] = features[left];
      features[left] = f;
      const column = columns[f];
      let low = Number.POSITIVE_INFINITY;
      let high = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < n; i++) {
        const v = column[rows[from + i]];
        values[i] = v;
        if (v < low) low = v;
        if (v > high) high = v;
      }
      // Constant features do not count as tried, as in the paper's reference implementation.
      if (!(high > low)) continue;
      tried++;
      const threshold = Math.fround(low + rng.next() * (high - low));
      let count = 0;
      let sum = 0;
      for (let i = 0; i < n; i++) {
        // Without a branch, which at a random threshold nothing could foresee.
        const below = Number(values[i] < threshold);
        count += below;
        sum += below * targets[i];
      }
      if (count === 0 || count === n) continue;
      const rest = total - sum;
      const gain = (sum * sum) / count + (rest * rest) / (n - count) - (total * total) / n;
      if (gain > best.gain) best = { gain, feature: f, threshold, count, sum };
      // Two rows have only one way to be parted.
      if (n === 2) break;
    }
    if (best.feature < 0) continue;
    const column = columns[best.feature];
    let middle = from;
    for (let i = from; i < to; i++) {
      const r = rows[i];
      if (column[r] < best.threshold) {
        rows[i] = rows[middle];
        rows[middle++] = r;
      }
    }
    const means = [best.sum / best.count, (total - best.sum) / (n - best.count)] as const;
    const left = builder.split(node, best.feature, best.threshold, ...means);
    stack.push({ node: left, from, to: middle }, { node: left + 1, from: middle, to });
  }
  return builder.build();
}

const meanOf = (y: Float64Array): number => y.reduce((a, b) => a + b, 0) / y.length;
