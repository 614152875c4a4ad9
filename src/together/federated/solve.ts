import { checkArgument } from "../../core/arguments.js";
import { refuseUnknownKeys, show } from "../../core/index.js";
import { restoreEncoder } from "../../dataset/index.js";
import { backwardSolve, cholesky, forwardSolve } from "../../math/linear-algebra.js";
import { pack } from "../../math/packing.js";
import { type PolicySpec, type RoutingArtifact, restorePolicy } from "../../policies/index.js";
import type { Merged } from "./merge.js";
import { checkPlan, type FederationPlan, federationInvalid, type Sums } from "./statistics.js";

/** A ridge regression from sums: coefficients, inverse of the precision, and the noise around it. */
export interface RidgeFit {
  /** The intercept first. */
  theta: Float64Array;
  /** Row-major, `size` squared. */
  inverse: Float64Array;
  /** Residual sum of squares of the penalised fit. */
  residual: number;
}

/**
 * Solves (lambda I + G) theta = b; undefined where the matrix is not positive definite. The residual of the penalised fit is y'y - b' theta, which is what recursive
 * least squares adds up row by row.
 */
export function ridgeFromSums(sums: Sums, size: number, lambda: number): RidgeFit | undefined {
  const a = new Float64Array(size * size);
  for (let i = 0, at = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      const v = (sums.gram[at++] ?? 0) + (i === j ? lambda : 0);
      a[i * size + j] = v;
      a[j * size + i] = v;
    }
  const factor = cholesky(a, size);
  if (!factor) return undefined;
  const solve = (b: ArrayLike<number>) => backwardSolve(factor, size, forwardSolve(factor, size, b));
  const inverse = new Float64Array(size * size);
  const unit = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    unit.fill(0);
    unit[i] = 1;
    inverse.set(solve(unit), i * size);
  }
  const theta = solve(sums.moment);
  const explained = theta.reduce((s, v, i) => s + v * (sums.moment[i] ?? 0), 0);
  return { theta, inverse, residual: Math.max(0, sums.square - explained) };
}

/** Policies whose model is a ridge regression for each destination. */
export type FederatedPolicy = Extract<
  PolicySpec,
  { kind: "squarecb" | "epsilon-greedy" | "softmax" | "linucb" | "thompson" }
>;

/** How a merged model becomes a policy. */
export interface PolicyOptions {
  /** Which kind of policy chooses by the model (default squarecb). */
  kind?: FederatedPolicy["kind"];
  /** Precision of the prior, above 0 (default 1). Noisy sums want more: see `lambdaForNoise`. */
  lambda?: number;
  seed?: number;
}

/** Prior of the noise estimate, as every ridge regression of the policies has it. */
export const PRIOR_NOISE = { sum: 1, count: 4 };

/**
 * The merged model as an artifact that serves: a challenger like any other, which each site proves on its own
 * traffic before it acts there.
 * @throws FEDERATION_INVALID for sums of no rows, or of which there is no model
 * @example
 * ```ts
 * const artifact = policyOf(plan, merge(plan, contributions));
 * await loop.federation.offer(artifact, { sites: ["north", "south"], rows: 4000 });
 * ```
 */
export function policyOf(plan: FederationPlan, merged: Merged, options: PolicyOptions = {}): RoutingArtifact {
  checkPlan(plan);
  checkArgument(merged, "merged", { sums: "object", sites: "list" }, "FEDERATION_INVALID");
  checkArgument(options, "options", "object", "FEDERATION_INVALID");
  refuseUnknownKeys(options, ["kind", "lambda", "seed"], "options of policyOf");
  const { kind = "squarecb", lambda = 1, seed = 0 } = options;
  if (!(lambda > 0 && Number.isFinite(lambda)))
    throw federationInvalid(`lambda ${show(lambda)}`, "a number above 0", "Leave it out for 1.");
  const dim = restoreEncoder(plan.encoder).dim;
  const candidates = [...merged.sums].filter(([, sums]) => sums.weight > 0);
  if (candidates.length === 0)
    throw federationInvalid(
      `sums of no rows, from ${merged.sites.map(show).join(", ") || "no site"}`,
      "rated decisions of at least one of the plan's destinations",
      "Merge when a site has some; the fallback serves meanwhile.",
    );
  const total = (of: (sums: Sums) => number) => candidates.reduce((s, [, sums]) => s + of(sums), 0);
  const model = {
    kind: "per-candidate",
    rewardSum: total((s) => s.reward),
    rowCount: total((s) => s.weight),
    candidates: candidates.map(([name, sums]) => ({ name, regressor: regressorOf(sums, merged.size, lambda) })),
  };
  const policy = {
    kind,
    version: 1,
    dim,
    rows: Math.max(0, Math.round(total((s) => s.rows))),
    spec: { kind, dim, seed, model: { kind: "ridge", lambda } },
    model,
    price: 0,
  };
  // What cannot be restored must fail here, not at a site.
  restorePolicy(policy);
  return {
    decisionPoint: plan.decisionPoint,
    encoder: plan.encoder,
    policy,
    candidates: candidates.map(([name]) => name).sort(),
  };
}

function regressorOf(sums: Sums, size: number, lambda: number) {
  const fit = ridgeFromSums(sums, size, lambda);
  if (!fit)
    throw federationInvalid(
      "sums whose matrix is not positive definite",
      "sums of rows, or less noise",
      "Raise lambda, or release less often.",
    );
  const { theta, inverse, residual } = fit;
  // Positions without a row keep their prior and need no place.
  const seen = Array.from({ length: size }, (_, i) => i).filter(
    (i) => i === 0 || (sums.gram[triangleAt(i, i)] ?? 0) !== 0,
  );
  const triangle: number[] = [];
  seen.forEach((i, a) => {
    for (let b = 0; b <= a; b++) triangle.push(inverse[i * size + (seen[b] ?? 0)] ?? 0);
  });
  return {
    kind: "ridge",
    noise: PRIOR_NOISE.sum + residual,
    noiseCount: PRIOR_NOISE.count + Math.max(0, sums.weight),
    positions: seen.slice(1).map((i) => i - 1),
    theta: pack(Float64Array.from(seen, (i) => theta[i] ?? 0)),
    inverse: pack(Float64Array.from(triangle)),
  };
}

const triangleAt = (i: number, j: number) => (i * (i + 1)) / 2 + j;
