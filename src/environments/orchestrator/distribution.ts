import { checkArgument } from "../../core/arguments.js";
import { LearningError } from "../../core/index.js";
import type { Rng } from "../../math/rng.js";
import { distributionArgument } from "./distribution-schema.js";

/** What is read of arguments. */
const RNG = { next: "function" } as const;

/** Where a simulated number comes from. */
export type Distribution =
  | { kind: "constant"; value: number }
  /** One of `values`, with `probabilities` that sum to one. */
  | { kind: "discrete"; values: readonly number[]; probabilities: readonly number[] }
  /** exp of a normal with mean `mu` and standard deviation `sigma`: durations, tokens. */
  | { kind: "lognormal"; mu: number; sigma: number }
  /** On (0,1): qualities. */
  | { kind: "beta"; alpha: number; beta: number };

function checkParameters(fit: boolean, received: string, expected: string): void {
  if (!fit)
    throw new LearningError("ENV_INVALID", {
      received,
      expected,
      remedy: "Use constant() where nothing is left to chance.",
    });
}

/** A constant as a distribution. */
export const constant = (value: number): Distribution => {
  checkArgument(value, "value", "number", "ENV_INVALID");
  return { kind: "constant", value };
};

/** The log-normal with this median and this spread (standard deviation of the logarithm). */
export const lognormal = (median: number, sigma: number): Distribution => {
  checkArgument(median, "median", "number", "ENV_INVALID");
  checkArgument(sigma, "sigma", "number", "ENV_INVALID");
  checkParameters(
    median > 0 && sigma >= 0,
    `median ${median} and sigma ${sigma}`,
    "a median above 0 and a sigma of at least 0",
  );
  return { kind: "lognormal", mu: Math.log(median), sigma };
};

/** The beta distribution with this mean and the weight of `strength` observations. */
export const beta = (mean: number, strength: number): Distribution => {
  checkArgument(mean, "mean", "number", "ENV_INVALID");
  checkArgument(strength, "strength", "number", "ENV_INVALID");
  checkParameters(
    mean > 0 && mean < 1 && strength > 0,
    `mean ${mean} and strength ${strength}`,
    "a mean in (0,1) and a strength above 0",
  );
  return { kind: "beta", alpha: mean * strength, beta: (1 - mean) * strength };
};

/**
 * The expectation of a distribution.
 * @example meanOf({ kind: "discrete", values: [0, 10], probabilities: [0.7, 0.3] }); // 3
 */
export function meanOf(d: Distribution): number {
  distributionArgument(d);
  switch (d.kind) {
    case "constant":
      return d.value;
    case "discrete":
      return d.values.reduce((s, v, i) => s + v * d.probabilities[i], 0);
    case "lognormal":
      return Math.exp(d.mu + d.sigma ** 2 / 2);
    case "beta":
      return d.alpha / (d.alpha + d.beta);
  }
}

/** Who answers the questions that chance decides. */
export interface Chance {
  /** An index, drawn with these probabilities. */
  pick(probabilities: readonly number[]): number;
  /** A value of the distribution. */
  value(distribution: Distribution): number;
}

/**
 * Chance by a seeded generator.
 * @example
 * ```ts
 * const chance = sampledChance(createRng(1));
 * chance.value(constant(5)); // 5
 * ```
 */
export function sampledChance(rng: Rng): Chance {
  checkArgument(rng, "rng", RNG, "ENV_INVALID");
  const pick = (probabilities: readonly number[]): number => {
    let left = rng.next();
    for (let i = 0; i < probabilities.length - 1; i++) {
      left -= probabilities[i];
      if (left < 0) return i;
    }
    return probabilities.length - 1;
  };
  return {
    pick,
    value(d) {
      distributionArgument(d);
      switch (d.kind) {
        case "constant":
          return d.value;
        case "discrete":
          return d.values[pick(d.probabilities)];
        case "lognormal":
          return Math.exp(d.mu + d.sigma * rng.normal());
        case "beta": {
          const x = drawGamma(d.alpha, rng);
          return x / (x + drawGamma(d.beta, rng));
        }
      }
    },
  };
}

/** A gamma variate of scale 1 (Marsaglia and Tsang, 2000; boosted below shape 1). */
function drawGamma(shape: number, rng: Rng): number {
  if (shape < 1) return drawGamma(shape + 1, rng) * (1 - rng.next()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = rng.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - rng.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/**
 * All results of a computation with finitely many chances, with their probabilities: runs it once per
 * branch. Fails with ENV_INVALID when it asks for a continuous distribution.
 * @example enumerateChances((chance) => chance.pick([0.25, 0.75])); // [{ probability: 0.25, value: 0 }, { probability: 0.75, value: 1 }]
 */
export function enumerateChances<T>(run: (chance: Chance) => T): { probability: number; value: T }[] {
  checkArgument(run, "run", "function", "ENV_INVALID");
  const out: { probability: number; value: T }[] = [];
  const path: { taken: number; probabilities: readonly number[] }[] = [];
  for (;;) {
    let depth = 0;
    const pick = (probabilities: readonly number[]): number => {
      if (depth === path.length) path.push({ taken: probabilities.findIndex((p) => p > 0), probabilities });
      return path[depth++].taken;
    };
    const value = run({ pick, value: (d) => finiteValue(d, pick) });
    out.push({ probability: path.reduce((p, c) => p * c.probabilities[c.taken], 1), value });
    for (;;) {
      const last = path.at(-1);
      if (!last) return out;
      const next = last.probabilities.findIndex((p, i) => i > last.taken && p > 0);
      if (next >= 0) {
        last.taken = next;
        break;
      }
      path.pop();
    }
  }
}

function finiteValue(d: Distribution, pick: (probabilities: readonly number[]) => number): number {
  distributionArgument(d);
  if (d.kind === "constant") return d.value;
  if (d.kind === "discrete") return d.values[pick(d.probabilities)];
  throw new LearningError("ENV_INVALID", {
    received: `a ${d.kind} distribution`,
    expected: "constant or discrete distributions",
    remedy: "Solve a world whose chances are finite.",
  });
}
