import { AIMessage, HumanMessage, SystemMessage } from "@langchain/core/messages";
import { type BaseMessagePromptTemplateLike, ChatPromptTemplate, MessagesPlaceholder } from "@langchain/core/prompts";
import { z } from "zod";
import { checkArgument } from "../core/arguments.js";
import { digest, LearningError, messageOf, show } from "../core/index.js";

/** What is read of arguments. */
const CONTENT = { messages: "objects" } as const;

const messageSchema = z.union([
  z.strictObject({
    role: z.enum(["system", "human", "ai"]),
    template: z.string(),
    /** True for a message that is sent as it stands, braces included. */
    literal: z.boolean().optional(),
  }),
  z.strictObject({ placeholder: z.string().min(1), optional: z.boolean() }),
]);

/** A chat prompt as plain JSON: what versions store. */
export const promptContentSchema = z.strictObject({
  format: z.enum(["f-string", "mustache"]),
  messages: z.array(messageSchema).min(1),
});
/** A prompt as plain JSON: its messages, with variables in braces. */
export type PromptContent = z.infer<typeof promptContentSchema>;
/** One message of a prompt, or the place where messages of the conversation go. */
export type PromptMessage = PromptContent["messages"][number];

const ROLES: Readonly<Record<string, "system" | "human" | "ai">> = {
  SystemMessagePromptTemplate: "system",
  HumanMessagePromptTemplate: "human",
  AIMessagePromptTemplate: "ai",
};

interface MessageLike {
  variableName?: string;
  optional?: boolean;
  prompt?: { template?: unknown; templateFormat?: unknown; partialVariables?: object };
  lc_id?: string[];
  content?: unknown;
  name?: unknown;
  tool_calls?: readonly unknown[];
  additional_kwargs?: { tool_calls?: unknown; function_call?: unknown };
  getType?: () => string;
}

/**
 * The plain content of a LangChain template. Text messages and message placeholders are supported; images,
 * dictionaries, partial variables, and fixed messages with a name or tool calls fail with PROMPT_INVALID, since a
 * version must be readable text.
 * @example
 * ```ts
 * import { ChatPromptTemplate } from "@langchain/core/prompts";
 *
 * const content = promptContentOf(ChatPromptTemplate.fromMessages([["system", "Answer in {language}."]]));
 * variablesOf(content); // ["language"]
 * ```
 */
export function promptContentOf(template: ChatPromptTemplate): PromptContent {
  checkArgument(template, "template", { promptMessages: "list" }, "PROMPT_INVALID");
  const parts = [template, ...template.promptMessages.map((m) => (m as unknown as MessageLike).prompt)];
  if (parts.some((part) => Object.keys(part?.partialVariables ?? {}).length > 0))
    throw invalid("a template with partial variables", "all variables given when the prompt is formatted");
  // A template made from messages carries its format only in the messages.
  const formats = template.promptMessages.flatMap((m) => (m as unknown as MessageLike).prompt?.templateFormat ?? []);
  const format = formats[0] ?? template.templateFormat ?? "f-string";
  if ((format !== "f-string" && format !== "mustache") || formats.some((f) => f !== format))
    throw invalid(`format ${show([...new Set(formats)])}`, "f-string or mustache, one for all messages");
  const messages = template.promptMessages.map((m): PromptMessage => {
    const message = m as unknown as MessageLike;
    if (typeof message.variableName === "string")
      return { placeholder: message.variableName, optional: message.optional === true };
    const text = message.prompt?.template;
    const role = ROLES[message.lc_id?.at(-1) ?? ""];
    if (typeof text === "string" && role) return { role, template: text };
    const type = message.getType?.();
    const more = partsBesideText(message);
    if (more !== undefined) throw invalid(`a fixed message with ${more}`, "text messages and placeholders");
    if ((type === "system" || type === "human" || type === "ai") && typeof message.content === "string")
      return { role: type, template: message.content, literal: true };
    throw invalid(`a message of type ${show(message.lc_id?.at(-1) ?? type)}`, "text messages and placeholders");
  });
  return parseContent({ format, messages });
}

/** What a fixed message would lose as text. */
function partsBesideText({ name, tool_calls, additional_kwargs }: MessageLike): string | undefined {
  if (tool_calls?.length || additional_kwargs?.tool_calls || additional_kwargs?.function_call) return "tool calls";
  return name === undefined ? undefined : `the name ${show(name)}`;
}

/**
 * Checks stored or received content; fails with PROMPT_INVALID, also for templates that cannot be parsed.
 * @example parseContent({ format: "f-string", messages: [{ role: "system", template: "Answer in {language}." }] }).messages.length; // 1
 */
export function parseContent(value: unknown): PromptContent {
  const parsed = promptContentSchema.safeParse(value);
  if (!parsed.success) throw invalid(show(value), "prompt content", parsed.error);
  templateOf(parsed.data);
  return parsed.data;
}

/**
 * The LangChain template of a content.
 * @example
 * ```ts
 * const template = templateOf(parseContent({ format: "f-string", messages: [{ role: "system", template: "Answer in {language}." }] }));
 * const messages = await template.formatMessages({ language: "French" });
 * ```
 */
export function templateOf(content: PromptContent): ChatPromptTemplate {
  checkArgument(content, "content", CONTENT, "PROMPT_INVALID");
  const make = { system: SystemMessage, human: HumanMessage, ai: AIMessage };
  const messages = content.messages.map((m): BaseMessagePromptTemplateLike => {
    if ("placeholder" in m) return new MessagesPlaceholder({ variableName: m.placeholder, optional: m.optional });
    return m.literal ? new make[m.role](m.template) : [m.role, m.template];
  });
  try {
    return ChatPromptTemplate.fromMessages(messages, { templateFormat: content.format });
  } catch (error) {
    throw invalid(messageOf(error), "templates whose braces are balanced", error);
  }
}

/**
 * Names of the variables a prompt needs, sorted; placeholders included.
 * @example variablesOf(parseContent({ format: "f-string", messages: [{ role: "system", template: "{a} and {b}" }] })); // ["a", "b"]
 */
export function variablesOf(content: PromptContent): string[] {
  checkArgument(content, "content", CONTENT, "PROMPT_INVALID");
  return [...new Set(templateOf(content).inputVariables)].map(String).sort();
}

/**
 * Identifies a content; equal contents are one version.
 * @example
 * ```ts
 * const content = parseContent({ format: "f-string", messages: [{ role: "system", template: "Answer." }] });
 * contentDigest(content) === contentDigest(structuredClone(content)); // true
 * ```
 */
export function contentDigest(content: PromptContent): string {
  checkArgument(content, "content", CONTENT, "PROMPT_INVALID");
  return digest(JSON.stringify(content), 16);
}

/**
 * Why a content cannot replace another: variables lost or added, messages of a placeholder put into a text, or a
 * placeholder that may no longer be left out; undefined when it can.
 * @example
 * ```ts
 * const of = (text: string) => parseContent({ format: "f-string", messages: [{ role: "system", template: text }] });
 * variableChange(of("Answer {question}."), of("Please answer {question}.")); // undefined
 * ```
 */
export function variableChange(from: PromptContent, to: PromptContent): string | undefined {
  checkArgument(from, "from", CONTENT, "PROMPT_INVALID");
  checkArgument(to, "to", CONTENT, "PROMPT_INVALID");
  const [before, after] = [variablesOf(from), variablesOf(to)];
  const missing = before.filter((v) => !after.includes(v));
  const extra = after.filter((v) => !before.includes(v));
  const [was, is] = [usesOf(from), usesOf(to)];
  const asText = [...was.placeholders.keys()].filter((v) => is.texts.has(v) && !was.texts.has(v));
  const needed = [...was.placeholders].flatMap(([v, optional]) =>
    optional && is.placeholders.get(v) === false ? [v] : [],
  );
  const parts = [
    ...(asText.length > 0 ? [`with the messages of ${asText.join(", ")} in a text`] : []),
    ...(needed.length > 0 ? [`that needs ${needed.join(", ")}, which could be left out`] : []),
    ...(missing.length > 0 ? [`without the variables ${missing.join(", ")}`] : []),
    ...(extra.length > 0 ? [`with the extra variables ${extra.join(", ")}`] : []),
  ];
  return parts.length > 0 ? parts.join(" and ") : undefined;
}

/** The variables of a content's texts, and its placeholders with whether each may be left out. */
function usesOf(content: PromptContent) {
  const placeholders = new Map<string, boolean>();
  for (const m of content.messages)
    if ("placeholder" in m) placeholders.set(m.placeholder, m.optional && placeholders.get(m.placeholder) !== false);
  const texts = content.messages.filter((m) => "template" in m);
  return { placeholders, texts: new Set(variablesOf({ ...content, messages: texts })) };
}

function invalid(received: string, expected: string, cause?: unknown): LearningError {
  return new LearningError("PROMPT_INVALID", {
    received,
    expected,
    remedy: "Register a ChatPromptTemplate of text messages and placeholders.",
    ...(cause !== undefined && { cause }),
  });
}
