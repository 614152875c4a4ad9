import type { ModelCall } from "../../core/index.js";
import { spentBy } from "../../core/records/spent.js";

/** Dollars and tokens of a run's model calls, as the server and the page show them: what is not known is absent. */
export function spentOf(calls: readonly ModelCall[]): { costUsd?: number; tokens?: number } {
  if (calls.length === 0) return {};
  const { costUsd, tokensIn, tokensOut } = spentBy(calls);
  return {
    ...(costUsd !== undefined && { costUsd }),
    ...(tokensIn !== undefined && tokensOut !== undefined && { tokens: tokensIn + tokensOut }),
  };
}
