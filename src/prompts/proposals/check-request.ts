import { LearningError, show } from "../../core/index.js";
import type { ProposalRequest } from "./proposal.js";

const METHODS = ["evolve", "rewrite", "few-shot"];
const LIMITS = ["calls", "tokens", "costUsd"];

/** Refuses a request that does not say what it means, before anything is spent; fails with PROMPT_INVALID. */
export function checkRequest({ method, shots, timeoutMs, runTimeoutMs, budget = {} }: ProposalRequest): void {
  if (!METHODS.includes(method))
    throw invalid(`method ${show(method)}`, `one of ${METHODS.join(", ")}`, "Name how the version is to be made.");
  if (shots !== undefined && !(Number.isInteger(shots) && shots > 0))
    throw invalid(`shots ${show(shots)}`, "a whole number of at least 1", "Leave it out for at most 3.");
  for (const [name, value] of Object.entries({ timeoutMs, runTimeoutMs }))
    if (value !== undefined && !(value > 0))
      throw invalid(`${name} ${show(value)}`, "milliseconds above 0", "Leave it out for the default.");
  for (const [name, value] of Object.entries(budget)) {
    if (!LIMITS.includes(name))
      throw invalid(`budget.${name}`, `limits of ${LIMITS.join(", ")}`, "Correct the name: it would limit nothing.");
    if (value !== undefined && !(value > 0))
      throw invalid(
        `budget.${name} ${show(value)}`,
        "a positive number",
        "Leave it out for the default, or give what a proposal may cost.",
      );
  }
}

function invalid(received: string, expected: string, remedy: string): LearningError {
  return new LearningError("PROMPT_INVALID", { received, expected, remedy });
}
