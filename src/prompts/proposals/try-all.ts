import { meanError } from "../../math/mean-error.js";
import { shuffled } from "../../math/rng.js";
import type { PromptContent } from "../prompt-content.js";
import { changed } from "./change.js";
import type { SearchContext } from "./search.js";
import { objection } from "./vet.js";

/** Lessons that are tried together at most, and the examples on which they are. */
const MOST_LESSONS = 6;
const MINIBATCH = 6;
/** Standard errors by which they have to be better: what helps nothing is so one time in twenty. */
const CLEARLY = 2;

/**
 * Tries all that won elsewhere at once on a few examples: one look tells whether what other prompts learned means anything
 * here, at the price of a round. A search begins from it where it is clearly better.
 * @returns the content with all of it, where it was clearly better
 */
export async function tryAll(context: SearchContext): Promise<PromptContent | undefined> {
  const { base, learning, choosing, trials, validators, rng, attempts, lessons } = context;
  const won = lessons.filter((s) => s.won > 0).slice(0, MOST_LESSONS);
  const all = won.reduce((content, lesson) => changed(content, lesson) ?? content, base);
  if (all === base || objection(base, all, validators)) return undefined;
  const batch = shuffled(learning, rng.fork("lessons")).slice(0, MINIBATCH);
  if (!trials.affordable(all, [...batch, ...batch, ...choosing])) return undefined;
  const [before, after] = [await trials.all(base, batch), await trials.all(all, batch)];
  const gains = after.map((r, i) => r.score - (before[i]?.score ?? 0));
  const { mean, error } = meanError(gains);
  const isBetter = mean > CLEARLY * error;
  const gained = gains.reduce((sum, g) => sum + g, 0).toFixed(2);
  const detail = `${won.length} changes of other prompts together gained ${gained} on ${batch.length} examples`;
  attempts.push({ outcome: isBetter ? "kept" : "not better", detail });
  return isBetter ? all : undefined;
}
