import { hash32, type TraceSegment } from "../../core/index.js";

/**
 * What a trace is found by beside its columns, as numbers in one array under a GIN index, which every PostgreSQL has
 * without an extension: three letters each of its tags and of the values of its metadata, edges that were taken, nodes
 * that failed. A number may stand for two things, so who asks checks what comes.
 */

/** Numbers of one trace at most: what stands behind as many letters of its tags and metadata is not found. */
const MOST = 4096;
/** Letters that are looked up at once. */
const LETTERS = 3;

/** A whole number of 32 bits with its sign. */
const numberOf = (kind: string, text: string): number => hash32(`${kind}${text}`) | 0;

function* gramsOf(text: string): Iterable<number> {
  const folded = text.toLowerCase();
  for (let i = 0; i + LETTERS <= folded.length; i++) yield numberOf("w", folded.slice(i, i + LETTERS));
}

/** Words of tags and metadata come again in run after run: the numbers of so many of them are kept, of these lengths. */
const MOST_WORDS = 10_000;
const LONGEST_WORD = 64;
const numbersOfWords = new Map<string, readonly number[]>();

function termsOfWord(word: string): Iterable<number> {
  if (word.length > LONGEST_WORD) return gramsOf(word);
  let numbers = numbersOfWords.get(word);
  if (!numbers) {
    numbers = [...gramsOf(word)];
    if (numbersOfWords.size >= MOST_WORDS) numbersOfWords.clear();
    numbersOfWords.set(word, numbers);
  }
  return numbers;
}

function* allOf({ tags, metadata, edges, nodes }: TraceSegment): Iterable<number> {
  for (const { from, to, started } of edges) if (started) yield numberOf("e", `${from}>${to}`);
  for (const { name, status } of nodes) if (status === "error") yield numberOf("f", name);
  for (const word of tags) yield* termsOfWord(word);
  for (const value of Object.values(metadata)) yield* termsOfWord(String(value));
}

/** The numbers of a trace as PostgreSQL writes an array; null where it has none. */
export function searchTermsOf(trace: TraceSegment): string | null {
  const found = new Set<number>();
  for (const term of allOf(trace)) {
    if (found.size >= MOST) break;
    found.add(term);
  }
  return found.size > 0 ? `{${[...found].join()}}` : null;
}

/** Numbers that every trace has whose tags or metadata hold the text; undefined where it is too short to be looked up. */
export function textTerms(text: string): number[] | undefined {
  const grams = [...new Set(gramsOf(text))];
  return grams.length > 0 ? grams.slice(0, 32) : undefined;
}

/** The number of an edge `FROM>TO` that was taken. */
export const edgeTerm = (edge: string): number => numberOf("e", edge);

/** The number of a node in which something failed. */
export const failureTerm = (node: string): number => numberOf("f", node);
