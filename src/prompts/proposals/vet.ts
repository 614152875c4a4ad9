import { messageOf, show } from "../../core/index.js";
import { type PromptContent, parseContent, variableChange } from "../prompt-content.js";

/** The user's own check of a proposal: why it is not acceptable, or undefined. */
export type PromptValidator = (content: PromptContent) => string | undefined;

/** Why a candidate may not even be tried: it cannot be parsed, loses or adds variables, or a validator objects. */
export function objection(
  base: PromptContent,
  candidate: PromptContent,
  validators: readonly PromptValidator[],
): string | undefined {
  try {
    parseContent(candidate);
    const change = variableChange(base, candidate);
    if (change) return `a prompt ${change}`;
    for (const validate of validators) {
      const complaint = validate(candidate);
      if (typeof complaint === "string") return complaint;
      if (complaint) return `a validator answered ${show(complaint)}, neither a text nor undefined`;
    }
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Indices of the messages whose text may be rewritten: instructions, fixed ones too, but no demonstrations. */
export function writableMessages(content: PromptContent): number[] {
  return content.messages.flatMap((m, i) =>
    "template" in m && (m.role === "system" || (m.role === "human" && !m.literal)) ? [i] : [],
  );
}

/** The message at one of {@link writableMessages}. */
export function textAt(content: PromptContent, index: number) {
  const message = content.messages[index];
  if ("template" in message) return message;
  throw new TypeError(`message ${index} of the prompt has no text`);
}

/** A content with one message's text replaced. */
export function withText(content: PromptContent, index: number, text: string): PromptContent {
  return {
    ...content,
    messages: content.messages.map((m, i) => (i === index && "template" in m ? { ...m, template: text } : m)),
  };
}
