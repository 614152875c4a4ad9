import { LATE, within } from "../../core/deadline.js";
import { type Clock, messageOf } from "../../core/index.js";
import type { Budget } from "./budget.js";

/** Any LangChain chat model: what is used of it. */
export interface ChatModelLike {
  invoke(
    messages: [role: "system" | "human", content: string][],
    options?: { signal?: AbortSignal },
  ): Promise<{
    content: unknown;
    usage_metadata?: { input_tokens?: number; output_tokens?: number } | undefined;
  }>;
}

/** Prices of the proposing model, for budgets in dollars. */
export interface TokenPrices {
  inputPerMillionUsd: number;
  outputPerMillionUsd: number;
}

/** What came back: the new text, or why there is none. */
export type Answer = { text: string } | { failure: "timeout" | "error" | "garbage" | "budget"; detail: string };

const SYSTEM = [
  "You improve one message of a prompt template.",
  "Keep every variable exactly as written, braces included, and add none.",
  "Answer with the complete new message between <prompt> and </prompt>, and nothing else.",
].join(" ");

/** Asks a model for a new message; never throws, and never waits longer than `timeoutMs`. */
export async function ask(
  model: ChatModelLike,
  question: string,
  { budget, clock, timeoutMs, prices }: { budget: Budget; clock: Clock; timeoutMs: number; prices?: TokenPrices },
): Promise<Answer> {
  if (!budget.allows(1)) return { failure: "budget", detail: "the budget is used up" };
  const stop = new AbortController();
  try {
    const asked = model.invoke(
      [
        ["system", SYSTEM],
        ["human", question],
      ],
      { signal: stop.signal },
    );
    const reply = await within(asked, timeoutMs, clock);
    if (reply === LATE) {
      stop.abort();
      budget.spend();
      return { failure: "timeout", detail: `no answer within ${timeoutMs} ms` };
    }
    const { input_tokens: input = 0, output_tokens: output = 0 } = reply.usage_metadata ?? {};
    const cost = prices ? (input * prices.inputPerMillionUsd + output * prices.outputPerMillionUsd) / 1e6 : 0;
    budget.spend({ tokens: input + output, costUsd: cost });
    const text = /<prompt>([\s\S]*?)<\/prompt>/.exec(textOf(reply.content))?.[1]?.trim();
    return text ? { text } : { failure: "garbage", detail: `no <prompt> in ${textOf(reply.content).slice(0, 80)}` };
  } catch (error) {
    budget.spend();
    return { failure: "error", detail: messageOf(error) };
  }
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return String(content);
  return content.map((part) => (part as { text?: unknown })?.text ?? "").join("");
}
