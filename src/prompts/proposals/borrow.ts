import { shuffled } from "../../math/rng.js";
import { changed } from "./change.js";
import { NOTHING_TO_WRITE, type SearchContext, type SearchResult } from "./search.js";
import { objection, writableMessages } from "./vet.js";

/** Changes tried at most, and examples on which each has to prove itself before all choosing ones are spent on it. */
const MOST_TRIED = 12;
const MINIBATCH = 8;

/**
 * Changes that won experiments of other prompts, one after the other and the most promising first: a sentence is added to
 * the instructions, or taken out of them, and stays where the choosing examples do better. Needs no model.
 */
export async function borrow(context: SearchContext): Promise<SearchResult> {
  const { base, learning, choosing, trials, validators, rng, attempts, lessons } = context;
  const isFixed = writableMessages(base).length === 0;
  const won = lessons.filter((s) => s.won > 0);
  const ended = isFixed ? NOTHING_TO_WRITE : "no change of another prompt won its experiment";
  if (isFixed || won.length === 0) {
    attempts.push({ outcome: "refused", detail: ended });
    return { ended };
  }
  const batch = shuffled(learning, rng).slice(0, MINIBATCH);
  if (!trials.affordable(base, [...batch, ...choosing])) return {};
  let top = { content: base, sample: await trials.mean(base, batch), mean: await trials.mean(base, choosing) };
  for (const lesson of won.slice(0, MOST_TRIED)) {
    const content = changed(top.content, lesson);
    const why = content ? objection(base, content, validators) : "it says so already";
    if (!content || why) {
      attempts.push({ outcome: "refused", detail: `${lesson.text}: ${why}` });
      continue;
    }
    if (!trials.affordable(content, [...batch, ...choosing])) {
      attempts.push({ outcome: "budget", detail: "the budget is used up" });
      break;
    }
    const sample = await trials.mean(content, batch);
    const mean = sample > top.sample ? await trials.mean(content, choosing) : Number.NaN;
    const isBetter = mean > top.mean;
    const so = Number.isNaN(mean) ? `no better on ${batch.length} examples` : `mean ${mean.toFixed(3)}`;
    attempts.push({ outcome: isBetter ? "kept" : "not better", detail: `${lesson.kind}: ${lesson.text}: ${so}` });
    if (isBetter) top = { content, sample, mean };
  }
  return top.content === base ? {} : { content: top.content };
}
