import { LearningError, show } from "../core/index.js";

/** What an agent's output says, whatever its form. */
export interface Answer {
  content: string;
  /** In [0,1], where the agent judges itself. */
  quality?: number;
  tokens: number;
  costUsd?: number;
}

type MessageLike = { content?: unknown; usage_metadata?: { total_tokens?: unknown } } | null | undefined;

/**
 * Reads an agent's output: a string; a message; a state with `messages` (the last one is the answer,
 * tokens are summed over all that carry usage); or an object with `content` (or `output`) and
 * optionally `quality`, `tokens`, `costUsd`. Anything else is kept as JSON. Amounts that are no amounts
 * (NaN, negative, text) count as 0.
 * @param prompt what the agent was asked: of an agent that remembers earlier runs in its messages, only
 * the tokens from there on are counted
 * @throws SENTINEL_INVALID where there is no answer: nothing, a blank text, a function, or a state without messages
 */
export function readAnswer(output: unknown, prompt?: string): Answer {
  const answer = answerIn(output, prompt);
  if (answer.content.trim() === "") throw noAnswer(output);
  return answer;
}

function answerIn(output: unknown, prompt: string | undefined): Answer {
  if (typeof output === "string") return { content: output, tokens: 0 };
  if (output === undefined || output === null || isCode(output)) throw noAnswer(output);
  if (typeof output !== "object") return { content: String(output), tokens: 0 };
  const o = output as Record<string, unknown>;
  if (Array.isArray(o["messages"])) {
    const messages = o["messages"] as MessageLike[];
    const last = messages.at(-1);
    if (!last) throw noAnswer(output);
    const asked = messages.findLastIndex((m) => prompt !== undefined && m?.content === prompt);
    const tokens = messages.slice(asked + 1).reduce((sum, m) => sum + amountOf(m?.usage_metadata?.total_tokens), 0);
    return { ...numbers(o), content: textOf(last.content), tokens };
  }
  const content = o["content"] ?? o["output"];
  const tokens = amountOf((o as MessageLike)?.usage_metadata?.total_tokens ?? o["tokens"]);
  return { ...numbers(o), content: content === undefined ? asJson(o) : textOf(content), tokens };
}

function asJson(output: object): string {
  try {
    return JSON.stringify(output) ?? "";
  } catch (error) {
    throw noAnswer(output, error);
  }
}

/** What was to be called, or a mere token: its text says nothing. */
const isCode = (value: unknown) => typeof value === "function" || typeof value === "symbol";

function numbers(o: Record<string, unknown>): Pick<Answer, "quality" | "costUsd"> {
  const quality = finite(o["quality"]);
  return {
    ...(quality === undefined ? {} : { quality }),
    ...(o["costUsd"] === undefined ? {} : { costUsd: amountOf(o["costUsd"]) }),
  };
}

/** A count or sum as somebody else states it: 0 for what is no finite number above zero. */
export function amountOf(value: unknown): number {
  return Math.max(0, finite(value) ?? 0);
}

function noAnswer(output: unknown, cause?: unknown): LearningError {
  return new LearningError("SENTINEL_INVALID", {
    received: `the answer ${show(output)}`,
    expected: "a text, a message, a state with messages, or an object with content",
    remedy: "Let the agent return its result.",
    cause,
  });
}

function finite(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return JSON.stringify(content) ?? "";
  return content
    .map((part: unknown) => (typeof part === "string" ? part : (part as { text?: unknown } | null)?.text))
    .filter((text) => typeof text === "string")
    .join("");
}
