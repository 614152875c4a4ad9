import { checkArgument } from "../core/arguments.js";
import { clipped } from "../core/clipped.js";
import type { Decision, Trace } from "../core/index.js";
import { isPathField } from "../core/path-fields.js";
import { createRng } from "../math/rng.js";

/** The part of LangChain's `Embeddings` that is used. */
export interface TextEmbedder {
  embedDocuments(texts: string[]): Promise<number[][]>;
}

/** Numbers a text is described by; more would cost the trees time and the few ratings meaning. */
export const EMBEDDING_DIMENSIONS = 32;
const MOST_CHARS = 8000;

/**
 * What is said in a run: the texts in its decisions' contexts, and where states are captured what went
 * in first and came out last. Empty for a run without any.
 * @example const [vector] = await embeddings.embedDocuments([textOfRun(trace)]);
 */
export function textOfRun(trace: Trace, decisions: readonly Decision[] = []): string {
  checkArgument(trace, "trace", { nodes: "list" }, "REWARD_INVALID");
  checkArgument(decisions, "decisions", "objects", "REWARD_INVALID");
  const said = decisions.flatMap((d) =>
    Object.entries(d.context).flatMap(([field, v]) => (typeof v === "string" && !isPathField(field) ? [v] : [])),
  );
  const captured = [trace.nodes[0]?.input, trace.nodes.at(-1)?.update].filter((v) => v !== undefined);
  return clipped([...new Set([...said, ...captured])].join("\n"), MOST_CHARS);
}

/**
 * A vector of {@link EMBEDDING_DIMENSIONS} numbers that keeps the distances of longer ones about as they are:
 * a random projection (Johnson and Lindenstrauss, 1984), the same for all vectors of one length. Shorter
 * ones stay as they are. The length of the given vector does not count.
 * @example projectEmbedding([3, 4]).length; // 2
 */
export function projectEmbedding(vector: readonly number[]): number[] {
  checkArgument(vector, "vector", "numbers", "REWARD_INVALID");
  const length = Math.sqrt(vector.reduce((a, v) => a + v * v, 0)) || 1;
  if (vector.length <= EMBEDDING_DIMENSIONS) return vector.map((v) => v / length);
  const signs = signsFor(vector.length);
  return Array.from({ length: EMBEDDING_DIMENSIONS }, (_, k) => {
    let sum = 0;
    for (let j = 0; j < vector.length; j++) sum += vector[j] * signs[k * vector.length + j];
    return sum / length / Math.sqrt(EMBEDDING_DIMENSIONS);
  });
}

let held: { dimensions: number; signs: Int8Array } | undefined;

function signsFor(dimensions: number): Int8Array {
  if (held?.dimensions === dimensions) return held.signs;
  const rng = createRng(dimensions).fork("embedding projection");
  const signs = Int8Array.from({ length: dimensions * EMBEDDING_DIMENSIONS }, () => (rng.next() < 0.5 ? -1 : 1));
  held = { dimensions, signs };
  return signs;
}
