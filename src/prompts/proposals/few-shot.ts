import { shuffled } from "../../math/rng.js";
import type { PromptContent, PromptMessage } from "../prompt-content.js";
import type { SearchContext, SearchResult } from "./search.js";
import { objection } from "./vet.js";

/** A rated run to show the model as an example. */
export interface Demonstration {
  input: string;
  output: string;
  /** In [0,1]. */
  reward: number;
  segment?: string;
}

const SETS = 8;

/**
 * Few-shot selection: sets of up to `shots` demonstrations drawn from the best rated runs, spread over
 * segments, are tried on the choosing examples (random search as in DSPy's bootstrap, Khattab et al., 2023).
 * Demonstrations go in as they are, before the message that asks.
 */
export async function fewShot(
  context: SearchContext,
  demonstrations: readonly Demonstration[],
  shots: number,
): Promise<SearchResult> {
  const { base, choosing, trials, validators, rng, attempts } = context;
  const ranked = [...demonstrations].sort((a, b) => b.reward - a.reward);
  const best = ranked.filter((d) => d.reward >= 0.5).slice(0, Math.max(shots, Math.ceil(ranked.length / 4)));
  if (best.length === 0) {
    const ended = "no well rated demonstrations";
    attempts.push({ outcome: "refused", detail: ended });
    return { ended };
  }
  if (!trials.affordable(base, choosing)) return {};
  let top = { content: undefined as PromptContent | undefined, mean: await trials.mean(base, choosing) };
  for (let s = 0; s < SETS; s++) {
    const chosen = s === 0 ? spread(best, shots) : spread(shuffled(best, rng), 1 + rng.int(shots));
    const candidate = withDemonstrations(base, chosen);
    const why = objection(base, candidate, validators);
    if (why || !trials.affordable(candidate, choosing)) {
      attempts.push({ outcome: why ? "refused" : "budget", detail: why ?? "the budget is used up" });
      if (!why) break;
      continue;
    }
    const mean = await trials.mean(candidate, choosing);
    attempts.push({
      outcome: mean > top.mean ? "kept" : "not better",
      detail: `${chosen.length} shots, mean ${mean.toFixed(3)}`,
    });
    if (mean > top.mean) top = { content: candidate, mean };
  }
  return top.content ? { content: top.content } : {};
}

/** The first of each segment in turn, until there are `count`. */
function spread(list: readonly Demonstration[], count: number): Demonstration[] {
  const rest = [...list];
  const taken: Demonstration[] = [];
  while (taken.length < count && rest.length > 0) {
    const used = new Set<string>();
    for (let i = 0; i < rest.length && taken.length < count; ) {
      const d = rest[i];
      if (used.has(d.segment ?? "")) i++;
      else {
        used.add(d.segment ?? "");
        taken.push(d);
        rest.splice(i, 1);
      }
    }
  }
  return taken;
}

/**
 * Where a prompt asks: its last human message with variables in it, else the first placeholder, whose conversation
 * ends with the question, else the last fixed human message, else the end. What an agent notes down (a placeholder
 * after the question) belongs to the question.
 */
function askingMessage({ messages }: PromptContent): number {
  const places = [
    messages.findLastIndex((m) => "template" in m && m.role === "human" && !m.literal),
    messages.findIndex((m) => "placeholder" in m),
    messages.findLastIndex((m) => "template" in m && m.role === "human"),
  ];
  return places.find((place) => place >= 0) ?? messages.length;
}

function withDemonstrations(base: PromptContent, chosen: readonly Demonstration[]): PromptContent {
  const shown = chosen.flatMap((d): PromptMessage[] => [
    { role: "human", template: d.input, literal: true },
    { role: "ai", template: d.output, literal: true },
  ]);
  const at = askingMessage(base);
  return { ...base, messages: [...base.messages.slice(0, at), ...shown, ...base.messages.slice(at)] };
}
