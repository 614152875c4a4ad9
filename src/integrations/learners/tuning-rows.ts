import { checkArgument } from "../../core/arguments.js";
import type { Trace } from "../../core/index.js";
import { isExemplary, type RewardedRunsOptions, rewardedRuns } from "../rewarded-runs.js";

/** What was asked and what was answered in a run. */
export interface RunText {
  prompt: string;
  completion: string;
}

/** A row for supervised fine-tuning, in the chat form that trainers read. */
export interface SftRow {
  messages: [{ role: "user"; content: string }, { role: "assistant"; content: string }];
  reward: number;
  workflowId: string;
}

/** A row for direct preference optimisation (Rafailov et al., 2023). */
export interface DpoPair {
  prompt: string;
  chosen: string;
  rejected: string;
  /** Reward of the chosen answer, less that of the rejected one. */
  margin: number;
  workflowIds: [chosen: string, rejected: string];
}

/** Options of {@link sftRows} and {@link dpoPairs}. */
export interface TuningOptions extends RewardedRunsOptions {
  /** What of a run is prompt and completion; runs without are left out. State must have been captured for it. */
  textOf(trace: Trace): RunText | undefined;
}

/**
 * Judged runs as rows for supervised fine-tuning: those whose reward is at least `leastReward` (default 0.8).
 * Only runs that somebody judged count: a reward made of success and latency alone teaches nobody to write.
 * @example
 * ```ts
 * const textOf = ({ nodes }: Trace) => ({ prompt: "?", completion: JSON.stringify(nodes.at(-1)?.update) });
 * for await (const row of sftRows({ store, textOf })) console.log(JSON.stringify(row));
 * ```
 */
export async function* sftRows(options: TuningOptions & { leastReward?: number }): AsyncIterable<SftRow> {
  checkArgument(
    options,
    "options",
    { store: { read: "function", append: "function" }, textOf: "function" },
    "CONFIG_INVALID",
  );
  for await (const { trace, reward } of rewardedRuns(options)) {
    if (!isExemplary(reward, options.leastReward)) continue;
    const text = options.textOf(trace);
    if (!text) continue;
    const { prompt, completion } = text;
    const messages: SftRow["messages"] = [
      { role: "user", content: prompt },
      { role: "assistant", content: completion },
    ];
    yield { messages, reward, workflowId: trace.workflowId };
  }
}

/**
 * Pairs of runs of one prompt that were judged apart: the best against the worst of each prompt, where their rewards
 * differ by at least `leastMargin` (default 0.2). Prompts and answers are held in memory.
 * @example
 * ```ts
 * const textOf = ({ nodes }: Trace) => ({ prompt: "?", completion: JSON.stringify(nodes.at(-1)?.update) });
 * for (const { prompt, chosen, rejected } of await dpoPairs({ store, textOf, leastMargin: 0.3 }))
 *   console.log(JSON.stringify({ prompt, chosen, rejected }));
 * ```
 */
export async function dpoPairs(options: TuningOptions & { leastMargin?: number }): Promise<DpoPair[]> {
  checkArgument(
    options,
    "options",
    { store: { read: "function", append: "function" }, textOf: "function" },
    "CONFIG_INVALID",
  );
  const byPrompt = new Map<string, { completion: string; reward: number; workflowId: string }[]>();
  for await (const { trace, reward } of rewardedRuns(options)) {
    const text = options.textOf(trace);
    if (!text) continue;
    const entry = { completion: text.completion, reward, workflowId: trace.workflowId };
    byPrompt.set(text.prompt, [...(byPrompt.get(text.prompt) ?? []), entry]);
  }
  const pairs: DpoPair[] = [];
  for (const [prompt, answers] of byPrompt) {
    answers.sort((a, b) => b.reward - a.reward);
    const [best, worst] = [answers[0], answers.at(-1)];
    if (!best || !worst || best.completion === worst.completion) continue;
    const margin = best.reward - worst.reward;
    if (margin < (options.leastMargin ?? 0.2)) continue;
    const workflowIds: DpoPair["workflowIds"] = [best.workflowId, worst.workflowId];
    pairs.push({ prompt, chosen: best.completion, rejected: worst.completion, margin, workflowIds });
  }
  return pairs;
}
