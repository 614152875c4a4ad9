/** Where a number lies and how far it spreads. */
export interface Scale {
  center: number;
  scale: number;
}

/** Numbers are read within this: larger ones would overflow when they are squared. */
const LARGEST = 1e100;
/** Share of the values at either end that has no say in how wide the bulk of them is. */
const TAIL = 0.02;
/** Deviations beyond this many times the median one count as that much. */
const FAR = 5;
/** Share of the values that one value must make up before it can be what stands for "unknown". */
const PLACEHOLDER = 0.01;

/** A number as it is read: within the range whose squares can be summed. */
export function bounded(x: number): number {
  return Math.max(-LARGEST, Math.min(LARGEST, x));
}

/**
 * Centre and scale that no few outliers can move: median and interquartile range as a standard deviation
 * (over 1.349), or, where that is small beside the deviation of the bulk, mean and deviation of the values
 * brought within one bulk's width of it. The bulk leaves out 2 % of the values at either end, and at least
 * one of eight. Where the bulk is one value, the rest sets the scale, cut at five times its median.
 */
export function robustScale(values: readonly number[]): Scale {
  if (values.length === 0) return { center: 0, scale: 1 };
  const sorted = Float64Array.from(values, bounded).sort();
  const last = sorted.length - 1;
  const at = (q: number): number => sorted[Math.round(last * q)] ?? 0;
  const cut = sorted.length < 8 ? 0 : Math.max(1, Math.floor(TAIL * sorted.length));
  const low = sorted[cut] ?? 0;
  const high = sorted[last - cut] ?? 0;
  if (!(high > low)) return rareScale(sorted, at(0.5));
  const width = high - low;
  const { mean, deviation } = moments(sorted.map((v) => Math.max(low - width, Math.min(high + width, v))));
  const robust = (at(0.75) - at(0.25)) / 1.349;
  if (robust > 0.25 * deviation) return { center: at(0.5), scale: robust };
  return { center: mean, scale: positive(deviation, mean) };
}

/** Nearly all values are one: the deviations of the few others, over all values. */
function rareScale(sorted: Float64Array, median: number): Scale {
  const away = sorted
    .map((v) => Math.abs(v - median))
    .filter((d) => d > 0)
    .sort();
  const limit = FAR * (away[away.length >> 1] ?? 0);
  const near = sorted.map((v) => Math.max(-limit, Math.min(limit, v - median)));
  const { mean, deviation } = moments(near);
  return { center: median + mean, scale: positive(deviation, median) };
}

function moments(values: Float64Array): { mean: number; deviation: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length) };
}

const positive = (deviation: number, center: number): number =>
  deviation > 1e-12 * Math.max(1, Math.abs(center)) ? deviation : 1;

/** Whether values are non-negative with an upper tail more than four times as long as the lower. */
export function hasLongTail(values: readonly number[]): boolean {
  if (values.length < 8) return false;
  const sorted = Float64Array.from(values).sort();
  const at = (q: number): number => sorted[Math.round((sorted.length - 1) * q)] ?? 0;
  if (at(0) < 0) return false;
  return at(0.98) - at(0.5) > 4 * (at(0.5) - at(0.02)) && at(0.98) > 20;
}

/**
 * The value that stands for "unknown" (-999, the largest integer): many have it, it is the least or the largest, and
 * it lies further from all others than five times the width of their bulk. Undefined where there is none.
 */
export function placeholderOf(values: readonly number[]): number | undefined {
  const sorted = Float64Array.from(values).sort();
  for (const v of [sorted[0], sorted.at(-1)]) {
    const others = sorted.filter((x) => x !== v);
    const count = sorted.length - others.length;
    if (v === undefined || count < Math.max(5, PLACEHOLDER * sorted.length) || others.length < 8) continue;
    const last = others.length - 1;
    const at = (q: number): number => others[Math.round(last * q)] ?? 0;
    const width = at(1 - TAIL) - at(TAIL);
    const gap = Math.min(Math.abs(v - at(0)), Math.abs(v - at(1)));
    if (width > 0 && gap > FAR * width) return v;
  }
  return undefined;
}
