import { createRng, type Rng } from "../../math/rng.js";
import { restoreForest, TreeForest } from "./forest.js";
import type { RewardMember, TrainingData } from "./member.js";
import { type Tree, TreeBuilder } from "./tree.js";

const TREES = 100;
/** Share of the features tried at each split. */
const FEATURE_SHARE = 0.6;

/**
 * Extremely randomised trees (Geurts, Ernst and Wehenkel, 2006): every tree sees all rows; at each
 * node one random threshold is tried for each of some random features, and the one that reduces the
 * variance most is taken.
 * @param minLeaf rows a leaf keeps at least: 1 remembers single runs, more smooths over them
 */
export function extraTrees(minLeaf: number): RewardMember {
  const kind = `extra-trees-${minLeaf}`;
  return {
    kind,
    async fit(data) {
      const grown: Tree[] = [];
      const rng = createRng(data.seed).fork("extra-trees");
      for (let t = 0; t < TREES && !(t > 0 && data.cancelled?.()); t++)
        grown.push(growRandomTree(data, rng.fork(String(t)), FEATURE_SHARE, minLeaf));
      return new TreeForest(kind, grown, 0, 1 / grown.length);
    },
    restore: restoreForest,
  };
}

function growRandomTree({ x, y }: TrainingData, rng: Rng, featureShare: number, minLeaf: number): Tree {
  const d = x[0]?.length ?? 0;
  const tries = Math.max(1, Math.round(featureShare * d));
  const rows = Int32Array.from(x.keys());
  const features = Int32Array.from({ length: d }, (_, j) => j);
  const builder = new TreeBuilder();
  const mean = (from: number, to: number) => {
    let sum = 0;
    for (let i = from; i < to; i++) sum += y[rows[i]];
    return sum / (to - from);
  };
  const stack = [{ node: builder.leaf(mean(0, rows.length)), from: 0, to: rows.length }];
  for (let work = stack.pop(); work; work = stack.pop()) {
    const { node, from, to } = work;
    const n = to - from;
    if (n < 2 * minLeaf) continue;
    let total = 0;
    let best = { gain: 0, feature: -1, threshold: 0 };
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (let i = from; i < to; i++) {
      const v = y[rows[i]];
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
      let low = Number.POSITIVE_INFINITY;
      let high = Number.NEGATIVE_INFINITY;
      for (let i = from; i < to; i++) {
        const v = x[rows[i]][f];
        if (v < low) low = v;
        if (v > high) high = v;
      }
      // Constant features do not count as tried, as in the paper's reference implementation.
      if (!(high > low)) continue;
      tried++;
      const threshold = Math.fround(low + rng.next() * (high - low));
      let count = 0;
      let sum = 0;
      for (let i = from; i < to; i++) {
        const r = rows[i];
        if (x[r][f] < threshold) {
          count++;
          sum += y[r];
        }
      }
      if (count < minLeaf || n - count < minLeaf) continue;
      const rest = total - sum;
      const gain = (sum * sum) / count + (rest * rest) / (n - count) - (total * total) / n;
      if (gain > best.gain) best = { gain, feature: f, threshold };
    }
    if (best.feature < 0) continue;
    let middle = from;
    for (let i = from; i < to; i++) {
      const r = rows[i];
      if (x[r][best.feature] < best.threshold) {
        rows[i] = rows[middle];
        rows[middle++] = r;
      }
    }
    const left = builder.split(node, best.feature, best.threshold, mean(from, middle), mean(middle, to));
    stack.push({ node: left, from, to: middle }, { node: left + 1, from: middle, to });
  }
  return builder.build();
}
