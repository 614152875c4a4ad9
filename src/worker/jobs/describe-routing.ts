// Runs in the learning thread.
import { isAsking } from "../../core/index.js";
import { type DecisionRow, meanReward } from "../../dataset/index.js";
import { inputOf } from "../../evaluation/point/encode.js";
import type { ServablePolicy, ServedVersion } from "../../evaluation/point/judged-rows.js";
import { restored } from "../../evaluation/point/restored.js";
import type { CurvePoint, Description, DestinationReport, FeaturePush } from "../description.js";
import type { Job } from "../job.js";
import { type RowOptions, rowsByPoint } from "../rows.js";

/** Which point to describe, and by which version: one that cannot be read explains nothing. */
export interface DescribeInput {
  decisionPoint: string;
  rows: RowOptions;
  serving?: ServedVersion;
}

const STRETCHES = 40;
const LOOKED_AT = 500;
const SHOWN = 12;

/** Reward over time, and what pushes towards each destination, averaged over the newest decisions. */
export const describeRouting: Job<DescribeInput, Description> = {
  run({ decisionPoint, rows: options, serving }, { state }) {
    const rows = rowsByPoint(state, options).get(decisionPoint) ?? [];
    const rated = rows.filter((r) => r.reward !== undefined);
    return {
      decisions: rows.length,
      rated: rated.length,
      curve: curveOf(rated),
      destinations: destinationsOf(rated, restored(serving).serving),
    };
  },
};

function curveOf(rated: readonly DecisionRow[]): CurvePoint[] {
  const size = Math.max(20, Math.ceil(rated.length / STRETCHES));
  const points: CurvePoint[] = [];
  const asking = isAsking(rated);
  for (let i = 0; i < rated.length; i += size) {
    const part = rated.slice(i, i + size);
    const measured = meanReward(part, asking);
    if (!measured) continue;
    points.push({
      from: part[0].at,
      to: (part.at(-1) as DecisionRow).at,
      count: part.length,
      mean: measured.mean,
      standardError: measured.standardError,
      policyShare: part.filter((r) => r.source === "policy").length / part.length,
    });
  }
  return points;
}

function destinationsOf(rated: readonly DecisionRow[], serving: ServablePolicy | undefined): DestinationReport[] {
  const pushes = serving ? pushesOf(rated.slice(-LOOKED_AT), serving) : new Map<string, FeaturePush[]>();
  const asking = isAsking(rated);
  const names = new Set([...rated.flatMap((r) => r.candidates), ...pushes.keys()]);
  return [...names].sort().map((name) => {
    const own = rated.filter((r) => r.chosen === name);
    const mean = meanReward(own, asking)?.mean;
    const push = pushes.get(name) ?? [];
    return {
      name,
      share: rated.length ? own.length / rated.length : 0,
      ...(mean !== undefined && { meanReward: mean }),
      towards: push.filter((f) => f.push > 0).slice(0, SHOWN),
      away: push.filter((f) => f.push < 0).slice(0, SHOWN),
    };
  });
}

/** Per destination, each feature's contribution less its mean over the destinations, strongest in sum first. */
function pushesOf(rows: readonly DecisionRow[], { policy, encoders }: ServablePolicy): Map<string, FeaturePush[]> {
  const sums = new Map<string, Map<number, { sum: number; count: number }>>();
  for (const row of rows) {
    const explained = policy.explain(inputOf(row, encoders), 200);
    const mean = new Map<number, number>();
    for (const e of explained)
      for (const c of e.contributions) mean.set(c.index, (mean.get(c.index) ?? 0) + c.contribution / explained.length);
    for (const e of explained) {
      const own = new Map(e.contributions.map((c) => [c.index, c.contribution]));
      const total = sums.get(e.candidate) ?? new Map<number, { sum: number; count: number }>();
      sums.set(e.candidate, total);
      for (const [index, m] of mean) {
        const entry = total.get(index) ?? { sum: 0, count: 0 };
        total.set(index, { sum: entry.sum + (own.get(index) ?? 0) - m, count: entry.count + 1 });
      }
    }
  }
  return new Map(
    [...sums].map(([name, total]) => [
      name,
      [...total]
        .sort((a, b) => Math.abs(b[1].sum) - Math.abs(a[1].sum))
        .slice(0, 4 * SHOWN)
        .map(([index, { sum, count }]) => ({ feature: encoders.context.featureName(index), push: sum / count, count })),
    ]),
  );
}
