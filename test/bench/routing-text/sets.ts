import { readFileSync } from "node:fs";
import type { DecisionContext } from "../../../src/core/index.js";

/** A set of prompts with what each model would have earned on each. */
export interface TextSet {
  name: string;
  models: string[];
  /** What a call costs: dollars per million tokens, or 1 for the dear model of two and 0 for the cheap one. */
  prices: number[];
  prompts: { context: DecisionContext; text: string; chars: number; group?: string; rewards: number[] }[];
  /** How prompts are divided: any, or whole subjects so that those of the test were never seen. */
  split: "prompt" | "group";
}

type Item = {
  text: string;
  chars: number;
  task?: string;
  subject?: string;
  rewards: Record<string, number> | number[];
};

const jsonLines = (file: string): Item[] =>
  readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Item);

/** Nine models by prompt, MMLU by unseen subject, GSM8K by prompt. Rewards are correctness alone. */
export function textSets(folder: string): TextSet[] {
  const meta = JSON.parse(readFileSync(`${folder}/llm-routing/llmrouter_9models.meta.json`, "utf8")) as {
    models: string[];
    price_per_M_tokens_usd: Record<string, number>;
  };
  const nine: TextSet = {
    name: "9 models",
    models: meta.models,
    prices: meta.models.map((m) => meta.price_per_M_tokens_usd[m]!),
    split: "prompt",
    prompts: jsonLines(`${folder}/llm-routing/llmrouter_9models.jsonl`).map((i) => ({
      context: { task: i.task ?? null, chars: i.chars },
      text: i.text,
      chars: i.chars,
      rewards: i.rewards as number[],
    })),
  };
  const pair = (name: string, split: TextSet["split"]): TextSet => {
    const models = ["gpt-4-1106-preview", "mixtral-8x7b-instruct"];
    return {
      name,
      models,
      prices: [1, 0],
      split,
      prompts: jsonLines(`${folder}/llm-routing/routellm_${name}.jsonl`).map((i) => ({
        context: { chars: i.chars },
        text: i.text,
        chars: i.chars,
        group: i.subject,
        rewards: models.map((m) => (i.rewards as Record<string, number>)[m]),
      })),
    };
  };
  return [nine, pair("mmlu", "group"), pair("gsm8k", "prompt")];
}
