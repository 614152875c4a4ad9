/** One choice among alternatives: the features of each, and which was taken. */
export interface ChoiceSet {
  features: readonly (readonly number[])[];
  chosen: number;
}

/** A fitted conditional logit: weights on standardised features. */
export interface ConditionalLogit {
  weights: number[];
  means: number[];
  scales: number[];
}

/**
 * Conditional logit (McFadden, 1974) with a ridge penalty on standardised features, by Newton's method:
 * the probability of an alternative is the softmax of its score among the alternatives of its set. In the paper's
 * letters z are the attributes of an alternative, P_j its probability, and z~ = sum of P_j z_j their mean: the gradient
 * sums z_chosen - z~, the information matrix sums the covariances of z under P.
 * @param ridge penalty on the squared weights; the same for all sets of data sizes
 */
export function fitConditionalLogit(sets: readonly ChoiceSet[], ridge = 1): ConditionalLogit {
  const rows = sets.flatMap((s) => s.features);
  const attributes = rows[0]?.length ?? 0;
  const means = Array.from({ length: attributes }, (_, j) => rows.reduce((s, r) => s + r[j], 0) / rows.length);
  const scales = means.map((m, j) => Math.sqrt(rows.reduce((s, r) => s + (r[j] - m) ** 2, 0) / rows.length) || 1);
  const model = { weights: new Array<number>(attributes).fill(0), means, scales };
  const scaled = sets.map((s) => ({ z: s.features.map((f) => standardise(model, f)), chosen: s.chosen }));
  for (let step = 0; step < 50; step++) {
    const gradient = model.weights.map((w) => -2 * ridge * w);
    const information = model.weights.map((_, i) => model.weights.map((__, j) => (i === j ? 2 * ridge : 0)));
    for (const { z, chosen } of scaled) {
      const P = softmax(z.map((alternative) => dot(alternative, model.weights)));
      const mean = means.map((_, i) => z.reduce((sum, alternative, j) => sum + P[j] * alternative[i], 0));
      for (let i = 0; i < attributes; i++) {
        gradient[i] = gradient[i] + z[chosen]?.[i] - mean[i];
        const row = information[i];
        for (let k = 0; k < attributes; k++) {
          const product = z.reduce((sum, alternative, j) => sum + P[j] * alternative[i] * alternative[k], 0);
          row[k] = row[k] + product - mean[i] * mean[k];
        }
      }
    }
    const change = solve(information, gradient);
    model.weights = model.weights.map((w, j) => w + change[j]);
    if (Math.max(0, ...change.map(Math.abs)) < 1e-9) break;
  }
  return model;
}

/** Probability of each alternative. */
export function choiceProbabilities(model: ConditionalLogit, features: readonly (readonly number[])[]): number[] {
  return softmax(features.map((f) => dot(standardise(model, f), model.weights)));
}

function standardise(model: ConditionalLogit, f: readonly number[]): number[] {
  return f.map((v, j) => (v - model.means[j]) / model.scales[j]);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((s, v, j) => s + v * b[j], 0);
}

function softmax(scores: readonly number[]): number[] {
  const top = Math.max(...scores);
  const e = scores.map((s) => Math.exp(s - top));
  const sum = e.reduce((s, v) => s + v, 0);
  return e.map((v) => v / sum);
}

/** Solves a symmetric positive definite system by Gaussian elimination. */
function solve(matrix: number[][], right: number[]): number[] {
  const n = right.length;
  const a = matrix.map((row, i) => [...row, right[i]]);
  for (let i = 0; i < n; i++) {
    const pivot = a[i];
    for (let k = i + 1; k < n; k++) {
      const row = a[k];
      const f = row[i] / pivot[i];
      for (let j = i; j <= n; j++) row[j] = row[j] - f * pivot[j];
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    const row = a[i];
    let s = row[n];
    for (let j = i + 1; j < n; j++) s -= row[j] * x[j];
    x[i] = s / row[i];
  }
  return x;
}
