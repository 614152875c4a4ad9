import { checkArgument } from "../../core/arguments.js";
import { isAsking, LearningError, show, standsFor } from "../../core/index.js";
import type { DecisionRow } from "../../dataset/index.js";

/** Mean reward of a version in one stretch of time, had every run been asked. */
export interface PerformancePoint {
  /** Start of the stretch, ISO. */
  from: string;
  runs: number;
  mean: number;
}

/** How a version has done over time. */
export interface VersionPerformance {
  version: string;
  served: number;
  rated: number;
  mean?: number;
  history: PerformancePoint[];
  /** Later half of its rated runs against the earlier; with at least 20 rated runs. */
  trend?: { change: number; lower: number; upper: number; direction: "rising" | "falling" | "steady" };
}

/**
 * The performance of each version of a prompt, in stretches of `stretchMs` (default a day).
 * @example for (const { version, mean, trend } of performanceOf(rows)) console.log(version, mean, trend?.direction);
 */
export function performanceOf(rows: readonly DecisionRow[], stretchMs = 86_400_000): VersionPerformance[] {
  checkArgument(rows, "rows", "objects", "EXPERIMENT_INVALID");
  checkArgument(stretchMs, "stretchMs", "number", "EXPERIMENT_INVALID");
  if (!(stretchMs > 0 && Number.isFinite(stretchMs)))
    throw new LearningError("PROMPT_INVALID", {
      received: `stretchMs ${show(stretchMs)}`,
      expected: "milliseconds above 0",
      remedy: "Leave it out for days.",
    });
  const asking = isAsking(rows);
  const versions = new Map<string, DecisionRow[]>();
  for (const row of rows) addTo(versions, row.chosen, row);
  return [...versions].map(([version, list]): VersionPerformance => {
    const rated = list.filter((r) => r.reward !== undefined).sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    const counted = rated.flatMap((r): Rated[] => {
      const weight = standsFor(r, asking);
      return weight === undefined ? [] : [{ at: Date.parse(r.at), reward: r.reward as number, weight }];
    });
    const stretches = new Map<number, Rated[]>();
    for (const r of counted) addTo(stretches, Math.floor(r.at / stretchMs) * stretchMs, r);
    return {
      version,
      served: list.length,
      rated: rated.length,
      ...(counted.length > 0 && { mean: mean(counted) }),
      history: [...stretches]
        .sort(([a], [b]) => a - b)
        .map(([at, values]) => ({ from: new Date(at).toISOString(), runs: values.length, mean: mean(values) })),
      ...(counted.length >= 20 && { trend: trendOf(counted) }),
    };
  });
}

function addTo<K, T>(map: Map<K, T[]>, key: K, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** A rated run, and for how many it stands. */
interface Rated {
  at: number;
  reward: number;
  weight: number;
}

function trendOf(rated: readonly Rated[]): NonNullable<VersionPerformance["trend"]> {
  const half = rated.length >> 1;
  const [early, late] = [rated.slice(0, half), rated.slice(half)];
  const change = mean(late) - mean(early);
  const error = Math.sqrt(squaredError(early) + squaredError(late));
  const [lower, upper] = [change - 1.96 * error, change + 1.96 * error];
  return { change, lower, upper, direction: lower > 0 ? "rising" : upper < 0 ? "falling" : "steady" };
}

const totalOf = (rated: readonly Rated[]) => rated.reduce((s, r) => s + r.weight, 0);

function mean(rated: readonly Rated[]): number {
  return rated.reduce((s, r) => s + r.weight * r.reward, 0) / totalOf(rated);
}

/** Of the mean; a quarter more keeps it above zero where all agree. */
function squaredError(rated: readonly Rated[]): number {
  const m = mean(rated);
  const largest = Math.max(...rated.map((r) => r.weight));
  const squares = rated.reduce((s, r) => s + (r.weight * (r.reward - m)) ** 2, 0.25 * largest ** 2);
  return squares / totalOf(rated) ** 2;
}
