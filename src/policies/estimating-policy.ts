import { allowedOf, checkRows } from "./checks.js";
import { drawChoice, estimatedRewards } from "./choices.js";
import type { CostPrice } from "./cost-price.js";
import { checkCosts } from "./cost-price.js";
import type { Parts, RewardEstimator } from "./models/model.js";
import type {
  CandidateEstimate,
  CandidateExplanation,
  Choice,
  PolicyInput,
  PolicyRow,
  PolicySnapshot,
  RoutingPolicy,
} from "./routing-policy.js";
import type { Rule } from "./rules/rule.js";

/** What an estimating policy consists of. */
export interface EstimatingParts {
  kind: string;
  dim: number;
  model: RewardEstimator;
  rule: Rule;
  /** Rows learned so far. */
  rows?: number;
  /** The options it was made from, kept in its snapshot. */
  spec: Readonly<Record<string, unknown>>;
  price: CostPrice;
}

/** A policy made of a model that estimates rewards and a rule that turns estimates into probabilities. */
export class EstimatingPolicy implements RoutingPolicy {
  readonly kind: string;
  readonly dim: number;
  private readonly model: RewardEstimator;
  private readonly rule: Rule;
  private readonly spec: Readonly<Record<string, unknown>>;
  private readonly price: CostPrice;
  private rows: number;
  private means = new Float64Array(16);
  private errors = new Float64Array(16);

  constructor({ kind, dim, model, rule, rows = 0, spec, price }: EstimatingParts) {
    this.kind = kind;
    this.dim = dim;
    this.model = model;
    this.rule = rule;
    this.rows = rows;
    this.spec = spec;
    this.price = price;
  }

  score(input: PolicyInput): Float64Array {
    const allowed = allowedOf(input, this.dim);
    const count = input.candidates.length;
    if (this.means.length < count) {
      this.means = new Float64Array(count * 2);
      this.errors = new Float64Array(count * 2);
    }
    const out = new Float64Array(count);
    this.model.estimate(input, this.means, this.rule.usesErrors ? this.errors : undefined);
    if (this.price.active) {
      checkCosts(input.costs, count);
      if (input.costs) this.price.charge(this.means, input.costs);
    }
    this.rule.fill(this.means, this.errors, allowed, this.model.rowsSinceDrift?.() ?? this.rows, out);
    return out;
  }

  choose(input: PolicyInput, uniform: number): Choice {
    return drawChoice(this.score(input), uniform);
  }

  predict(input: PolicyInput): CandidateEstimate[] {
    allowedOf(input, this.dim);
    return estimatedRewards(this.model, input);
  }

  learn(rows: readonly PolicyRow[]): void {
    checkRows(rows, this.dim);
    if (this.price.active) for (const row of rows) checkCosts(row.costs, row.candidates.length);
    this.model.learn(rows);
    if (this.price.active) for (const { costs, chosen } of rows) if (costs) this.price.learn(costs[chosen]);
    this.rows += rows.length;
  }

  explain(input: PolicyInput, top = 10): CandidateExplanation[] {
    return explained(this.model, input, this.predict(input), top);
  }

  snapshot(): PolicySnapshot {
    return {
      kind: this.kind,
      version: 1,
      dim: this.dim,
      rows: this.rows,
      spec: this.spec,
      model: this.model.snapshot(),
      price: this.price.snapshot(),
    };
  }
}

/** Why a model estimates so: of each candidate the mean and what it comes from. */
export function explained(
  model: RewardEstimator,
  input: PolicyInput,
  estimates: readonly CandidateEstimate[],
  top: number,
): CandidateExplanation[] {
  return input.candidates.map((candidate, i) => ({
    candidate,
    mean: estimates[i].mean,
    ...strongest(model.parts(input, i), top),
  }));
}

/** The intercept and the largest contributions, the strongest first. */
function strongest(
  { bias, contributions, context }: Parts,
  top: number,
): Omit<CandidateExplanation, "candidate" | "mean"> {
  const all = Array.from(contributions, (contribution, k) => ({
    index: context.indices[k],
    contribution,
  })).filter((c) => c.contribution !== 0);
  all.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution) || a.index - b.index);
  return { bias, contributions: all.slice(0, top) };
}
