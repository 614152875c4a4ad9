import { pack, unpack } from "../math/packing.js";
import { createRng, shuffled } from "../math/rng.js";
import { type Standardiser, standardise, standardiserOf } from "./members/ridge.js";

const NEIGHBOURS = 5;
const REFERENCES = 800;
/** What a feature that was the same in every training row adds to the squared distance when it differs. */
const UNSEEN = 9;

/** What tells new inputs from known ones, as plain JSON. */
export interface NoveltySnapshot {
  mean: string;
  spread: string;
  references: string;
  limit: number;
}

/**
 * Tells inputs unlike anything seen in training: farther from their nearest training rows than
 * 99 % of those are from theirs (in other groups), by a quarter.
 */
export class Novelty {
  private constructor(
    private readonly scale: Standardiser,
    private readonly references: readonly Float64Array[],
    private readonly limit: number,
  ) {}

  static fit(x: readonly Float64Array[], group: readonly string[], seed: number): Novelty {
    const scale = standardiserOf(x);
    const picked = shuffled([...x.keys()], createRng(seed).fork("novelty")).slice(0, REFERENCES);
    const z = rounded(
      picked.map((i) => x[i]),
      scale,
    );
    const groups = picked.map((i) => group[i]);
    const several = new Set(groups).size > NEIGHBOURS;
    const distances = z.map((row, a) => nearest(row, z, (b) => (several ? groups[a] !== groups[b] : a !== b)));
    const ordered = Float64Array.from(distances).sort();
    return new Novelty(scale, z, 1.25 * ordered[Math.floor(0.99 * (ordered.length - 1))]);
  }

  static restore(s: NoveltySnapshot): Novelty {
    const scale = { mean: unpack(Float64Array, s.mean), spread: unpack(Float64Array, s.spread) };
    const flat = unpack(Float32Array, s.references);
    const d = scale.mean.length;
    const references = Array.from({ length: flat.length / d }, (_, i) =>
      Float64Array.from(flat.subarray(i * d, (i + 1) * d)),
    );
    return new Novelty(scale, references, s.limit);
  }

  /**
   * How far from familiar: up to 1 is familiar.
   * @param unseen number of features that never varied in training and are different here
   */
  score(row: Float64Array, unseen: number): number {
    const [z] = rounded([row], this.scale);
    const distance = Math.sqrt(nearest(z, this.references, () => true) ** 2 + UNSEEN * unseen);
    return this.limit > 0 ? distance / this.limit : distance > 0 ? Number.POSITIVE_INFINITY : 0;
  }

  snapshot(): NoveltySnapshot {
    const d = this.scale.mean.length;
    const flat = new Float32Array(this.references.length * d);
    this.references.forEach((row, i) => {
      flat.set(row, i * d);
    });
    const { mean, spread } = this.scale;
    return { mean: pack(mean), spread: pack(spread), references: pack(flat), limit: this.limit };
  }
}

/** Standardised rows as a snapshot keeps them: a row among its likes stands at distance 0 after a restore too. */
function rounded(x: readonly Float64Array[], scale: Standardiser): Float64Array[] {
  return standardise(x, scale).map((row) => row.map(Math.fround));
}

/** Mean distance to the nearest few rows that `counts`. */
function nearest(row: Float64Array, rows: readonly Float64Array[], counts: (index: number) => boolean): number {
  const best: number[] = [];
  for (let i = 0; i < rows.length; i++) {
    if (!counts(i)) continue;
    const other = rows[i];
    let square = 0;
    for (let j = 0; j < row.length; j++) square += (row[j] - other[j]) ** 2;
    if (best.length < NEIGHBOURS) {
      best.push(square);
      best.sort((a, b) => a - b);
    } else if (square < (best.at(-1) as number)) {
      best[NEIGHBOURS - 1] = square;
      best.sort((a, b) => a - b);
    }
  }
  return best.length === 0 ? 0 : best.reduce((a, b) => a + Math.sqrt(b), 0) / best.length;
}
