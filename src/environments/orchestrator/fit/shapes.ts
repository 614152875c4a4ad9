import type { Distribution } from "../distribution.js";

/** The log-normal of a positive sample by maximum likelihood; a constant when it does not vary. */
export function fitLognormal(sample: readonly number[]): Distribution {
  const logs = sample.map((v) => Math.log(Math.max(v, 1e-9)));
  const mu = mean(logs);
  const sigma = Math.sqrt(mean(logs.map((l) => (l - mu) ** 2)));
  return sigma < 1e-6 ? { kind: "constant", value: Math.exp(mu) } : { kind: "lognormal", mu, sigma };
}

/** A log-normal of the positive values of a sample, or the constant 0 when there are none. */
export function fitAmount(sample: readonly number[]): Distribution {
  const positive = sample.filter((v) => v > 0);
  return positive.length * 2 < sample.length || positive.length === 0
    ? { kind: "constant", value: sample.length === 0 ? 0 : mean(sample) }
    : fitLognormal(positive);
}

/** The beta distribution with a sample's mean and variance; a constant when it does not vary. */
export function fitBeta(sample: readonly number[]): Distribution {
  const m = Math.min(0.999, Math.max(0.001, mean(sample)));
  const variance = mean(sample.map((v) => (v - m) ** 2));
  if (variance < 1e-10) return { kind: "constant", value: m };
  const strength = Math.max(2, (m * (1 - m)) / variance - 1);
  return { kind: "beta", alpha: m * strength, beta: (1 - m) * strength };
}

/** The values that occur, with their shares. */
export function fitDiscrete(sample: readonly number[]): Distribution {
  const counts = new Map<number, number>();
  for (const v of sample) counts.set(v, (counts.get(v) ?? 0) + 1);
  const values = [...counts.keys()].sort((a, b) => a - b);
  if (values.length === 1) return { kind: "constant", value: values[0] };
  return { kind: "discrete", values, probabilities: values.map((v) => (counts.get(v) as number) / sample.length) };
}

/** The arithmetic mean; NaN of nothing. */
export function mean(values: readonly number[]): number {
  let sum = 0;
  for (const v of values) sum += v;
  return sum / values.length;
}
