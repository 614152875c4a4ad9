import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRng, shuffled } from "../../../src/math/rng.js";

/** One target of the reward benchmark: named plain features, values, and which rows belong together. */
export interface RewardSet {
  set: string;
  target: string;
  rows: Record<string, number | string>[];
  y: number[];
  /** Rows of one group never stand on both sides of a split. */
  group: string[];
  /** Outer fold of each row. */
  fold: number[];
}

const HANNA_TARGETS = ["relevance", "coherence", "empathy", "surprise", "engagement", "complexity"];
const HANNA_FEATURES = [
  "text_len",
  "compression",
  "coverage",
  "density",
  "novelty1",
  "novelty2",
  "novelty3",
  "repetition1",
  "repetition2",
  "repetition3",
  "supert_prompt_story",
  "supert_story_story",
  "blanc_help_prompt_story",
  "bartscore_prompt_story",
  "bartscore_story_prompt",
];

function readCsv(file: string): Record<string, string>[] {
  const [header = "", ...lines] = readFileSync(file, "utf8").trim().split(/\r?\n/);
  const names = header.split(",");
  return lines.map((line) => {
    const cells = line.split(",");
    return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? ""]));
  });
}

const pick = (row: Record<string, string>, names: readonly string[]) =>
  Object.fromEntries(
    names.map((name) => {
      const text = row[name];
      const value = Number(text);
      return [name, text === "" || Number.isNaN(value) ? text : value];
    }),
  );

/** Folds by group: the groups in random order, dealt out one by one. */
export function foldsOf(group: readonly string[], k: number, seed: number): number[] {
  const order = shuffled([...new Set(group)], createRng(seed));
  const at = new Map(order.map((g, i) => [g, i % k]));
  return group.map((g) => at.get(g) as number);
}

/** The reward sets under `folder`/reward: HANNA by prompt, wine by row, MT-Bench by question. */
export function rewardSets(folder: string, seed = 1, k = 5): RewardSet[] {
  const hanna = readCsv(join(folder, "reward", "hanna.csv"));
  const wine = readCsv(join(folder, "reward", "wine_quality.csv"));
  const bench = readCsv(join(folder, "reward", "mtbench_scores.csv"));
  const build = (
    set: string,
    target: string,
    source: Record<string, string>[],
    features: readonly string[],
    column: string,
    groupOf: (row: Record<string, string>, i: number) => string,
  ): RewardSet => {
    const group = source.map(groupOf);
    return {
      set,
      target,
      rows: source.map((r) => pick(r, features)),
      y: source.map((r) => Number(r[column])),
      group,
      fold: foldsOf(group, k, seed),
    };
  };
  const wineFeatures = Object.keys(wine[0] ?? {}).filter((name) => name !== "quality");
  return [
    ...HANNA_TARGETS.map((t) => build("hanna", t, hanna, HANNA_FEATURES, t, (r) => r.prompt_idx)),
    build("wine", "quality", wine, wineFeatures, "quality", (_, i) => String(i)),
    build("mtbench", "score", bench, ["category", "turn", "model", "answer_chars"], "score", (r) => r.question_id),
  ];
}

/** Plain numbers for the peers: categories as indicator columns. */
export function numericColumns(rows: readonly Record<string, number | string>[]): number[][] {
  const names = Object.keys(rows[0] ?? {});
  const columns = names.flatMap((name) => {
    const values = rows.map((r) => r[name]);
    if (values.every((v) => typeof v === "number")) return [(r: (typeof rows)[number]) => r[name] as number];
    return [...new Set(values)].sort().map((level) => (r: (typeof rows)[number]) => (r[name] === level ? 1 : 0));
  });
  return rows.map((r) => columns.map((of) => of(r)));
}
