import { checkArgument } from "../../core/arguments.js";
import type { Rng } from "../../math/rng.js";
import type { ExperimentDefinition } from "./definition.js";
import type { ExperimentRun } from "./evaluate.js";
import { trackAndStopWeights } from "./track-and-stop.js";

const DRAWS = 500;

/**
 * The share of each version of an experiment for the next units, from the outcomes so far. Versions that
 * left get 0; every remaining one keeps at least `floor` of an equal share. Sums to one.
 * @example const shares = allocate(definition, new ExperimentRun(definition), rng);
 */
export function allocate(definition: ExperimentDefinition, run: ExperimentRun, rng: Rng): Record<string, number> {
  checkArgument(definition, "definition", { variants: "list" }, "EXPERIMENT_INVALID");
  checkArgument(run, "run", "object", "EXPERIMENT_INVALID");
  checkArgument(rng, "rng", { next: "function" }, "EXPERIMENT_INVALID");
  const remaining = run.remaining;
  const wanted = wishes(definition, run, remaining, rng);
  const total = wanted.reduce((s, w) => s + w, 0);
  const floor = definition.allocation === "fixed" ? 0 : definition.floor;
  const shares: Record<string, number> = Object.fromEntries(definition.variants.map((v) => [v, 0]));
  for (const [i, v] of remaining.entries()) shares[v] = floor / remaining.length + ((1 - floor) * wanted[i]) / total;
  return shares;
}

function wishes(definition: ExperimentDefinition, run: ExperimentRun, remaining: string[], rng: Rng): number[] {
  const { allocation, shares, variants } = definition;
  if (allocation === "fixed") return remaining.map((v) => shares?.[variants.indexOf(v)] ?? 1);
  const stats = remaining.map((v) => run.statistics(v));
  if (allocation === "track-and-stop") return trackAndStopWeights(stats.map((m) => (m.sum + 0.5) / (m.n + 1)));
  const wins = remaining.map(() => 0);
  const beliefs = stats.map((m) => {
    const mean = (m.sum + 0.5) / (m.n + 1);
    const variance = Math.max(0.25 / (m.n + 2), (m.square + 0.5) / (m.n + 1) - mean * mean);
    return { mean, sd: Math.sqrt(variance / (m.n + 1)) };
  });
  for (let d = 0; d < DRAWS; d++) {
    const draws = beliefs.map((b) => b.mean + b.sd * rng.normal());
    const top = draws.indexOf(Math.max(...draws));
    wins[top] = wins[top] + 1;
  }
  return wins;
}

/**
 * Tilts shares towards the versions that a stratum has too few of (Efron's biased coin, 1971), so that
 * variants stay comparable within every stratum. The result is what is drawn from and logged.
 * @param given how often each version was given in the stratum so far
 * @example
 * ```ts
 * const { v1 = 0, v2 = 0 } = balance({ v1: 0.5, v2: 0.5 }, { v1: 8, v2: 2 });
 * v2 > v1; // true
 * ```
 */
export function balance(shares: Readonly<Record<string, number>>, given: Readonly<Record<string, number>>) {
  checkArgument(shares, "shares", "object", "EXPERIMENT_INVALID");
  checkArgument(given, "given", "object", "EXPERIMENT_INVALID");
  const total = Object.values(given).reduce((s, n) => s + n, 0);
  const tilted = Object.entries(shares).map(([v, share]): [string, number] => {
    const surplus = (given[v] ?? 0) - share * total;
    return [v, share * (surplus > 0.5 ? 0.75 : surplus < -0.5 ? 1.25 : 1)];
  });
  const sum = tilted.reduce((s, [, w]) => s + w, 0);
  return Object.fromEntries(tilted.map(([v, w]) => [v, w / sum]));
}
