import { createRng, shuffled } from "../../src/math/rng.js";
import { areaUnderCurve, blindArea, type Offer, operatingPoints } from "./routing-text/curves.js";
import { METHODS, type Prompt } from "./routing-text/methods.js";
import { type TextSet, textSets } from "./routing-text/sets.js";
import type { Bench } from "./support/bench.js";
import { round } from "./support/bench.js";
import { dataFolder } from "./support/data.js";

const TRAIN_SHARE = 0.6;

/** Figures of a method on held-out prompts. */
interface Figures {
  /** Mean reward of the model it thinks best. */
  value: number;
  /** By how much it overrates that; NaN where it ranks models without predicting rewards. */
  bias: number;
  /** Mean reward over all budgets from the cheapest model to the dearest one (Hu et al. 2024). */
  area: number;
  /** Of two models: area under quality over the share of calls to the dear one, 0.5 for a random order (Ong et al. 2024). */
  recovered?: number;
}

function judged(set: TextSet, offers: readonly Offer[]): Figures {
  let value = 0;
  let bias = 0;
  const gaps: { gap: number; gain: number }[] = [];
  for (const { predicted, rewards } of offers) {
    let best = 0;
    for (let k = 1; k < set.models.length; k++) if (predicted[k]! > predicted[best]!) best = k;
    value += rewards[best]! / offers.length;
    bias += (predicted[best]! - rewards[best]!) / offers.length;
    gaps.push({ gap: predicted[0]! - predicted[1]!, gain: rewards[0]! - rewards[1]! });
  }
  const area = areaUnderCurve(operatingPoints(offers, set.prices), set.prices);
  if (set.models.length !== 2) return { value, bias, area };
  const total = gaps.reduce((s, g) => s + g.gain, 0);
  let reached = 0;
  let recovered = 0;
  for (const { gain } of gaps.sort((a, b) => b.gap - a.gap)) {
    recovered += (reached + gain / 2) / total / gaps.length;
    reached += gain;
  }
  return { value, bias, area, recovered };
}

/** What needs no prompt: the best single model, a budget's best single model, and a random mix of models. */
function blind(set: TextSet, train: readonly Prompt[], test: readonly Prompt[]) {
  const means = (of: readonly Prompt[]) => set.models.map((_, k) => mean(of.map((p) => p.rewards[k]!)));
  const [known, earned] = [means(train), means(test)];
  return {
    bestSingle: earned[known.indexOf(Math.max(...known))]!,
    bestSingleArea: blindArea(known, earned, set.prices, false),
    randomMixArea: blindArea(known, earned, set.prices, true),
    oracleArea: judged(
      set,
      test.map((p) => ({ predicted: p.rewards, rewards: p.rewards })),
    ).area,
  };
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
/** Standard deviation over the splits. */
const spread = (values: readonly number[]) =>
  Math.sqrt(mean(values.map((v) => (v - mean(values)) ** 2)) * (values.length / Math.max(1, values.length - 1)));
const summary = (values: readonly number[]) => round(mean(values), 4);

function figuresOf(of: readonly Figures[]) {
  const recovered = of.flatMap((f) => f.recovered ?? []);
  const bias = of.map((f) => f.bias).filter(Number.isFinite);
  return {
    value: summary(of.map((f) => f.value)),
    valueSpread: round(spread(of.map((f) => f.value)), 4),
    ...(bias.length > 0 && { bias: summary(bias) }),
    area: summary(of.map((f) => f.area)),
    areaSpread: round(spread(of.map((f) => f.area)), 4),
    ...(recovered.length > 0 && { recovered: summary(recovered) }),
  };
}

/** Mean difference of two methods' areas over the same splits, with its spread. */
function besides(ours: readonly Figures[], theirs: readonly Figures[]) {
  const differences = ours.map((f, i) => f.area - theirs[i]!.area);
  return { mean: summary(differences), spread: round(spread(differences), 4) };
}

/**
 * Which model to send a prompt to, learned from its text: our policies beside ridge, neighbours and matrix factorisation
 * over TF-IDF, prompt length and themselves without text, trained on six prompts in ten. `full`: every model's reward is
 * known, as the references have it; `logged`: one model was tried at random for each prompt, as a loop in shadow has it.
 * Areas are means over budgets, beside a random mix and the best single models, which look at no prompt.
 */
const routingText: Bench = async ({ quick }) => {
  const folder = dataFolder();
  if (!folder) throw new Error("The evaluation data is missing. Set LEARNING_DATA to its folder.");
  const seeds = quick ? [1] : Array.from({ length: 10 }, (_, i) => i + 1);
  const sets = textSets(folder).map((whole) => {
    const set = { ...whole, prompts: whole.prompts.filter((_, i) => !quick || whole.name !== "mmlu" || i % 4 === 0) };
    const splits = seeds.map((seed) => ({ seed, ...divided(set, seed) }));
    const information = (quick ? (["full"] as const) : (["full", "logged"] as const)).map((info) => {
      const runs = new Map<string, Figures[]>();
      for (const { seed, train, test } of splits) {
        const rng = createRng(`log ${seed}`);
        const logged = info === "logged" ? train.map(() => rng.int(set.models.length)) : undefined;
        for (const [name, method] of Object.entries(METHODS)) {
          const predict = method(set, train, logged, seed);
          if (!predict) continue;
          const figures = judged(
            set,
            test.map((p) => ({ predicted: predict(p), rewards: p.rewards })),
          );
          if (name === "matrixFactorisation") figures.bias = Number.NaN;
          runs.set(name, [...(runs.get(name) ?? []), figures]);
        }
      }
      const figures = Object.fromEntries(
        [...runs].map(([name, of]) => {
          const result = figuresOf(of);
          console.log(`${set.name.padEnd(9)} ${info.padEnd(7)} ${name.padEnd(19)} ${JSON.stringify(result)}`);
          return [name, result];
        }),
      );
      const [auto, plain, words] = [figures.auto!, figures.autoWithoutText!, figures.tfidfRidge!];
      const others = [...runs].filter(([name]) => name !== "auto");
      return [
        info,
        {
          ...figures,
          ratioToTfidfRidge: round((auto.recovered ?? auto.value) / (words.recovered ?? words.value), 4),
          ratioToWithoutText: round((auto.recovered ?? auto.value) / (plain.recovered ?? plain.value), 4),
          autoAreaLess: Object.fromEntries(others.map(([name, of]) => [name, besides(runs.get("auto")!, of)])),
        },
      ];
    });
    const without = splits.map(({ train, test }) => blind(set, train, test));
    const blindly = Object.fromEntries(
      (["bestSingle", "bestSingleArea", "randomMixArea", "oracleArea"] as const).map((key) => [
        key,
        summary(without.map((b) => b[key])),
      ]),
    );
    console.log(`${set.name.padEnd(9)} ${JSON.stringify(blindly)}`);
    return { set: set.name, prompts: set.prompts.length, ...blindly, ...Object.fromEntries(information) };
  });
  return { sets, seeds: seeds.length, trainShare: TRAIN_SHARE };
};

export default routingText;
