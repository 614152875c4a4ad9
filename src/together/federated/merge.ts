import { checkArgument } from "../../core/arguments.js";
import { refuseUnknownKeys, show } from "../../core/index.js";
import {
  type Contribution,
  checkPlan,
  emptySums,
  type FederationPlan,
  federationInvalid,
  type Sums,
  sumsOf,
} from "./statistics.js";

/** How contributions become one. */
export interface MergeOptions {
  /** Weight of a site's sums, at least 0 (default 1 for all). */
  weights?: Readonly<Record<string, number>>;
  /** The contributions carry noise on purpose: they are not checked for sums that no rows could have. */
  noisy?: boolean;
}

/** The sums of all sites, by destination. */
export interface Merged {
  sites: string[];
  size: number;
  sums: ReadonlyMap<string, Sums>;
}

/**
 * Adds contributions up. A linear regression needs nothing but these sums, so the model of the merged sums IS the
 * model of all rows pooled.
 * @throws FEDERATION_INVALID for contributions under different plans, sums that no rows could have, or a site that
 * stands twice
 * @example
 * ```ts
 * const merged = merge(plan, [contributionOf(plan, "north", federatedRows), contributionOf(plan, "south", federatedRows)]);
 * merged.sites; // north and south
 * ```
 */
export function merge(
  plan: FederationPlan,
  contributions: readonly Contribution[],
  options: MergeOptions = {},
): Merged {
  checkPlan(plan);
  checkArgument(contributions, "contributions", "objects", "FEDERATION_INVALID");
  checkArgument(options, "options", "object", "FEDERATION_INVALID");
  refuseUnknownKeys(options, ["weights", "noisy"], "options of merge");
  const [first] = contributions;
  if (!first) throw federationInvalid("no contribution", "at least one");
  const sites = contributions.map((c) => c.site);
  if (new Set(sites).size < sites.length) throw federationInvalid(`the sites ${sites.join(", ")}`, "each site once");
  const total = new Map(plan.destinations.map((name) => [name, emptySums(first.size)]));
  for (const contribution of contributions) {
    const weight = weightOf(contribution.site, options.weights);
    for (const [name, sums] of sumsOf(plan, contribution, options.noisy)) {
      const into = total.get(name);
      if (into) add(into, sums, weight);
    }
  }
  return { sites, size: first.size, sums: total };
}

function weightOf(site: string, weights: MergeOptions["weights"] = {}): number {
  const weight = Object.hasOwn(weights, site) ? (weights[site] ?? 1) : 1;
  if (Number.isFinite(weight) && weight >= 0) return weight;
  throw federationInvalid(
    `the weight ${show(weight)} of ${show(site)}`,
    "a number of at least 0",
    "Leave the site out of the weights for a weight of 1.",
  );
}

/** Adds `weight` times some sums to others. */
export function add(into: Sums, sums: Sums, weight = 1): void {
  into.rows += sums.rows;
  into.weight += weight * sums.weight;
  into.reward += weight * sums.reward;
  into.square += weight * sums.square;
  sums.gram.forEach((v, i) => {
    into.gram[i] = (into.gram[i] ?? 0) + weight * v;
  });
  sums.moment.forEach((v, i) => {
    into.moment[i] = (into.moment[i] ?? 0) + weight * v;
  });
}
