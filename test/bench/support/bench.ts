/** What every benchmark gets. */
interface BenchOptions {
  /** Finish in under 40 s: fewer repetitions, and no peers where they are missing. */
  quick: boolean;
  /** The raw command line behind the name. */
  args: string[];
}

/** A benchmark: does its work, prints what a reader wants to see, returns its figures. */
export type Bench = (options: BenchOptions) => Promise<Record<string, unknown>>;

/** The median (mean of the middle two); NaN of nothing. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The q-quantile, linearly interpolated; NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  const a = sorted[low];
  const b = sorted[Math.min(low + 1, sorted.length - 1)];
  return a + (b - a) * (at - low);
}

/** Rounds to `digits` decimals, for figures that are printed. */
export function round(value: number, digits = 3): number {
  const f = 10 ** digits;
  return Math.round(value * f) / f;
}
