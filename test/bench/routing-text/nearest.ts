import type { FeatureVector } from "../../../src/dataset/index.js";

/**
 * The positions of the known texts, the most similar first, by the cosine of vectors of length one. Built over an
 * inverted index, so that only texts that share a word are compared.
 */
export function nearest(known: readonly FeatureVector[]): (x: FeatureVector) => number[] {
  const index = new Map<number, { text: number; value: number }[]>();
  known.forEach(({ indices, values }, text) => {
    indices.forEach((word, k) => {
      const entry = { text, value: values[k]! };
      const list = index.get(word);
      if (list) list.push(entry);
      else index.set(word, [entry]);
    });
  });
  return ({ indices, values }) => {
    const similarity = new Float64Array(known.length);
    indices.forEach((word, k) => {
      for (const { text, value } of index.get(word) ?? []) similarity[text] = similarity[text]! + value * values[k]!;
    });
    return [...known.keys()].sort((a, b) => similarity[b]! - similarity[a]!);
  };
}
