import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRng, shuffled } from "langgraph-collective-learning";

/** A question with what each model's answer to it is worth, known for all of them. */
export interface Question {
  /** Task or subject. */
  task: string;
  text: string;
  chars: number;
  /** In [0,1], one per model. */
  rewards: readonly number[];
}

/** Questions for a choice between models: one half comes, the other half tells the truth. */
export interface ModelWorld {
  models: readonly string[];
  stream: readonly Question[];
  held: readonly Question[];
  /** Place of the model that is asked without learning. */
  fallback: number;
}

/** Nine models; the fallback is the median one. */
export function nineModels(folder: string): ModelWorld {
  const models = (JSON.parse(read(folder, "llmrouter_9models.meta.json")) as { models: string[] }).models;
  const halves = halvesOf(linesOf<Question>(folder, "llmrouter_9models.jsonl"));
  return { models, ...halves, fallback: ranked(models, halves.stream)[Math.floor(models.length / 2)] ?? 0 };
}

/** What the dear model's answer costs, in right answers. */
export const DEAR = 0.12;

/** A dear and a cheap model; a right answer less what it cost, brought to [0,1]. The fallback is the better one. */
export function dearAndCheap(folder: string, set: "mmlu" | "gsm8k"): ModelWorld {
  type Line = Omit<Question, "rewards"> & { subject: string; rewards: Record<string, number> };
  const lines = linesOf<Line>(folder, `routellm_${set}.jsonl`);
  const models = Object.keys(lines[0]?.rewards ?? {});
  const worth = (model: string, right: number) => (right + DEAR - (model.startsWith("gpt-4") ? DEAR : 0)) / (1 + DEAR);
  const halves = halvesOf(
    lines.map(({ subject, text, chars, rewards }) => ({
      task: subject,
      text,
      chars,
      rewards: models.map((model) => worth(model, rewards[model] ?? 0)),
    })),
  );
  return { models, ...halves, fallback: ranked(models, halves.stream).at(-1) ?? 0 };
}

const read = (folder: string, file: string) => readFileSync(join(folder, "llm-routing", file), "utf8");

function linesOf<T>(folder: string, file: string): T[] {
  return read(folder, file)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
}

function halvesOf(all: readonly Question[]): Pick<ModelWorld, "stream" | "held"> {
  const mixed = shuffled(all, createRng("halves"));
  const half = Math.floor(mixed.length / 2);
  return { stream: mixed.slice(0, half), held: mixed.slice(half) };
}

/** Places of the models, the worst first. */
function ranked(models: readonly string[], of: readonly Question[]): number[] {
  const mean = (m: number) => of.reduce((s, q) => s + (q.rewards[m] ?? 0), 0) / of.length;
  return models.map((_, m) => m).sort((a, b) => mean(a) - mean(b));
}
