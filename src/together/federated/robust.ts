import { checkArgument } from "../../core/arguments.js";
import { add, type Merged } from "./merge.js";
import { PRIOR_NOISE, type RidgeFit, ridgeFromSums } from "./solve.js";
import {
  type Contribution,
  checkPlan,
  emptySums,
  type FederationPlan,
  federationInvalid,
  impossible,
  type Sums,
  sumsOf,
} from "./statistics.js";

/** A merge that some sites may have lied to. */
export interface RobustMerged extends Merged {
  /** Sites that were left out, and how far their model stood from the middle, in typical distances. */
  leftOut: { site: string; distance: number }[];
}

/** A model this many typical distances from the middle is left out. */
const MOST_DISTANCE = 4;
/** No site counts for more rows than this many times the median site's: a site may claim any number. */
const MOST_ROWS = 5;
const LAMBDA = 1;
const WEISZFELD_STEPS = 100;

/**
 * Merges without the sites whose model stands far from the middle of all. The middle is the geometric median of the
 * sites' predictions (Weiszfeld's algorithm; Pillutla, Kakade and Harchaoui, 2022), which less than half of the
 * sites, by weight, cannot move far; distance is root-mean-square difference of predictions over the pooled contexts.
 * The rest are added up exactly. Every site is bounded by its own rows: sums that no rows could have are refused
 * before, and no site counts for more than five times the rows of the median site that has any. Not together with masks: what nobody may read nobody can judge.
 * @throws FEDERATION_INVALID with fewer than three sites
 * @example const { leftOut, ...merged } = mergeRobust(plan, contributions);
 */
export function mergeRobust(plan: FederationPlan, contributions: readonly Contribution[]): RobustMerged {
  checkPlan(plan);
  checkArgument(contributions, "contributions", "objects", "FEDERATION_INVALID");
  const [first] = contributions;
  if (!first || contributions.length < 3)
    throw federationInvalid(
      `${contributions.length} sites`,
      "three or more",
      "Of two sites nobody can say which one lies: merge them plainly, or not at all.",
    );
  const sites = contributions.map((c) => ({ site: c.site, sums: sumsOf(plan, c) }));
  if (new Set(sites.map((s) => s.site)).size < sites.length)
    throw federationInvalid("a site that stands twice", "each site once");
  const scores = new Map(sites.map(({ site }) => [site, 0]));
  for (const name of plan.destinations) {
    const present = sites.flatMap(({ site, sums }) => {
      const own = sums.get(name);
      return own && own.weight > 0 ? [{ site, sums: own }] : [];
    });
    if (present.length < 3) continue;
    for (const [site, distance] of distancesOf(present, name, first.size))
      scores.set(site, Math.max(scores.get(site) ?? 0, distance));
  }
  const isKept = ({ site }: { site: string }) => (scores.get(site) ?? 0) <= MOST_DISTANCE;
  const kept = sites.filter(isKept);
  const claimed = kept.map(({ sums }) => [...sums.values()].reduce((n, s) => n + s.weight, 0));
  const cap = MOST_ROWS * median(claimed.filter((rows) => rows > 0));
  const total = new Map(plan.destinations.map((name) => [name, emptySums(first.size)]));
  kept.forEach(({ sums }, i) => {
    const rows = claimed[i] ?? 0;
    const share = rows > cap ? cap / rows : 1;
    for (const [name, own] of sums) {
      const into = total.get(name);
      if (into) add(into, own, share);
    }
  });
  return {
    sites: kept.map((s) => s.site),
    size: first.size,
    sums: total,
    leftOut: sites.filter((s) => !isKept(s)).map(({ site }) => ({ site, distance: scores.get(site) ?? 0 })),
  };
}

/** Each site's distance to the middle, in multiples of what is typical: of sites at all, or of chance at the median site. */
function distancesOf(
  present: readonly { site: string; sums: Sums }[],
  name: string,
  size: number,
): Map<string, number> {
  const metric = metricOf(
    present.map((p) => p.sums),
    size,
  );
  const fits = present.map(({ site, sums }) => {
    const fit = ridgeFromSums(sums, size, LAMBDA);
    if (!fit) throw impossible(site, name);
    return fit;
  });
  const thetas = fits.map((fit) => fit.theta);
  const cap = MOST_ROWS * median(present.map(({ sums }) => sums.weight));
  const weights = present.map(({ sums }) => Math.sqrt(Math.min(cap, sums.weight)));
  const middle = geometricMedian(thetas, weights, metric, size);
  // A small site is far by chance: distances are compared per root of its rows.
  const far = thetas.map((theta, i) => distance(theta, middle, metric, size) * (weights[i] ?? 1));
  const typical = Math.max(
    median(far),
    median(fits.map((fit, i) => chanceOf(fit, present[i]?.sums.weight ?? 0, size))),
  );
  return new Map(present.map(({ site }, i) => [site, (far[i] ?? 0) / typical]));
}

/**
 * How far a site of this noise lies from the truth by chance, per root of its rows: the noise times the root of the
 * parameters that its rows determine. Sites without a single reward agree to the digit, and one reward is no lie.
 */
function chanceOf({ inverse, residual }: RidgeFit, weight: number, size: number): number {
  let determined = size;
  for (let i = 0; i < size; i++) determined -= LAMBDA * (inverse[i * size + i] ?? 0);
  return Math.sqrt(((PRIOR_NOISE.sum + residual) / (PRIOR_NOISE.count + weight)) * Math.max(0, determined));
}

/** The mean of x x' over sites, each counting the same, so that no site can blow it up by its size. */
function metricOf(sums: readonly Sums[], size: number): Float64Array {
  const out = new Float64Array((size * (size + 1)) / 2);
  for (const { gram, weight } of sums)
    gram.forEach((v, i) => {
      out[i] = (out[i] ?? 0) + v / weight / sums.length;
    });
  return out;
}

function distance(a: Float64Array, b: Float64Array, metric: Float64Array, size: number): number {
  const d = a.map((v, i) => v - (b[i] ?? 0));
  let sum = 0;
  for (let i = 0, at = 0; i < size; i++)
    for (let j = 0; j <= i; j++) sum += (i === j ? 1 : 2) * (metric[at++] ?? 0) * (d[i] ?? 0) * (d[j] ?? 0);
  return Math.sqrt(Math.max(0, sum));
}

function geometricMedian(
  points: readonly Float64Array[],
  weights: readonly number[],
  metric: Float64Array,
  size: number,
) {
  let middle = mean(points, weights, size);
  for (let step = 0; step < WEISZFELD_STEPS; step++) {
    const near = points.map((p, i) => (weights[i] ?? 0) / Math.max(1e-9, distance(p, middle, metric, size)));
    const next = mean(points, near, size);
    const moved = distance(next, middle, metric, size);
    middle = next;
    if (moved < 1e-9) break;
  }
  return middle;
}

function mean(points: readonly Float64Array[], weights: readonly number[], size: number): Float64Array {
  const total = weights.reduce((s, w) => s + w, 0);
  const out = new Float64Array(size);
  points.forEach((p, k) => {
    p.forEach((v, i) => {
      out[i] = (out[i] ?? 0) + (v * (weights[k] ?? 0)) / total;
    });
  });
  return out;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0)) / 2;
}
