import { checkArgument } from "../core/arguments.js";
import { hash32 } from "../core/hash.js";

/** What is read of arguments. */
const RNG = { next: "function" } as const;

/** A seeded source of randomness. Every random choice in the package takes one as an argument. */
export interface Rng {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, n). */
  int(n: number): number;
  /** Standard normal (Marsaglia's polar method). */
  normal(): number;
  /** An independent generator, the same for the same seed and label. */
  fork(label: string): Rng;
}

/**
 * A generator seeded by a number or a string: sfc32 (Chris Doty-Humphrey, PractRand), its state
 * filled by hashing the seed. Same seed, same sequence, in every process.
 * @example
 * const rng = createRng("a seed");
 * rng.next(); // a number in [0,1)
 */
export function createRng(seed: number | string): Rng {
  if (typeof seed !== "string") checkArgument(seed, "seed", "number", "CONFIG_INVALID");
  const text = String(seed);
  let a = hash32(text, 1) | 0;
  let b = hash32(text, 2) | 0;
  let c = hash32(text, 3) | 0;
  let d = 1;
  let spare: number | undefined;
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4294967296;
  };
  for (let i = 0; i < 12; i++) next();
  return {
    next,
    int: (n) => Math.floor(next() * n),
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      for (;;) {
        const u = 2 * next() - 1;
        const v = 2 * next() - 1;
        const s = u * u + v * v;
        if (s === 0 || s >= 1) continue;
        const f = Math.sqrt((-2 * Math.log(s)) / s);
        spare = v * f;
        return u * f;
      }
    },
    fork: (label) => createRng(`${text}/${label}`),
  };
}

/**
 * A new array with the items in random order (Fisher-Yates).
 * @example
 * const order = shuffled([1, 2, 3], createRng(7));
 */
export function shuffled<T>(items: readonly T[], rng: Rng): T[] {
  checkArgument(items, "items", "list", "CONFIG_INVALID");
  checkArgument(rng, "rng", RNG, "CONFIG_INVALID");
  const out = items.slice();
  for (let i = out.length - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    const t = out[i];
    out[i] = out[j];
    out[j] = t;
  }
  return out;
}

/** Draws an index from a distribution (entries sum to one; zero entries are never drawn). */
export function drawIndex(probabilities: ArrayLike<number>, uniform: number): number {
  let sum = 0;
  let last = -1;
  for (let i = 0; i < probabilities.length; i++) {
    const p = probabilities[i];
    if (p <= 0) continue;
    last = i;
    sum += p;
    if (uniform < sum) return i;
  }
  return last;
}
