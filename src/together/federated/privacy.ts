import { randomBytes } from "node:crypto";
import { checkArgument } from "../../core/arguments.js";
import { refuseUnknownKeys, show } from "../../core/index.js";
import { millsRatio, normalCdf } from "../../math/normal.js";
import { type Contribution, checkPlan, type FederationPlan, federationInvalid, packed, sumsOf } from "./statistics.js";

/**
 * Differential privacy of released sums by the Gaussian mechanism. The unit is a person where the plan bounds rows
 * per person, else one row. Adding or removing one unit changes the released numbers by at most the sensitivity;
 * noise of that size times `1 / mu` makes the release mu-Gaussian differentially private (Dong, Roth and Su, 2022).
 * The plan must be public: an encoding fitted on private contexts is not covered.
 */
export interface PrivateRelease {
  contribution: Contribution;
  /** Of this release; releases of one site add up as the root of their squares. */
  mu: number;
  /** Standard deviation of the noise on every number. */
  noise: number;
}

/** Uniform numbers in (0,1); cryptographic by default, since who can guess the noise can take it away. */
export type Uniform = () => number;

const secureUniform: Uniform = () => (randomBytes(6).readUIntBE(0, 6) + 0.5) / 2 ** 48;

/**
 * L2 sensitivity of one unit's share of the sums. A row of norm C with reward and weight in [0,1] changes rows, weight,
 * reward and square by at most 1 each, the moment by C, and the triangle of x x' by at most C^2.
 * @throws FEDERATION_INVALID for a plan without `rowNorm`: unbounded rows cannot be hidden
 * @example sensitivityOf({ ...plan, rowNorm: 1 }); // the square root of 6
 */
export function sensitivityOf(plan: FederationPlan): number {
  checkPlan(plan);
  const { rowNorm, rowsPerPerson = 1 } = plan;
  if (rowNorm === undefined)
    throw federationInvalid(
      "no rowNorm",
      "a bound of at least 1 in the plan",
      "Set rowNorm: longer rows are scaled down.",
    );
  return rowsPerPerson * Math.sqrt(4 + rowNorm ** 2 + rowNorm ** 4);
}

/**
 * Adds noise to a contribution so that it is (epsilon, delta)-differentially private.
 * @param budget of this release; `spentMu` is what earlier releases of the site came to (see {@link composedMu}):
 * the epsilon then holds for all of them together
 * @throws FEDERATION_INVALID for a plan without bounds, or a budget that earlier releases have used up
 * @example
 * ```ts
 * const bounded = { ...plan, rowNorm: 1 };
 * const { contribution, mu } = release(bounded, contributionOf(bounded, "north", federatedRows), {
 *   epsilon: 4,
 *   delta: 1e-6,
 * });
 * ```
 */
export function release(
  plan: FederationPlan,
  contribution: Contribution,
  budget: { epsilon: number; delta: number; spentMu?: number },
  uniform: Uniform = secureUniform,
): PrivateRelease {
  checkPlan(plan);
  checkArgument(contribution, "contribution", { site: "text", sums: "object" }, "FEDERATION_INVALID");
  checkArgument(budget, "budget", "object", "FEDERATION_INVALID");
  refuseUnknownKeys(budget, ["epsilon", "delta", "spentMu"], "the budget of a release");
  checkArgument(uniform, "uniform", "function", "FEDERATION_INVALID");
  const { epsilon, delta, spentMu = 0 } = budget;
  checkAmounts({ spentMu });
  const whole = muOf(epsilon, delta);
  if (!(whole > spentMu))
    throw federationInvalid(
      `a budget of epsilon ${epsilon} of which all is spent`,
      "a larger budget, or no further release",
      "Keep the last release.",
    );
  const mu = Math.sqrt(whole ** 2 - spentMu ** 2);
  const noise = sensitivityOf(plan) / mu;
  const normal = normalFrom(uniform);
  const sums = sumsOf(plan, contribution);
  for (const s of sums.values()) {
    for (const key of ["rows", "weight", "reward", "square"] as const) s[key] += noise * normal();
    s.gram = s.gram.map((v) => v + noise * normal());
    s.moment = s.moment.map((v) => v + noise * normal());
  }
  return { contribution: packed(plan, contribution.site, contribution.size, sums), mu, noise };
}

/**
 * What releases of one site come to together (Dong, Roth and Su, 2022, corollary 3.3).
 * @example composedMu([3, 4]); // 5
 */
export function composedMu(mus: readonly number[]): number {
  checkArgument(mus, "mus", "numbers", "FEDERATION_INVALID");
  for (const mu of mus) checkAmounts({ mu });
  return Math.hypot(...mus);
}

/**
 * delta of a mu-Gaussian private release at an epsilon (Balle and Wang, 2018, theorem 8).
 * @example deltaOf(1, 5) < 1e-5; // true
 */
export function deltaOf(mu: number, epsilon: number): number {
  checkArgument(mu, "mu", "number", "FEDERATION_INVALID");
  checkArgument(epsilon, "epsilon", "number", "FEDERATION_INVALID");
  if (mu <= 0) return 0;
  const a = mu / 2 - epsilon / mu;
  // e^epsilon Phi(-z) with z = mu/2 + epsilon/mu, as phi(a) Phi(-z) / phi(z): e^epsilon overflows from 710 on.
  const density = Math.exp((-a * a) / 2) / Math.sqrt(2 * Math.PI);
  return Math.max(0, normalCdf(a) - density * millsRatio(mu / 2 + epsilon / mu));
}

/**
 * The epsilon that releases of this mu have at a delta, by bisection.
 * @throws FEDERATION_INVALID for a negative mu, or a delta that is not between 0 and 1
 * @example const epsilon = epsilonOf(composedMu([0.5, 0.5]), 1e-6);
 */
export function epsilonOf(mu: number, delta: number): number {
  checkArgument(mu, "mu", "number", "FEDERATION_INVALID");
  checkArgument(delta, "delta", "number", "FEDERATION_INVALID");
  checkAmounts({ mu });
  if (!(delta > 0 && delta < 1)) throw federationInvalid(`delta ${delta}`, "delta between 0 and 1", PRIVACY_REMEDY);
  let [low, high] = [0, 1];
  while (deltaOf(mu, high) > delta) high *= 2;
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (deltaOf(mu, middle) > delta) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * The largest mu within an (epsilon, delta), by bisection.
 * @example epsilonOf(muOf(4, 1e-6), 1e-6); // 4
 */
export function muOf(epsilon: number, delta: number): number {
  if (!(epsilon > 0 && Number.isFinite(epsilon)) || !(delta > 0 && delta < 1))
    throw federationInvalid(
      `epsilon ${epsilon} and delta ${delta}`,
      "epsilon above 0 and delta between 0 and 1",
      PRIVACY_REMEDY,
    );
  let [low, high] = [0, 1];
  while (deltaOf(high, epsilon) < delta) high *= 2;
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (deltaOf(middle, epsilon) < delta) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * A prior precision that keeps merged sums positive definite in spite of the noise: the spectral norm of a symmetric
 * matrix of independent noise is about 2 sd sqrt(n) (Wigner), and some more covers its spread.
 * @param noise standard deviation of each site's noise, `sites` of which were added
 * @example const artifact = policyOf(plan, merged, { lambda: lambdaForNoise(0.5, merged.size, merged.sites.length) });
 */
export function lambdaForNoise(noise: number, size: number, sites: number): number {
  checkArgument(noise, "noise", "number", "FEDERATION_INVALID");
  checkArgument(size, "size", "number", "FEDERATION_INVALID");
  checkArgument(sites, "sites", "number", "FEDERATION_INVALID");
  checkAmounts({ noise, size, sites });
  return 1 + 2.2 * noise * Math.sqrt(sites * size);
}

const PRIVACY_REMEDY = "Choose epsilon near 1 to 8, and delta well below one by the number of people.";

function checkAmounts(amounts: Readonly<Record<string, number>>): void {
  for (const [name, amount] of Object.entries(amounts))
    if (!(amount >= 0))
      throw federationInvalid(`${name} ${show(amount)}`, "a number of at least 0", "Pass what earlier calls returned.");
}

/** Standard normal numbers by Box and Muller. */
function normalFrom(uniform: Uniform): () => number {
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
