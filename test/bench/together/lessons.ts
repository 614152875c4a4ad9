import { ManualClock } from "../../../src/core/index.js";
import { createRng, type Rng, shuffled } from "../../../src/math/rng.js";
import {
  type ChatModelLike,
  type PromptChange,
  type PromptContent,
  type PromptExample,
  propose,
  type RunExample,
} from "../../../src/prompts/index.js";
import { median, round } from "../support/bench.js";

/** Instructions that could be given; four of them matter for the prompt, each a fifth of the score. */
const BANK = Array.from({ length: 30 }, (_, i) => `Mind rule ${i}.`);
const MATTER = 4;
/** Experiments of other prompts, two in three of which were won. */
const EXPERIMENTS = 9;
const CALLS = 400;

const content = (instructions: string): PromptContent => ({
  format: "f-string",
  messages: [
    { role: "system", template: instructions },
    { role: "human", template: "{question}" },
  ],
});

/** What other prompts' experiments said: in a related world the rules that matter here won there too, most of them. */
function elsewhere(isRelated: boolean, matter: readonly string[], rng: Rng): PromptChange[] {
  const others = shuffled(
    BANK.filter((rule) => !matter.includes(rule)),
    rng,
  );
  const winners = isRelated ? [...matter, ...others.slice(0, 2)] : others.slice(0, 6);
  const losers = others.slice(6, 6 + EXPERIMENTS - winners.length);
  const changed = (rule: string, won: boolean): PromptChange => ({
    ...{ before: content("Be kind."), after: content(`Be kind. ${rule}`), won, confidential: false },
    effect: won ? 0.1 : -0.02,
  });
  return shuffled([...winners.map((r) => changed(r, true)), ...losers.map((r) => changed(r, false))], rng);
}

/** Drafts one more rule, any of them. */
function proposer(rng: Rng): ChatModelLike {
  return {
    async invoke(messages) {
      const question = messages.at(-1)?.[1] ?? "";
      const current = /<current>\n([\s\S]*?)\n<\/current>/.exec(question)?.[1] ?? "";
      const [rule = ""] = shuffled(
        BANK.filter((r) => !current.includes(r)),
        rng,
      );
      return { content: `<prompt>${current} ${rule}</prompt>` };
    },
  };
}

const WAYS = ["alone", "evolved", "borrowed"] as const;

/** Calls until a version with all that matters was first run, and the true score of what was proposed. */
async function search(way: (typeof WAYS)[number], isRelated: boolean, seed: number) {
  const rng = createRng(`lessons ${isRelated} ${seed}`);
  const matter = shuffled(BANK, rng).slice(0, MATTER);
  const changes = elsewhere(isRelated, matter, rng.fork("elsewhere"));
  const luck = rng.fork("luck");
  const scoreOf = (text: string) => 0.1 + 0.2 * matter.filter((rule) => text.includes(rule)).length;
  let [calls, until] = [0, Number.POSITIVE_INFINITY];
  const run: RunExample = async (template, example) => {
    calls++;
    const [system] = await template.formatMessages(example.variables);
    const score = scoreOf(system?.text ?? "");
    if (score > 0.1 + 0.2 * (MATTER - 0.5)) until = Math.min(until, calls);
    return { score: Math.min(1, Math.max(0, score + 0.1 * luck.normal())) };
  };
  const drafts = proposer(rng.fork("drafts"));
  const model: ChatModelLike = {
    invoke(messages) {
      calls++;
      return drafts.invoke(messages);
    },
  };
  const examples = Array.from({ length: 45 }, (_, i): PromptExample => ({ variables: { question: `q${i}` } }));
  const found = await propose(
    content("Be kind."),
    [],
    { method: way === "borrowed" ? "borrow" : "evolve", examples, run, model, budget: { calls: CALLS } },
    { seed, clock: new ManualClock(), ...(way !== "alone" && { elsewhere: changes }) },
  );
  const first = found.content?.messages[0];
  const proposed = scoreOf(first && "template" in first ? first.template : "");
  return { until, spent: found.spent.calls, proposed };
}

/**
 * A search for a better prompt that knows nothing of others (alone), begins with what won there (evolved), or
 * only tries those (borrowed): calls until the best version was found, where others' rules hold here and where they do not.
 */
export async function lessonsFromPrompts(quick: boolean): Promise<Record<string, unknown>> {
  const out: Record<string, unknown> = {};
  for (const isRelated of [true, false])
    for (const way of WAYS) {
      const seeds = Array.from({ length: quick ? 2 : 300 }, (_, seed) => seed);
      const searches: Awaited<ReturnType<typeof search>>[] = [];
      for (const seed of seeds) searches.push(await search(way, isRelated, seed));
      const mean = (of: (s: (typeof searches)[number]) => number) =>
        searches.reduce((sum, s) => sum + of(s), 0) / searches.length;
      const proposed = mean((s) => s.proposed);
      const figures = {
        found: round(
          mean((s) => Number(s.until < Number.POSITIVE_INFINITY)),
          2,
        ),
        until: median(searches.map((s) => Math.min(s.until, CALLS))),
        spent: median(searches.map((s) => s.spent)),
        proposed: round(proposed),
        standardError: round(Math.sqrt(mean((s) => (s.proposed - proposed) ** 2) / searches.length)),
      };
      out[`lessons_${isRelated ? "related" : "unrelated"}_${way}`] = figures;
      console.log(`lessons, ${isRelated ? "related" : "unrelated"}, ${way}:`, JSON.stringify(figures));
    }
  return out;
}
