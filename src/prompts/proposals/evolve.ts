import { shuffled } from "../../math/rng.js";
import { contentDigest, type PromptContent } from "../prompt-content.js";
import { ask, type ChatModelLike } from "./ask.js";
import { briefly, variablesText } from "./example-text.js";
import { drawFromFront } from "./pareto.js";
import { endOf, lastRefusal, NOTHING_TO_WRITE, REPEATED, type SearchContext, type SearchResult } from "./search.js";
import type { PromptExample, TrialResult } from "./trial.js";
import { tryAll } from "./try-all.js";
import { objection, textAt, withText, writableMessages } from "./vet.js";

interface Member {
  content: PromptContent;
  /** Mean score per segment of the choosing examples. */
  scores: number[];
}

const MINIBATCH = 4;
/** Mean score from which nothing is left to gain. */
const PERFECT = 0.999;

/**
 * Reflective evolution (GEPA, Agrawal et al., 2025): a parent from the Pareto front over segments runs on a
 * few examples, a model reads how that went and rewrites one message, and the child joins the pool if it
 * does better on the same examples. Ends with the budget, or when nothing is left to gain; the best mean over
 * segments wins.
 */
export async function evolve(context: SearchContext, model: ChatModelLike): Promise<SearchResult> {
  const { base, learning, choosing, trials, budget, validators, rng, attempts } = context;
  const segments = [...new Set(choosing.map((e) => e.segment ?? ""))];
  const scored = async (content: PromptContent): Promise<Member> => {
    const results = await trials.all(content, choosing);
    return { content, scores: segments.map((s) => meanOf(results, choosing, s)) };
  };
  const targets = writableMessages(base);
  if (targets.length === 0) return { ended: NOTHING_TO_WRITE };
  if (!trials.affordable(base, choosing)) return {};
  const pool = [await scored(base)];
  const seen = new Set([contentDigest(base)]);
  const borrowed = await tryAll(context);
  if (borrowed) {
    seen.add(contentDigest(borrowed));
    pool.push(await scored(borrowed));
  }
  const overall = (m: Member) => m.scores.reduce((s, v) => s + v, 0) / m.scores.length;
  const bestOf = () => pool.reduce((a, b) => (overall(b) > overall(a) ? b : a));
  let ended: string | undefined;
  for (let round = 0; ; round++) {
    if (overall(bestOf()) >= PERFECT) ended = "every choosing example is answered perfectly";
    else ended = endOf(attempts);
    if (ended !== undefined) break;
    const parent =
      pool[
        drawFromFront(
          pool.map((m) => m.scores),
          rng,
        )
      ];
    const batch = shuffled(learning, rng).slice(0, MINIBATCH);
    if (!budget.allows(1 + trials.missing(parent.content, batch) + batch.length)) break;
    const before = await trials.all(parent.content, batch);
    const target = targets[round % targets.length];
    const current = textAt(parent.content, target).template;
    const question = [reflection(parent.content, target, batch, before), ...lastRefusal(attempts)].join("\n\n");
    const answer = await ask(model, question, current, context);
    if ("failure" in answer) {
      attempts.push({ outcome: answer.failure, detail: answer.detail });
      continue;
    }
    const child = withText(parent.content, target, answer.text);
    const why = seen.has(contentDigest(child)) ? REPEATED : objection(base, child, validators);
    if (why) {
      attempts.push({ outcome: "refused", detail: why });
      continue;
    }
    seen.add(contentDigest(child));
    const after = await trials.all(child, batch);
    const gain = total(after) - total(before);
    if (gain <= 0 || !trials.affordable(child, choosing)) {
      attempts.push({
        outcome: gain <= 0 ? "not better" : "budget",
        detail: `gained ${gain.toFixed(2)} on ${batch.length} examples`,
      });
      continue;
    }
    pool.push(await scored(child));
    attempts.push({ outcome: "kept", detail: `gained ${gain.toFixed(2)} on ${batch.length} examples` });
  }
  const best = bestOf();
  return { ...(best !== pool[0] && { content: best.content }), ...(ended !== undefined && { ended }) };
}

function meanOf(results: readonly TrialResult[], examples: readonly PromptExample[], segment: string): number {
  const own = results.filter((_, i) => (examples[i].segment ?? "") === segment);
  return total(own) / own.length;
}

function total(results: readonly TrialResult[]): number {
  return results.reduce((s, r) => s + r.score, 0);
}

function reflection(
  content: PromptContent,
  target: number,
  batch: readonly PromptExample[],
  results: readonly TrialResult[],
): string {
  const message = textAt(content, target);
  const cases = batch.map((e, i) => {
    const r = results[i];
    const wanted = e.expected === undefined ? "" : `\nexpected: ${briefly(String(e.expected))}`;
    const feedback = briefly(String(r.feedback ?? "(none)"));
    return `input: ${variablesText(e.variables)}${wanted}\nscore: ${r.score.toFixed(2)} of 1\nfeedback: ${feedback}`;
  });
  return [
    `The ${message.role} message to improve:`,
    `<current>\n${message.template}\n</current>`,
    "How it did:",
    ...cases,
    "Find out what the better answers needed that the message does not say, and rewrite it so that it does.",
  ].join("\n\n");
}
