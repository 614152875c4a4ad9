import { messageOf } from "../core/index.js";

/** One case of a dataset. */
export interface CheckRow {
  input: unknown;
  expected?: unknown;
}

/** Rates an output in [0,1]. */
export type Score = (output: unknown, expected: unknown, input: unknown) => number | Promise<number>;

/** What came of a dataset. Plain JSON. */
export interface CheckFigures {
  runs: number;
  failed: number;
  /** Over the runs that were rated; a failed one counts 0. */
  meanReward?: number;
  p50Ms: number;
  p95Ms: number;
  /** The first failures, in words. */
  errors: string[];
}

const ERRORS_KEPT = 5;

/** Sends every case through a graph, one after the other. */
export async function runCheck(
  graph: { invoke(input: unknown): Promise<unknown> },
  rows: readonly CheckRow[],
  score: Score | undefined,
  onDone: (done: number) => void,
  clock: () => number,
): Promise<CheckFigures> {
  const times: number[] = [];
  const rewards: number[] = [];
  const errors: string[] = [];
  let failed = 0;
  for (const [i, { input, expected }] of rows.entries()) {
    const started = clock();
    try {
      const output = await graph.invoke(input);
      times.push(clock() - started);
      if (score) rewards.push(await score(output, expected, input));
      else if (expected !== undefined) rewards.push(holds(output, expected) ? 1 : 0);
    } catch (error) {
      times.push(clock() - started);
      failed++;
      if (score || expected !== undefined) rewards.push(0);
      if (errors.length < ERRORS_KEPT) errors.push(`case ${i + 1}: ${messageOf(error)}`);
    }
    onDone(i + 1);
  }
  times.sort((a, b) => a - b);
  const quantile = (q: number) => times[Math.min(times.length - 1, Math.ceil(q * times.length) - 1)] ?? 0;
  return {
    runs: rows.length,
    failed,
    ...(rewards.length > 0 && { meanReward: rewards.reduce((a, b) => a + b, 0) / rewards.length }),
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    errors,
  };
}

/** Whether a value has everything that another names; lists must agree item by item. */
function holds(value: unknown, wanted: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null) return Object.is(value, wanted);
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(wanted))
    return Array.isArray(value) && value.length === wanted.length && wanted.every((w, i) => holds(value[i], w));
  return Object.entries(wanted).every(([name, w]) => holds((value as Record<string, unknown>)[name], w));
}
