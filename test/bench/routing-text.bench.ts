import type { DecisionContext } from "../../src/core/index.js";
import { fitEncoder } from "../../src/dataset/index.js";
import { createRng, shuffled } from "../../src/math/rng.js";
import { createPolicy, type PolicyRow, type PolicySpec } from "../../src/policies/index.js";
import { sparseRidge, tfidf } from "./routing-text/references.js";
import { type TextSet, textSets } from "./routing-text/sets.js";
import { wordVectors } from "./routing-text/vectors.js";
import type { Bench } from "./support/bench.js";
import { round } from "./support/bench.js";
import { dataFolder } from "./support/data.js";

type Prompt = TextSet["prompts"][number];
/** Expected reward of each model for a prompt. */
type Predictor = (prompt: Prompt) => ArrayLike<number>;
type Method = (
  set: TextSet,
  train: readonly Prompt[],
  logged: readonly number[] | undefined,
  seed: number,
) => Predictor;

const TRAIN_SHARE = 0.6;

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
    const encode = (p: Prompt) =>
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

const vectorOf = wordVectors();
const METHODS: Record<string, Method> = {
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
  lengthRidge: ridge("length"),
};

/** Figures of a method on held-out prompts. */
interface Figures {
  /** Mean reward of the model it thinks best, and by how much it overrates that. */
  value: number;
  bias: number;
  /** Of two models: area under quality over the share of calls to the dear one, 0.5 for a random order (Ong et al. 2024). */
  recovered?: number;
}

function judged(set: TextSet, test: readonly Prompt[], predict: Predictor): Figures {
  let value = 0;
  let bias = 0;
  const gaps: { gap: number; gain: number }[] = [];
  for (const p of test) {
    const means = predict(p);
    let best = 0;
    for (let k = 1; k < set.models.length; k++) if (means[k]! > means[best]!) best = k;
    value += p.rewards[best]! / test.length;
    bias += (means[best]! - p.rewards[best]!) / test.length;
    gaps.push({ gap: means[0]! - means[1]!, gain: p.rewards[0]! - p.rewards[1]! });
  }
  if (set.models.length !== 2) return { value, bias };
  const total = gaps.reduce((s, g) => s + g.gain, 0);
  let reached = 0;
  let area = 0;
  for (const { gain } of gaps.sort((a, b) => b.gap - a.gap)) {
    area += (reached + gain / 2) / total / gaps.length;
    reached += gain;
  }
  return { value, bias, recovered: area };
}

function divided(set: TextSet, seed: number): { train: Prompt[]; test: Prompt[] } {
  const rng = createRng(`split ${seed}`);
  if (set.split === "prompt") {
    const order = shuffled(set.prompts, rng);
    const cut = Math.floor(TRAIN_SHARE * order.length);
    return { train: order.slice(0, cut), test: order.slice(cut) };
  }
  const groups = shuffled([...new Set(set.prompts.map((p) => p.group))], rng);
  const known = new Set(groups.slice(0, Math.floor(TRAIN_SHARE * groups.length)));
  const part = (seen: boolean) => set.prompts.filter((p) => known.has(p.group) === seen);
  return { train: shuffled(part(true), rng), test: part(false) };
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/**
 * Which model to send a prompt to, learned from its text: our policies beside TF-IDF ridge, prompt length
 * and themselves without text, trained on six prompts in ten. `full`: every model's reward is known, as the
 * references have it; `logged`: one model was tried at random for each prompt, as a loop in shadow has it.
 */
const routingText: Bench = async ({ quick }) => {
  const folder = dataFolder();
  if (!folder) throw new Error("The evaluation data is missing. Set LEARNING_DATA to its folder.");
  const seeds = quick ? [1] : [1, 2, 3, 4, 5];
  const sets = textSets(folder).map((set) => {
    const information = (quick ? (["full"] as const) : (["full", "logged"] as const)).map((info) => {
      const runs = new Map<string, Figures[]>(Object.keys(METHODS).map((name) => [name, []]));
      for (const seed of seeds) {
        const { train, test } = divided(set, seed);
        const rng = createRng(`log ${seed}`);
        const logged = info === "logged" ? train.map(() => rng.int(set.models.length)) : undefined;
        for (const [name, method] of Object.entries(METHODS))
          runs.get(name)?.push(judged(set, test, method(set, train, logged, seed)));
      }
      const figures = Object.fromEntries(
        [...runs].map(([name, of]) => {
          const recovered = of.flatMap((f) => f.recovered ?? []);
          const result = {
            value: round(mean(of.map((f) => f.value)), 4),
            bias: round(mean(of.map((f) => f.bias)), 4),
            ...(recovered.length > 0 && { recovered: round(mean(recovered), 4) }),
          };
          console.log(`${set.name.padEnd(9)} ${info.padEnd(7)} ${name.padEnd(16)} ${JSON.stringify(result)}`);
          return [name, result];
        }),
      );
      const [auto, plain, words] = [figures.auto!, figures.autoWithoutText!, figures.tfidfRidge!];
      return [
        info,
        {
          ...figures,
          ratioToTfidfRidge: round((auto.recovered ?? auto.value) / (words.recovered ?? words.value), 4),
          ratioToWithoutText: round((auto.recovered ?? auto.value) / (plain.recovered ?? plain.value), 4),
        },
      ];
    });
    const best = Math.max(...set.models.map((_, k) => mean(set.prompts.map((p) => p.rewards[k]!))));
    return {
      set: set.name,
      prompts: set.prompts.length,
      bestSingle: round(best, 4),
      ...Object.fromEntries(information),
    };
  });
  return { sets, seeds: seeds.length, trainShare: TRAIN_SHARE };
};

export default routingText;
