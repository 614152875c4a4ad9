import { checkArgument } from "../core/arguments.js";

/** Headings, list items, quotes, tables, fences and bold text of Markdown. */
const FORMATTED = /^\s*(#{1,6}\s|[-*+]\s|\d+[.)]\s|>\s|\||```)|\*\*[^*]+\*\*|__[^_]+__/;

/**
 * The share of a text's lines that are formatted as Markdown: what language models as judges tend to like better than
 * people do. Undefined for a text without lines.
 * @example formattingOf("# Answer\n\n- one\n- two\nplain"); // 0.75
 */
export function formattingOf(text: string): number | undefined {
  checkArgument(text, "text", "text", "REWARD_INVALID");
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.length === 0 ? undefined : lines.filter((line) => FORMATTED.test(line)).length / lines.length;
}
