import type { DecisionContext } from "../../../src/core/index.js";
import { type FeatureVector, fitEncoder } from "../../../src/dataset/index.js";
import { createRng } from "../../../src/math/rng.js";
import { createPolicy, type PolicyRow, type PolicySpec } from "../../../src/policies/index.js";
import { matrixFactorisation } from "./matrix-factorisation.js";
import { nearest } from "./nearest.js";
import { sparseRidge, tfidf } from "./references.js";
import type { TextSet } from "./sets.js";
import { wordVectors } from "./vectors.js";

/** One prompt of a set. */
export type Prompt = TextSet["prompts"][number];
/** Expected reward of each model for a prompt. */
type Predictor = (prompt: Prompt) => ArrayLike<number>;
/** Learns from prompts: from every model's reward, or from that of the logged choice alone. Undefined where it cannot. */
export type Method = (
  set: TextSet,
  train: readonly Prompt[],
  logged: readonly number[] | undefined,
  seed: number,
) => Predictor | undefined;

const withText = (p: Prompt): DecisionContext => ({ ...p.context, text: p.text });
const without = (p: Prompt): DecisionContext => p.context;

/** One of our policies, taught every model's reward of a prompt, or only that of the logged choice. */
const ours =
  (contextOf: (p: Prompt) => DecisionContext, spec: Partial<PolicySpec> = {}): Method =>
  (set, train, logged, seed) => {
    const encoder = fitEncoder(train.map(contextOf));
    const policy = createPolicy({ kind: "auto", ...spec, dim: encoder.dim, seed } as PolicySpec);
    const candidates = set.models;
    policy.learn(
      train.flatMap((p, i): PolicyRow[] => {
        const context = encoder.encode(contextOf(p));
        const tried = logged ? [logged[i]!] : candidates.map((_, k) => k);
        return tried.map((chosen) => ({ context, candidates, chosen, reward: p.rewards[chosen]! }));
      }),
    );
    return (p) => policy.predict({ context: encoder.encode(contextOf(p)), candidates }).map((e) => e.mean);
  };

/** Ridge regression (alpha 1) for each model on TF-IDF of words, or on the logarithm of the length alone. */
const ridge =
  (on: "words" | "length"): Method =>
  (set, train, logged) => {
    const words = tfidf(train.map((p) => p.text));
    const encode = (p: Prompt): FeatureVector =>
      on === "words"
        ? words.encode(p.text)
        : { dim: 1, indices: Int32Array.of(0), values: Float64Array.of(Math.log1p(p.chars)) };
    const x = train.map(encode);
    const models = set.models.map((_, k) =>
      sparseRidge(
        train.flatMap((p, i) => (logged && logged[i] !== k ? [] : [{ x: x[i]!, y: p.rewards[k]! }])),
        1,
      ),
    );
    return (p) => {
      const at = encode(p);
      return models.map((predict) => predict(at));
    };
  };

/** The mean reward of the `k` most similar prompts by TF-IDF; 40 is what Hu et al. (RouterBench, 2024) take. */
const neighbours =
  (k = 40): Method =>
  (set, train, logged) => {
    const words = tfidf(train.map((p) => p.text));
    const closest = nearest(train.map((p) => words.encode(p.text)));
    return (p) => {
      const order = closest(words.encode(p.text));
      return set.models.map((_, m) => {
        const of = order.filter((i) => !logged || logged[i] === m).slice(0, k);
        return of.reduce((s, i) => s + train[i]!.rewards[m]!, 0) / Math.max(1, of.length);
      });
    };
  };

/** RouteLLM's matrix factorisation over TF-IDF; it learns from pairs, so it needs more than one model's reward. */
const factors: Method = (set, train, logged, seed) => {
  if (logged) return undefined;
  const words = tfidf(train.map((p) => p.text));
  const encoded = train.map((p) => ({ x: words.encode(p.text), rewards: p.rewards }));
  const strengths = matrixFactorisation(encoded, set.models.length, createRng(`factors ${seed}`));
  return (p) => strengths(words.encode(p.text));
};

const vectorOf = wordVectors();
/** Our policies, then the references. */
export const METHODS: Record<string, Method> = {
  auto: ours(withText),
  autoWithoutText: ours(without),
  words: ours(withText, { kind: "squarecb", model: { kind: "logistic", lambda: 4 } }),
  topics: ours(withText, { kind: "squarecb", model: { kind: "summary" } }),
  ...(vectorOf && {
    // A small static-embedding model in the place of the text, and beside it.
    vectors: ours((p) => ({ ...p.context, meaning: vectorOf(p.text) })),
    textAndVectors: ours((p) => ({ ...withText(p), meaning: vectorOf(p.text) })),
  }),
  tfidfRidge: ridge("words"),
  tfidfNeighbours: neighbours(),
  matrixFactorisation: factors,
  lengthRidge: ridge("length"),
};
