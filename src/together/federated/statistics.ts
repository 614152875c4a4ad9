import { checkArgument } from "../../core/arguments.js";
import { LearningError, show } from "../../core/index.js";
import type { EncoderSnapshot } from "../../dataset/encoder-types.js";
import { type FeatureVector, restoreEncoder } from "../../dataset/index.js";
import { pack, unpack } from "../../math/packing.js";

/** What is read of arguments. */
const PLAN = { decisionPoint: "text", encoder: "object", destinations: "texts" } as const;

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
 * Names a plan by everything that determines the sums.
 * @example const isSame = planVersion(plan) === planVersion(structuredClone(plan));
 */
export function planVersion(plan: FederationPlan): string {
  checkArgument(plan, "plan", PLAN, "FEDERATION_INVALID");
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
  checkArgument(plan, "plan", PLAN, "FEDERATION_INVALID");
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
 * The sums of a contribution, checked: sums that no rows could have (a negative count, a moment beyond what
 * Cauchy and Schwarz allow) are refused, unless noise was added on purpose.
 * @throws FEDERATION_INVALID
 */
export function sumsOf(plan: FederationPlan, contribution: Contribution, isNoisy = false): Map<string, Sums> {
  const { site, size } = contribution;
  if (contribution.schemaVersion !== 1 || contribution.plan !== planVersion(plan))
    throw federationInvalid(`a contribution of ${show(site)} under another plan`, "the plan that all sites agreed on");
  const sums = new Map<string, Sums>();
  for (const name of plan.destinations) {
    const given = contribution.sums[name];
    if (!given) continue;
    const { gram, moment, rows, weight, reward, square } = given;
    const read: Sums = {
      ...{ rows, weight, reward, square },
      gram: unpack(Float64Array, gram),
      moment: unpack(Float64Array, moment),
    };
    if (read.gram.length !== triangleOf(size) || read.moment.length !== size || (!isNoisy && !isPossible(read)))
      throw federationInvalid(
        `sums of ${show(site)} for ${show(name)} that no rows could have`,
        "sums as contributionOf makes them",
      );
    sums.set(name, read);
  }
  return sums;
}

function isPossible({ rows, weight, reward, square, gram, moment }: Sums): boolean {
  const slack = 1e-6 * (1 + weight);
  if (![rows, weight, reward, square].every((v) => Number.isFinite(v) && v >= 0)) return false;
  if (weight > rows + slack || reward > weight + slack || square > reward + slack) return false;
  for (let i = 0, at = 0; i < moment.length; i++) {
    at += i;
    const diagonal = gram[at + i] ?? Number.NaN;
    const entry = moment[i] ?? Number.NaN;
    // |sum w x y|^2 <= sum w x^2 * sum w y^2
    if (!(diagonal >= -slack) || !(entry * entry <= diagonal * square * (1 + 1e-9) + slack)) return false;
  }
  return gram.every(Number.isFinite);
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
