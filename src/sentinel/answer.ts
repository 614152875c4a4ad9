/** What an agent's output says, whatever its form. */
export interface Answer {
  content: string;
  /** In [0,1], where the agent judges itself. */
  quality?: number;
  tokens: number;
  costUsd?: number;
}

interface MessageLike {
  content?: unknown;
  usage_metadata?: { total_tokens?: number };
}

/**
 * Reads an agent's output: a string; a message; a state with `messages` (the last one is the answer,
 * tokens are summed over all that carry usage); or an object with `content` (or `output`) and
 * optionally `quality`, `tokens`, `costUsd`. Anything else is kept as JSON.
 */
export function readAnswer(output: unknown): Answer {
  if (typeof output === "string") return { content: output, tokens: 0 };
  if (typeof output !== "object" || output === null) return { content: JSON.stringify(output) ?? "", tokens: 0 };
  const o = output as Record<string, unknown>;
  if (Array.isArray(o["messages"]) && o["messages"].length > 0) {
    const messages = o["messages"] as MessageLike[];
    const tokens = messages.reduce((sum, m) => sum + (m.usage_metadata?.total_tokens ?? 0), 0);
    return { ...numbers(o), content: textOf(messages.at(-1)?.content), tokens };
  }
  const content = o["content"] ?? o["output"];
  const tokens = (o as MessageLike).usage_metadata?.total_tokens ?? finite(o["tokens"]) ?? 0;
  return { ...numbers(o), content: content === undefined ? JSON.stringify(o) : textOf(content), tokens };
}

function numbers(o: Record<string, unknown>): Pick<Answer, "quality" | "costUsd"> {
  const quality = finite(o["quality"]);
  const costUsd = finite(o["costUsd"]);
  return { ...(quality === undefined ? {} : { quality }), ...(costUsd === undefined ? {} : { costUsd }) };
}

function finite(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return JSON.stringify(content) ?? "";
  return content
    .map((part: unknown) => (typeof part === "string" ? part : ((part as { text?: string } | null)?.text ?? "")))
    .join("");
}
