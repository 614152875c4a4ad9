import type { FeatureVector } from "../../../src/dataset/index.js";
import { fitEncoder } from "../../../src/dataset/index.js";
import type { BanditSet } from "./sets.js";

/** One set as the peer script takes it. */
export interface VwSet {
  name: string;
  /** Text features: the words are crossed with the other fields, not with each other. */
  text: boolean;
  /** The context of each example in Vowpal Wabbit's text format, without the leading `shared`. */
  contexts: string[];
  actions: string[];
  rewards: number[][];
  orders: number[][];
}

/**
 * The same information in Vowpal Wabbit's format: numbers standardised and categories one-hot by the
 * same encoder, text as its words.
 */
export function vwSet(set: BanditSet, orders: number[][]): VwSet {
  const text = set.contexts.some((c) => "text" in c);
  const encoder = fitEncoder(set.contexts, { ignore: ["text"] });
  return {
    name: set.name,
    text,
    contexts: set.contexts.map((c) => {
      const words = "text" in c ? ` |t ${[...new Set(wordsOf(String(c.text)))].join(" ")}` : "";
      return `|s ${features(encoder.encode(c))}${words}`;
    }),
    actions: set.candidates.map(
      (_, k) => `|a c${k}${set.candidateFeatures ? ` ${features(set.candidateFeatures[k])}` : ""}`,
    ),
    rewards: set.rewards,
    orders,
  };
}

const features = (x: FeatureVector): string =>
  Array.from(x.indices, (at, k) => `f${at}:${x.values[k].toPrecision(6)}`).join(" ");

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
