/** What making one proposal may cost. Runs of the examples count as well as calls of the proposing model. */
export interface BudgetOptions {
  /** Model calls and example runs together; default 200. */
  calls?: number;
  /** Default: no limit. */
  tokens?: number;
  /** Default: no limit. */
  costUsd?: number;
}

/** What was used. */
export interface Usage {
  tokens?: number;
  costUsd?: number;
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

  constructor(private readonly limit: BudgetOptions) {}

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
    const { calls: most = 200, tokens = Number.POSITIVE_INFINITY, costUsd = Number.POSITIVE_INFINITY } = this.limit;
    const more = this.reserved + calls;
    const expected = (used: number) => used + (this.calls === 0 ? 0 : (used / this.calls) * more);
    return this.calls + more <= most && expected(this.tokens) <= tokens && expected(this.costUsd) <= costUsd;
  }

  /** Fails with BudgetExhausted when tokens or dollars are used up. */
  require(): void {
    const { tokens = Number.POSITIVE_INFINITY, costUsd = Number.POSITIVE_INFINITY } = this.limit;
    if (this.tokens >= tokens || this.costUsd >= costUsd) throw new BudgetExhausted("tokens or dollars are used up");
  }

  spend(usage: Usage = {}): void {
    this.calls++;
    this.tokens += usage.tokens ?? 0;
    this.costUsd += usage.costUsd ?? 0;
  }

  get spent() {
    return { calls: this.calls, tokens: this.tokens, costUsd: this.costUsd };
  }
}
