import type { PromptContent } from "../prompt-content.js";
import { ask, type ChatModelLike } from "./ask.js";
import { briefly } from "./example-text.js";
import { endOf, lastRefusal, NOTHING_TO_WRITE, type SearchContext, type SearchResult } from "./search.js";
import { tryAll } from "./try-all.js";
import { objection, textAt, withText, writableMessages } from "./vet.js";

const LOW = 0.5;
const MOST_COMMENTS = 20;
const CANDIDATES = 3;

/**
 * Rewrites instructions from what people said about low-rated runs: a few candidates from one model, the best
 * on the choosing examples is the proposal. Undefined without such comments.
 */
export async function rewrite(context: SearchContext, model: ChatModelLike): Promise<SearchResult> {
  const { base, choosing, trials, budget, validators, rated, attempts } = context;
  const complaints = rated
    .filter((r) => r.reward < LOW && r.comments.length > 0)
    .sort((a, b) => a.reward - b.reward)
    .flatMap((r) => r.comments)
    .slice(0, MOST_COMMENTS);
  const [target] = writableMessages(base);
  if (complaints.length === 0 || target === undefined) {
    const ended = complaints.length === 0 ? "no comments on low-rated runs" : NOTHING_TO_WRITE;
    attempts.push({ outcome: "refused", detail: ended });
    return { ended };
  }
  if (!trials.affordable(base, choosing)) return {};
  let best = { content: undefined as PromptContent | undefined, mean: await trials.mean(base, choosing) };
  const borrowed = await tryAll(context);
  if (borrowed) {
    const mean = await trials.mean(borrowed, choosing);
    if (mean > best.mean) best = { content: borrowed, mean };
  }
  let ended: string | undefined;
  for (let c = 0; c < CANDIDATES && budget.allows(1 + choosing.length); c++) {
    ended = endOf(attempts);
    if (ended !== undefined) break;
    const current = textAt(base, target).template;
    const question = [
      "The message to improve:",
      `<current>\n${current}\n</current>`,
      "What people criticised about its results:",
      ...complaints.map((text) => `- ${briefly(String(text))}`),
      `Rewrite it so that these complaints would not arise. This is attempt ${c + 1}; try another emphasis each time.`,
      ...lastRefusal(attempts),
    ].join("\n\n");
    const answer = await ask(model, question, current, context);
    if ("failure" in answer) {
      attempts.push({ outcome: answer.failure, detail: answer.detail });
      continue;
    }
    const candidate = withText(base, target, answer.text);
    const why = objection(base, candidate, validators);
    if (why) {
      attempts.push({ outcome: "refused", detail: why });
      continue;
    }
    const mean = await trials.mean(candidate, choosing);
    attempts.push({ outcome: mean > best.mean ? "kept" : "not better", detail: `mean ${mean.toFixed(3)}` });
    if (mean > best.mean) best = { content: candidate, mean };
  }
  return { ...(best.content && { content: best.content }), ...(ended !== undefined && { ended }) };
}
