import { show } from "../core/index.js";
import { policyInvalid } from "./checks.js";
import { invalidSnapshot } from "./models/packed.js";
import type { CostSpec } from "./spec.js";

/** Step of the price, in rewards per ceiling, for a row that costs twice the ceiling. */
const STEP = 0.02;

/**
 * The price of a dollar in rewards: a fixed weight plus, under a ceiling on the mean cost, a Lagrange
 * multiplier raised and lowered by dual ascent (Badanidiyuru et al. 2018).
 */
export class CostPrice {
  private multiplier = 0;

  constructor(private readonly spec: CostSpec = {}) {}

  /** Whether costs change anything. */
  get active(): boolean {
    return this.spec.weight !== undefined || this.spec.ceiling !== undefined;
  }

  /** Lowers the means by what the candidates cost. */
  charge(means: Float64Array, costs: readonly number[]): void {
    const price = (this.spec.weight ?? 0) + this.multiplier;
    if (price === 0) return;
    for (let i = 0; i < costs.length; i++) means[i] = means[i] - price * costs[i];
  }

  /** Moves the multiplier after a row that cost this much. */
  learn(cost: number): void {
    const { ceiling } = this.spec;
    if (ceiling === undefined) return;
    this.multiplier = Math.max(0, this.multiplier + (STEP / ceiling) * (cost / ceiling - 1));
  }

  snapshot(): number {
    return this.multiplier;
  }

  /** The price of a snapshot; fails with SNAPSHOT_INVALID. */
  static restore(spec: CostSpec | undefined, multiplier: unknown): CostPrice {
    if (typeof multiplier !== "number" || !(multiplier >= 0 && Number.isFinite(multiplier)))
      throw invalidSnapshot(`a cost multiplier of ${show(multiplier)}`, "a number >= 0");
    const price = new CostPrice(spec);
    price.multiplier = multiplier;
    return price;
  }
}

/** Fails with POLICY_INVALID unless there is one finite cost >= 0 for each candidate. */
export function checkCosts(costs: readonly number[] | undefined, candidates: number): void {
  if (costs === undefined) return;
  if (costs.length !== candidates || !costs.every((c) => c >= 0 && Number.isFinite(c)))
    throw policyInvalid(
      `costs of ${show(costs)} for ${candidates} candidates`,
      "one finite number >= 0 for each candidate",
    );
}
