import { z } from "zod";

const limit = z.custom<number>((v) => typeof v === "number" && v > 0, "a positive number");

export const budgetOptionsSchema = z.strictObject({
  /** Model calls and example runs together; default 200. */
  calls: limit.default(200),
  /** Default: no limit. */
  tokens: limit.default(Number.POSITIVE_INFINITY),
  /** Default: no limit. */
  costUsd: limit.default(Number.POSITIVE_INFINITY),
});
/** What making one proposal may cost. Runs of the examples count as well as calls of the proposing model. */
export type BudgetOptions = z.input<typeof budgetOptionsSchema>;

/** What was used. */
export interface Usage {
  tokens?: number;
  costUsd?: number;
}

/** A count or an amount of money as it was told; nothing where that is no number, or below zero. */
export function counted(value: unknown): number {
  return typeof value === "number" && value > 0 && Number.isFinite(value) ? value : 0;
}

/** Thrown where tokens or dollars ran out in the middle of trying a prompt; ends the search. */
export class BudgetExhausted extends Error {
  override readonly name = "BudgetExhausted";
}

/** Counts what a proposal costs; asked before anything is spent, told afterwards. */
export class ProposalBudget {
  calls = 0;
  tokens = 0;
  costUsd = 0;
  private reserved = 0;
  private readonly limit: z.output<typeof budgetOptionsSchema>;

  constructor(limit: BudgetOptions) {
    this.limit = budgetOptionsSchema.parse(limit);
  }

  /** Keeps calls back for later. */
  reserve(calls: number): void {
    this.reserved += calls;
  }

  /** Frees calls kept back. */
  release(calls: number): void {
    this.reserved -= calls;
  }

  /** Whether so many calls are still allowed beside those kept back, each expected to use what calls did so far. */
  allows(calls: number): boolean {
    const { calls: most, tokens, costUsd } = this.limit;
    const more = this.reserved + calls;
    const expected = (used: number) => used + (this.calls === 0 ? 0 : (used / this.calls) * more);
    return this.calls + more <= most && expected(this.tokens) <= tokens && expected(this.costUsd) <= costUsd;
  }

  /** Fails with BudgetExhausted when tokens or dollars are used up. */
  require(): void {
    const { tokens, costUsd } = this.limit;
    if (this.tokens >= tokens || this.costUsd >= costUsd) throw new BudgetExhausted("tokens or dollars are used up");
  }

  /** One call, with what it used as far as that was told. */
  spend(usage?: Usage | null): void {
    this.calls++;
    this.tokens += counted(usage?.tokens);
    this.costUsd += counted(usage?.costUsd);
  }

  get spent() {
    return { calls: this.calls, tokens: this.tokens, costUsd: this.costUsd };
  }
}
