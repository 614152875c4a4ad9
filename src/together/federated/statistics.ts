import { checkArgument } from "../../core/arguments.js";
import { LearningError, show } from "../../core/index.js";
import type { EncoderSnapshot } from "../../dataset/encoder-types.js";
import { type FeatureVector, restoreEncoder } from "../../dataset/index.js";
import { pack, unpack } from "../../math/packing.js";

/** What is read of arguments. */
const PLAN = { decisionPoint: "text", encoder: "object", destinations: "texts" } as const;
const COUNTS = ["rows", "weight", "reward", "square"] as const;

/**
 * What sites must share before they exchange anything: how contexts become vectors, which destinations there are,
 * and the bounds that each site clips its rows to. Contributions under different plans never mix.
 */
export interface FederationPlan {
  decisionPoint: string;
  /** The encoding, agreed on in public: fitted on public or synthetic contexts, or its fit is paid from the budget. */
  encoder: EncoderSnapshot;
  destinations: readonly string[];
  /** Longest vector of a row, its intercept of 1 included; longer ones are scaled down (default: unbounded). */
  rowNorm?: number;
  /** Most rows that one person gives; the first ones count (default: unbounded). */
  rowsPerPerson?: number;
}

/** A rated decision as a site has it. */
export interface FederatedRow {
  context: FeatureVector;
  chosen: string;
  /** In [0,1]. */
  reward: number;
  /** Importance (default 1), at most 1. */
  weight?: number;
  /** Who the run was for, where rows per person are bounded. */
  person?: string;
}

/**
 * The sums behind a linear regression of the reward of one destination: all that a site tells. `gram` is the lower
 * triangle of the sum of w x x', row by row, the intercept first; `moment` the sum of w x y.
 */
export interface Sums {
  rows: number;
  /** Sum of weights, of w y, and of w y^2. */
  weight: number;
  reward: number;
  square: number;
  gram: Float64Array;
  moment: Float64Array;
}

/** One site's sums by destination, as plain JSON: what is sent instead of runs. */
export interface Contribution {
  schemaVersion: 1;
  site: string;
  /** Version of the plan: see {@link planVersion}. */
  plan: string;
  /** Length of the vectors, the intercept included. */
  size: number;
  sums: Record<string, { rows: number; weight: number; reward: number; square: number; gram: string; moment: string }>;
}

/**
 * A plan whose bounds can be kept: half a row per person, or none, would leave people unbounded and the noise too small.
 * @throws FEDERATION_INVALID
 */
export function checkPlan(plan: FederationPlan): void {
  checkArgument(plan, "plan", PLAN, "FEDERATION_INVALID");
  const { destinations, rowNorm, rowsPerPerson } = plan;
  const wrong = (received: string, expected: string) =>
    federationInvalid(received, expected, "Correct the plan, at all sites.");
  if (
    destinations.length === 0 ||
    new Set(destinations).size < destinations.length ||
    destinations.includes("__proto__")
  )
    throw wrong(
      `the destinations ${show(destinations)} in a plan`,
      "at least one, each once, and none named __proto__",
    );
  if (rowNorm !== undefined && !(Number.isFinite(rowNorm) && rowNorm >= 1))
    throw wrong(`rowNorm ${show(rowNorm)} in a plan`, "a bound of at least 1, or none");
  if (rowsPerPerson !== undefined && !(Number.isInteger(rowsPerPerson) && rowsPerPerson >= 1))
    throw wrong(`rowsPerPerson ${show(rowsPerPerson)} in a plan`, "a whole number of at least 1, or none");
}

/**
 * Names a plan by everything that determines the sums.
 * @example const isSame = planVersion(plan) === planVersion(structuredClone(plan));
 */
export function planVersion(plan: FederationPlan): string {
  checkPlan(plan);
  const { decisionPoint, encoder, destinations, rowNorm, rowsPerPerson } = plan;
  return JSON.stringify([
    decisionPoint,
    encoder.version,
    [...destinations].sort(),
    rowNorm ?? null,
    rowsPerPerson ?? null,
  ]);
}

/** Entries of a lower triangle of this size. */
export const triangleOf = (size: number) => (size * (size + 1)) / 2;

/** Empty sums for vectors of this size. */
export function emptySums(size: number): Sums {
  const [gram, moment] = [new Float64Array(triangleOf(size)), new Float64Array(size)];
  return { rows: 0, weight: 0, reward: 0, square: 0, gram, moment };
}

/**
 * A site's contribution: nothing of a single row leaves it but by these sums.
 * @throws FEDERATION_INVALID for a destination or a vector that the plan does not have
 * @example
 * ```ts
 * const contribution = contributionOf(plan, "north", [
 *   { context: encoder.encode({ topic: "invoice" }), chosen: "billing", reward: 1 },
 * ]);
 * ```
 */
export function contributionOf(plan: FederationPlan, site: string, rows: readonly FederatedRow[]): Contribution {
  checkPlan(plan);
  checkArgument(site, "site", "text", "FEDERATION_INVALID");
  checkArgument(rows, "rows", "objects", "FEDERATION_INVALID");
  const size = restoreEncoder(plan.encoder).dim + 1;
  const byDestination = new Map(plan.destinations.map((name) => [name, emptySums(size)]));
  const given = new Map<string, number>();
  for (const { context, chosen, reward, weight = 1, person } of rows) {
    const sums = byDestination.get(chosen);
    if (!sums || context.dim + 1 !== size || !(reward >= 0 && reward <= 1) || !(weight >= 0 && weight <= 1))
      throw federationInvalid(
        `a row of ${show(chosen)} with ${context.dim} features, reward ${reward} and weight ${weight}`,
        `destinations ${plan.destinations.join(", ")}, ${size - 1} features, reward and weight in [0,1]`,
      );
    if (plan.rowsPerPerson !== undefined && person !== undefined) {
      const before = given.get(person) ?? 0;
      if (before >= plan.rowsPerPerson) continue;
      given.set(person, before + 1);
    }
    addRow(sums, context, reward, weight, plan.rowNorm);
  }
  return packed(plan, site, size, byDestination);
}

/** Sums as the plain JSON that is sent. */
export function packed(
  plan: FederationPlan,
  site: string,
  size: number,
  sums: ReadonlyMap<string, Sums>,
): Contribution {
  const out: Contribution["sums"] = {};
  for (const [name, { gram, moment, ...counts }] of sums)
    out[name] = { ...counts, gram: pack(gram), moment: pack(moment) };
  return { schemaVersion: 1, site, plan: planVersion(plan), size, sums: out };
}

/**
 * The sums of a contribution, checked: vectors of another length than the plan's, and sums that no rows could have (a
 * negative count, products beyond what Cauchy and Schwarz or the plan's `rowNorm` allow) are refused; the latter
 * not where noise was added on purpose.
 * @throws FEDERATION_INVALID
 */
export function sumsOf(plan: FederationPlan, contribution: Contribution, isNoisy = false): Map<string, Sums> {
  const { site, size } = contribution;
  if (contribution.schemaVersion !== 1 || contribution.plan !== planVersion(plan))
    throw federationInvalid(`a contribution of ${show(site)} under another plan`, "the plan that all sites agreed on");
  const dim = restoreEncoder(plan.encoder).dim;
  if (size !== dim + 1)
    throw federationInvalid(
      `vectors of length ${show(size)} from ${show(site)}`,
      `${dim + 1}, as the plan's encoder has it`,
    );
  const sums = new Map<string, Sums>();
  for (const name of plan.destinations) {
    const given = Object.hasOwn(contribution.sums, name) ? contribution.sums[name] : undefined;
    if (!given) continue;
    const { gram, moment, rows, weight, reward, square } = given;
    const read: Sums = {
      ...{ rows, weight, reward, square },
      gram: unpack(Float64Array, gram),
      moment: unpack(Float64Array, moment),
    };
    const isWhole = read.gram.length === triangleOf(size) && read.moment.length === size;
    if (!isWhole || !(isNoisy ? isNumbers(read) : isPossible(read, plan.rowNorm))) throw impossible(site, name);
    sums.set(name, read);
  }
  return sums;
}

/** A refusal that names the site and the destination. */
export const impossible = (site: string, name: string): LearningError =>
  federationInvalid(
    `sums of ${show(site)} for ${show(name)} that no rows could have`,
    "sums as contributionOf makes them",
    "Merge without that site. Sums with noise added on purpose are for `merge` with `noisy`.",
  );

const isNumbers = (sums: Sums) =>
  COUNTS.every((key) => Number.isFinite(sums[key])) &&
  sums.gram.every(Number.isFinite) &&
  sums.moment.every(Number.isFinite);

function isPossible(sums: Sums, rowNorm: number | undefined): boolean {
  const { rows, weight, reward, square, gram, moment } = sums;
  const slack = 1e-6 * (1 + weight);
  if (!isNumbers(sums) || COUNTS.some((key) => sums[key] < 0)) return false;
  if (weight > rows + slack || reward > weight + slack || square > reward + slack) return false;
  const diagonal = Array.from(moment, (_, i) => gram[triangleOf(i) + i] ?? Number.NaN);
  // |sum w x y|^2 <= sum w x^2 * sum w y^2
  const fits = (entry: number, x: number, y: number) => entry * entry <= x * y * (1 + 1e-9) + slack;
  for (let i = 0, at = 0; i < moment.length; i++) {
    const own = diagonal[i] ?? 0;
    if (!(own >= -slack) || !fits(moment[i] ?? 0, own, square)) return false;
    for (let j = 0; j <= i; j++) if (!fits(gram[at++] ?? 0, own, diagonal[j] ?? 0)) return false;
  }
  // Rows begin with 1, unless the plan scales them down; then none is longer than it says.
  if (rowNorm === undefined) return Math.abs((gram[0] ?? 0) - weight) <= slack;
  return diagonal.reduce((sum, v) => sum + v, 0) <= weight * rowNorm ** 2 + slack;
}

function addRow(sums: Sums, x: FeatureVector, y: number, weight: number, rowNorm: number | undefined): void {
  const at = [0, ...Array.from(x.indices, (i) => i + 1)];
  let values = [1, ...x.values];
  if (rowNorm !== undefined) {
    const length = Math.hypot(...values);
    if (length > rowNorm) values = values.map((v) => (v * rowNorm) / length);
  }
  const { gram, moment } = sums;
  sums.rows += 1;
  sums.weight += weight;
  sums.reward += weight * y;
  sums.square += weight * y * y;
  at.forEach((i, a) => {
    const v = weight * (values[a] ?? 0);
    moment[i] = (moment[i] ?? 0) + v * y;
    const row = (i * (i + 1)) / 2;
    for (let b = 0; b <= a; b++) {
      const j = row + (at[b] ?? 0);
      gram[j] = (gram[j] ?? 0) + v * (values[b] ?? 0);
    }
  });
}

/** A refusal of this room. */
export function federationInvalid(
  received: string,
  expected: string,
  remedy = "Agree on one plan, and send sums made by it.",
): LearningError {
  return new LearningError("FEDERATION_INVALID", { received, expected, remedy });
}
