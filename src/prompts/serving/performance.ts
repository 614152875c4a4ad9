import { LearningError, show } from "../../core/index.js";
import type { ServedRun } from "./outcome-reader.js";

/** Mean reward of a version in one stretch of time. */
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

/** The performance of each version of a prompt, in stretches of `stretchMs` (default a day). */
export function performanceOf(runs: Iterable<ServedRun>, stretchMs = 86_400_000): VersionPerformance[] {
  if (!(stretchMs > 0))
    throw new LearningError("PROMPT_INVALID", {
      received: `stretchMs ${show(stretchMs)}`,
      expected: "milliseconds above 0",
      remedy: "Leave it out for days.",
    });
  const versions = new Map<string, ServedRun[]>();
  for (const run of runs) addTo(versions, run.decision.chosen, run);
  return [...versions].map(([version, list]): VersionPerformance => {
    const rated = list
      .filter((r) => r.reward !== undefined)
      .sort((a, b) => (a.decision.at < b.decision.at ? -1 : a.decision.at > b.decision.at ? 1 : 0));
    const rewards = rated.map((r) => r.reward as number);
    const stretches = new Map<number, number[]>();
    for (const r of rated) {
      const at = Math.floor(Date.parse(r.decision.at) / stretchMs) * stretchMs;
      addTo(stretches, at, r.reward as number);
    }
    return {
      version,
      served: list.length,
      rated: rated.length,
      ...(rated.length > 0 && { mean: mean(rewards) }),
      history: [...stretches]
        .sort(([a], [b]) => a - b)
        .map(([at, values]) => ({ from: new Date(at).toISOString(), runs: values.length, mean: mean(values) })),
      ...(rewards.length >= 20 && { trend: trendOf(rewards) }),
    };
  });
}

function addTo<K, T>(map: Map<K, T[]>, key: K, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

function trendOf(rewards: readonly number[]): NonNullable<VersionPerformance["trend"]> {
  const half = rewards.length >> 1;
  const [early, late] = [rewards.slice(0, half), rewards.slice(half)];
  const change = mean(late) - mean(early);
  const error = Math.sqrt(variance(early) / early.length + variance(late) / late.length);
  const [lower, upper] = [change - 1.96 * error, change + 1.96 * error];
  return { change, lower, upper, direction: lower > 0 ? "rising" : upper < 0 ? "falling" : "steady" };
}

function mean(values: readonly number[]): number {
  return values.reduce((s, v) => s + v, 0) / values.length;
}

function variance(values: readonly number[]): number {
  const m = mean(values);
  return values.reduce((s, v) => s + (v - m) ** 2, 0.25) / values.length;
}
