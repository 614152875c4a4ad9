import { LATE, within } from "../../core/deadline.js";
import { type Clock, messageOf } from "../../core/index.js";
import { counted, type ProposalBudget } from "./budget.js";
import { fenceFor, readFenced, unwrapped } from "./fence.js";

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

/** A model that can be held to a JSON schema, as LangChain's `withStructuredOutput` does; used where it works. */
interface StructuredModelLike {
  withStructuredOutput(
    schema: Record<string, unknown>,
    config: { name: string; includeRaw: true },
  ): {
    invoke(
      messages: [role: "system" | "human", content: string][],
      options?: { signal?: AbortSignal },
    ): Promise<{ raw?: unknown; parsed?: unknown }>;
  };
}

/** Prices of the proposing model, for budgets in dollars. */
export interface TokenPrices {
  inputPerMillionUsd: number;
  outputPerMillionUsd: number;
}

/** What came back: the new text, or why there is none. */
export type ModelReply = { text: string } | { failure: "timeout" | "error" | "garbage" | "budget"; detail: string };

const systemText = (form: string) =>
  [
    "You improve one message of a prompt template.",
    "Keep every variable exactly as written, braces included, and add none.",
    form,
  ].join(" ");

const SCHEMA = {
  title: "new_message",
  type: "object",
  properties: { message: { type: "string", description: "the complete new message, and nothing else" } },
  required: ["message"],
};

/** What asking needs and remembers over a search. */
export interface AskContext {
  budget: ProposalBudget;
  clock: Clock;
  timeoutMs: number;
  prices?: TokenPrices;
  /** Models that did not answer by the schema: they are asked for text from then on. */
  unstructured?: WeakSet<object>;
}

type Message = [role: "system" | "human", content: string];
interface Reply {
  content: unknown;
  usage_metadata?: { input_tokens?: number; output_tokens?: number } | undefined;
}

/**
 * Asks a model for a new version of `current`; never throws, and never waits longer than `timeoutMs`. By a JSON
 * schema where the model has structured output, otherwise between tags that `current` does not contain.
 */
export async function ask(
  model: ChatModelLike,
  question: string,
  current: string,
  context: AskContext,
): Promise<ModelReply> {
  const { budget, unstructured } = context;
  if (!budget.allows(1)) return { failure: "budget", detail: "the budget is used up" };
  const structured = unstructured?.has(model) ? undefined : structuredOf(model);
  if (structured) {
    const messages: Message[] = [
      ["system", systemText("Answer with the complete new message.")],
      ["human", question],
    ];
    const reply = await spending(context, (signal) => structured.invoke(messages, { signal }), rawOf);
    const message = "reply" in reply ? (reply.reply?.parsed as { message?: unknown } | null)?.message : undefined;
    if (typeof message === "string" && message.trim()) return { text: unwrapped(message.trim(), current) };
    unstructured?.add(model);
    if ("failure" in reply && reply.failure === "timeout") return reply;
    if (!budget.allows(1)) return { failure: "budget", detail: "the budget is used up" };
  }
  const fence = fenceFor(current);
  const form = `Answer with the complete new message between <${fence.tag}> and </${fence.tag}>, and nothing else.`;
  const messages: Message[] = [
    ["system", systemText(form)],
    ["human", question],
  ];
  const reply = await spending(
    context,
    (signal): Promise<Reply | undefined> => model.invoke(messages, { signal }),
    (r) => r,
  );
  if ("failure" in reply) return reply;
  const found = readFenced(textOf(reply.reply?.content), fence);
  return "text" in found ? { text: unwrapped(found.text, current) } : { failure: "garbage", detail: found.fault };
}

/** A model's structured form; undefined where it has none, or says so when it is made. */
function structuredOf(model: ChatModelLike) {
  const { withStructuredOutput } = model as ChatModelLike & Partial<StructuredModelLike>;
  if (typeof withStructuredOutput !== "function") return undefined;
  try {
    return withStructuredOutput.call(model, SCHEMA, { name: SCHEMA.title, includeRaw: true });
  } catch {
    // LangChain's base class has the method for every model, and it throws where the model cannot do it.
    return undefined;
  }
}

const rawOf = (answer: { raw?: unknown }): Reply | undefined => answer.raw as Reply | undefined;

/** One call within the time limit, its cost charged whatever becomes of it. */
async function spending<T>(
  { budget, clock, timeoutMs, prices }: AskContext,
  call: (signal: AbortSignal) => Promise<T>,
  usageOf: (answer: T) => Reply | undefined,
): Promise<{ reply: T } | { failure: "timeout" | "error"; detail: string }> {
  const stop = new AbortController();
  try {
    const reply = await within(call(stop.signal), timeoutMs, clock);
    if (reply === LATE) {
      stop.abort();
      budget.spend();
      return { failure: "timeout", detail: `no answer within ${timeoutMs} ms` };
    }
    const { input_tokens, output_tokens } = usageOf(reply)?.usage_metadata ?? {};
    const [input, output] = [counted(input_tokens), counted(output_tokens)];
    const cost = prices ? (input * prices.inputPerMillionUsd + output * prices.outputPerMillionUsd) / 1e6 : 0;
    budget.spend({ tokens: input + output, costUsd: cost });
    return { reply };
  } catch (error) {
    budget.spend();
    return { failure: "error", detail: messageOf(error) };
  }
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return String(content ?? "");
  return content.map((part) => (typeof part === "string" ? part : ((part as { text?: unknown })?.text ?? ""))).join("");
}
