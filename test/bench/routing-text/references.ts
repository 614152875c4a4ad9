import type { FeatureVector } from "../../../src/dataset/index.js";

/** One example of a reference method. */
export interface Example {
  x: FeatureVector;
  y: number;
}

const ITERATIONS = 60;

/**
 * Ridge regression on sparse features with an unpenalised intercept, by conjugate gradients on centred
 * targets (what scikit-learn's `Ridge(alpha)` fits). Returns the prediction function.
 */
export function sparseRidge(examples: readonly Example[], alpha: number): (x: FeatureVector) => number {
  const dim = examples[0]?.x.dim ?? 0;
  const n = Math.max(1, examples.length);
  const mean = examples.reduce((s, e) => s + e.y, 0) / n;
  const center = new Float64Array(dim);
  for (const { x } of examples) addTo(center, x, 1 / n);
  const product = (v: Float64Array): Float64Array => {
    const shift = dot(center, v);
    const scores = examples.map(({ x }) => sparseDot(x, v) - shift);
    const out = v.map((w) => w * alpha);
    let total = 0;
    examples.forEach(({ x }, i) => {
      const s = scores[i]!;
      total += s;
      addTo(out, x, s);
    });
    for (let j = 0; j < dim; j++) out[j] = out[j]! - total * center[j]!;
    return out;
  };
  const right = new Float64Array(dim);
  for (const { x, y } of examples) addTo(right, x, y - mean);
  const weights = new Float64Array(dim);
  const residual = right.slice();
  const direction = residual.slice();
  let square = dot(residual, residual);
  for (let i = 0; i < ITERATIONS && square > 1e-12; i++) {
    const image = product(direction);
    const step = square / dot(direction, image);
    for (let j = 0; j < dim; j++) {
      weights[j] = weights[j]! + step * direction[j]!;
      residual[j] = residual[j]! - step * image[j]!;
    }
    const next = dot(residual, residual);
    for (let j = 0; j < dim; j++) direction[j] = residual[j]! + (next / square) * direction[j]!;
    square = next;
  }
  const intercept = mean - dot(center, weights);
  return (x) => intercept + sparseDot(x, weights);
}

function addTo(sum: Float64Array, { indices, values }: FeatureVector, factor: number): void {
  for (let k = 0; k < indices.length; k++) sum[indices[k]!] = sum[indices[k]!]! + factor * values[k]!;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function sparseDot({ indices, values }: FeatureVector, w: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < indices.length; k++) sum += values[k]! * w[indices[k]!]!;
  return sum;
}

/** TF-IDF of the words of texts, each text of length one, as scikit-learn's `TfidfVectorizer` makes it. */
export function tfidf(texts: readonly string[]): { dim: number; encode: (text: string) => FeatureVector } {
  const words = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}_]{2,}/gu) ?? [];
  const documents = new Map<string, number>();
  for (const text of texts)
    for (const word of new Set(words(text))) documents.set(word, (documents.get(word) ?? 0) + 1);
  const at = new Map([...documents.keys()].map((word, i) => [word, i]));
  const idf = [...documents.values()].map((d) => 1 + Math.log((1 + texts.length) / (1 + d)));
  return {
    dim: at.size,
    encode(text) {
      const counts = new Map<number, number>();
      for (const word of words(text)) {
        const position = at.get(word);
        if (position !== undefined) counts.set(position, (counts.get(position) ?? 0) + 1);
      }
      const entries = [...counts].sort((a, b) => a[0] - b[0]).map(([p, n]) => [p, n * idf[p]!] as const);
      const norm = Math.sqrt(entries.reduce((s, [, v]) => s + v * v, 0)) || 1;
      return {
        dim: at.size,
        indices: Int32Array.from(entries, ([p]) => p),
        values: Float64Array.from(entries, ([, v]) => v / norm),
      };
    },
  };
}
