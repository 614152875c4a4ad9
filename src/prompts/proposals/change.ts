import type { PromptContent } from "../prompt-content.js";
import { type Lesson, normalised, sentencesOf } from "./lessons.js";
import { textAt, withText, writableMessages } from "./vet.js";

/** The content with the sentence added, or without it; undefined where that changes nothing. */
export function changed(content: PromptContent, { kind, text }: Lesson): PromptContent | undefined {
  const said = sentencesOf(content).find((s) => normalised(s) === normalised(text));
  if (kind === "added") {
    const [target] = writableMessages(content);
    if (said !== undefined || target === undefined) return undefined;
    const { template } = textAt(content, target);
    return withText(content, target, `${template.trimEnd()}${template.includes("\n") ? "\n" : " "}${text}`);
  }
  const at =
    said === undefined ? undefined : writableMessages(content).find((i) => textAt(content, i).template.includes(said));
  if (said === undefined || at === undefined) return undefined;
  const rest = textAt(content, at).template.replace(said, "").replaceAll(/ {2,}/g, " ").trim();
  return rest.length > 0 ? withText(content, at, rest) : undefined;
}
