import { readFileSync } from "node:fs";
import type { DecisionContext } from "../../../src/core/index.js";
import type { FeatureVector } from "../../../src/dataset/index.js";
import { fitEncoder } from "../../../src/dataset/index.js";

/** Examples with the reward of every candidate: full information, of which a learner sees one entry at a time. */
export interface BanditSet {
  name: string;
  candidates: string[];
  contexts: DecisionContext[];
  encoded: FeatureVector[];
  /** Reward in [0,1] by example and candidate. */
  rewards: number[][];
  /** Features of the candidates, where the set has any. */
  candidateContexts?: DecisionContext[];
  candidateFeatures?: FeatureVector[];
  /** Group of each example, for the regret to the best candidate per group. */
  groups?: string[];
  reference: number;
  /** What a simple method reached online in one order (BASELINES.json), or the best candidate known in hindsight. */
  referenceKind: "online" | "best single";
}

/** Quality counts nine parts and saving the dear model's price one part. */
const QUALITY = 0.9;

type Item = Record<string, unknown> & { text: string; chars: number };

const lines = (file: string): string[] => readFileSync(file, "utf8").trim().split("\n");
const jsonLines = (file: string): Item[] => lines(file).map((l) => JSON.parse(l) as Item);

/** Every set of the data folder, contexts encoded by the package's own encoder (which sees no reward). */
export function banditSets(folder: string): BanditSet[] {
  const baselines = JSON.parse(readFileSync(`${folder}/BASELINES.json`, "utf8")) as {
    bandit_classification: Record<string, { online: Record<string, number[]> }>;
  };
  const tables = ["iris", "vehicle", "segment", "satellite", "mushroom"].map((name) =>
    table(
      name,
      `${folder}/bandit/${name}.csv`,
      Math.max(...Object.values(baselines.bandit_classification[name]?.online ?? {}).map((v) => v[0])),
    ),
  );
  return [...tables, nineModels(folder), ...pairs(folder)];
}

function table(name: string, file: string, reference: number): BanditSet {
  const [head = "", ...rows] = lines(file);
  const names = head.split(",").slice(0, -1);
  const cells = rows.map((r) => r.split(","));
  const candidates = [...new Set(cells.map((c) => c.at(-1) as string))].sort();
  const contexts = cells.map((c) =>
    Object.fromEntries(
      names.map((n, i) => {
        const value = c[i];
        return [n, value === "?" ? null : Number.isFinite(Number(value)) ? Number(value) : value];
      }),
    ),
  );
  const rewards = cells.map((c) => candidates.map((k) => (k === c.at(-1) ? 1 : 0)));
  return { name, candidates, contexts, encoded: encode(contexts), rewards, reference, referenceKind: "online" };
}

function encode(contexts: DecisionContext[]): FeatureVector[] {
  const encoder = fitEncoder(contexts);
  return contexts.map((c) => encoder.encode(c));
}

function nineModels(folder: string): BanditSet {
  const meta = JSON.parse(readFileSync(`${folder}/llm-routing/llmrouter_9models.meta.json`, "utf8")) as {
    models: string[];
    price_per_M_tokens_usd: Record<string, number>;
  };
  const items = jsonLines(`${folder}/llm-routing/llmrouter_9models.jsonl`);
  const contexts = items.map((i) => ({ task: i.task as string, text: i.text, chars: i.chars }));
  const rewards = items.map((i) => i.rewards as number[]);
  const candidateContexts = meta.models.map((m) => ({
    price: meta.price_per_M_tokens_usd[m],
    size: Number(/(\d+)b/.exec(m)?.[1] ?? 0),
    family: m.split(/[-\d]/)[0],
  }));
  return {
    name: "9 models",
    candidates: meta.models,
    contexts,
    encoded: encode(contexts),
    rewards,
    candidateContexts,
    candidateFeatures: encode(candidateContexts),
    groups: items.map((i) => i.task as string),
    reference: bestSingle(rewards),
    referenceKind: "best single",
  };
}

function pairs(folder: string): BanditSet[] {
  const load = (name: string, quality: (item: Item, model: string) => number): BanditSet => {
    const items = jsonLines(`${folder}/llm-routing/routellm_${name}.jsonl`);
    const candidates = ["gpt-4-1106-preview", "mixtral-8x7b-instruct"];
    const contexts = items.map((i) => ({
      subject: (i.subject ?? null) as string | null,
      text: i.text,
      chars: i.chars,
    }));
    const rewards = items.map((i) => candidates.map((m, k) => QUALITY * quality(i, m) + (k === 1 ? 1 - QUALITY : 0)));
    return {
      name,
      candidates,
      contexts,
      encoded: encode(contexts),
      rewards,
      reference: bestSingle(rewards),
      referenceKind: "best single",
    };
  };
  const correct = (item: Item, model: string) => (item.rewards as Record<string, number>)[model];
  return [
    load("mmlu", correct),
    load("gsm8k", correct),
    load("mtbench", (item, model) => {
      const [first = 1, second = 1] = (item.scores as Record<string, number[]>)[model] ?? [];
      return ((first + second) / 2 - 1) / 9;
    }),
  ];
}

function bestSingle(rewards: number[][]): number {
  const sums = (rewards[0] ?? []).map((_, k) => rewards.reduce((s, r) => s + r[k], 0));
  return Math.max(...sums) / rewards.length;
}
