import { checkArgument } from "../../core/arguments.js";
import type { Clock } from "../../core/index.js";
import type { RatedPromptRun } from "../../evaluation/experiment/index.js";
import { createRng, shuffled } from "../../math/rng.js";
import type { PromptContent } from "../prompt-content.js";
import type { ChatModelLike } from "./ask.js";
import { borrow } from "./borrow.js";
import { BudgetExhausted, ProposalBudget } from "./budget.js";
import { evolve } from "./evolve.js";
import { exampleId } from "./example-text.js";
import { fewShot } from "./few-shot.js";
import { compareOnHeldOut } from "./held-out.js";
import { lessonsOf, type PromptChange } from "./lessons.js";
import { type Proposal, type ProposalRequest, type ProposalSettings, proposalSettings } from "./proposal.js";
import { rewrite } from "./rewrite.js";
import type { SearchAttempt, SearchContext, SearchResult } from "./search.js";
import { RunsFailed, Trials } from "./trial.js";

const LEAST_EXAMPLES = 15;

/**
 * Searches for a better prompt and compares the best one found with the base on examples that the search
 * has not seen; the calls for that comparison are kept back from the start. Examples that hold the same count once.
 * `elsewhere` is what experiments said of changes to other prompts.
 * Fails with PROMPT_INVALID for a request with an unknown method or limit, or a value that cannot be.
 * @example
 * ```ts
 * const { status, heldOut } = await propose(
 *   { format: "f-string", messages: [{ role: "system", template: "Answer {question}." }] },
 *   [],
 *   {
 *     method: "few-shot",
 *     examples: promptExamples,
 *     demonstrations: ratedAnswers,
 *     run: async (template, { variables, expected = "" }) => ({
 *       score: (await chatModel.invoke(await template.formatMessages(variables))).text.includes(expected) ? 1 : 0,
 *     }),
 *     budget: { calls: 60 },
 *   },
 *   { seed: 1, clock: systemClock },
 * );
 * ```
 */
export async function propose(
  base: PromptContent,
  rated: readonly RatedPromptRun[],
  given: ProposalRequest,
  circumstances: { seed: number; clock: Clock; elsewhere?: readonly PromptChange[] },
): Promise<Proposal> {
  checkArgument(base, "base", { messages: "objects" }, "PROMPT_INVALID");
  checkArgument(rated, "rated", "objects", "PROMPT_INVALID");
  checkArgument(circumstances, "circumstances", { seed: "number", clock: { now: "function" } }, "PROMPT_INVALID");
  const { seed, clock, elsewhere = [] } = circumstances;
  const request = proposalSettings(given);
  const rng = createRng(`${seed}/propose/${request.method}`);
  const budget = new ProposalBudget(request.budget);
  const attempts: SearchAttempt[] = [];
  const end = (status: Proposal["status"], reason: string, more: Partial<Proposal> = {}): Proposal => ({
    status,
    reason,
    ...more,
    attempts,
    spent: budget.spent,
  });
  if ((request.method === "evolve" || request.method === "rewrite") && !request.model)
    return end("off", `${request.method} needs a chat model: pass one as \`model\``);
  // What is learned from or chosen by is not held out as well, and twice the same is no more evidence than once.
  const examples = [...new Map(request.examples.map((e) => [exampleId(e), e])).values()];
  if (examples.length < LEAST_EXAMPLES)
    return end(
      "off",
      `${examples.length} different examples; at least ${LEAST_EXAMPLES} are needed, a third of them held out`,
    );
  const order = shuffled(examples, rng);
  const third = Math.floor(order.length / 3);
  const [heldOut, choosing, learning] = [order.slice(0, third), order.slice(third, 2 * third), order.slice(2 * third)];
  const trials = new Trials(request.run, budget, clock, request.runTimeoutMs);
  if (!budget.allows(2 * heldOut.length + choosing.length + 1))
    return end("off", "the budget does not cover one comparison on the held-out examples");
  budget.reserve(2 * heldOut.length);
  const context: SearchContext = {
    base,
    learning,
    choosing,
    trials,
    budget,
    validators: request.validators,
    rated,
    ...(request.model && { model: request.model }),
    ...(request.prices && { prices: request.prices }),
    timeoutMs: request.timeoutMs,
    clock,
    rng: rng.fork("search"),
    attempts,
    lessons: lessonsOf(elsewhere),
    unstructured: new WeakSet(),
  };
  try {
    const { content: found, ended } = await search(request, context);
    budget.release(2 * heldOut.length);
    if (!found)
      return end("none", ended ? `nothing better was found: ${ended}` : "nothing better was found within the budget");
    const result = await compareOnHeldOut(trials, base, found, heldOut, rng.fork("held-out"));
    const numbers = `${result.proposal.toFixed(3)} against ${result.base.toFixed(3)} on ${result.examples} held-out examples (p = ${result.pValue.toFixed(3)})`;
    return result.won
      ? end("won", `better: ${numbers}`, { content: found, heldOut: result })
      : end("lost", `not surely better: ${numbers}`, { heldOut: result });
  } catch (error) {
    if (error instanceof RunsFailed) return end("none", error.message);
    if (!(error instanceof BudgetExhausted)) throw error;
    return end("none", `${error.message} before a proposal was proven`);
  }
}

async function search(request: ProposalSettings, context: SearchContext): Promise<SearchResult> {
  if (request.method === "few-shot") return fewShot(context, request.demonstrations, request.shots);
  if (request.method === "borrow") return borrow(context);
  const model = request.model as ChatModelLike;
  return request.method === "evolve" ? evolve(context, model) : rewrite(context, model);
}
