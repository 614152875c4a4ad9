import type { ModelCall } from "./trace.js";

/** What model calls took together. A sum is undefined as soon as one of the calls did not say what it took. */
interface CallsSpent {
  tokensIn: number | undefined;
  tokensOut: number | undefined;
  tokensCached: number | undefined;
  /** US dollars. */
  costUsd: number | undefined;
}

/** Sums of what calls took; unknown stays unknown. No calls took nothing. The dashboard's page runs it, too. */
export function spentBy(calls: readonly ModelCall[]): CallsSpent {
  const sum = (of: (call: ModelCall) => number | undefined) => {
    let total = 0;
    for (const call of calls) {
      const value = isCounted(call) ? of(call) : undefined;
      if (value === undefined) return undefined;
      total += value;
    }
    return total;
  };
  return {
    tokensIn: sum((c) => c.tokensIn),
    tokensOut: sum((c) => c.tokensOut),
    tokensCached: sum((c) => c.tokensCached),
    costUsd: sum((c) => c.costUsd),
  };
}

/** Whether it is known what a call took. Records of 0.1.0 say 0 where nothing was known: no call reads nothing. */
function isCounted({ tokensIn, tokensOut, fromCache }: ModelCall): boolean {
  return fromCache || tokensIn !== 0 || tokensOut !== 0;
}
