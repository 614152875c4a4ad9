import { checkArgument } from "../../core/arguments.js";
import { type DecisionContext, hash32, isAsking, standsFor } from "../../core/index.js";
import { type DecisionRow, type FeatureEncoder, fitEncoder } from "../../dataset/index.js";
import { createPolicy, type RoutingArtifact, type RoutingPolicy } from "../../policies/index.js";
import { estimateGain } from "../estimate.js";
import { toOpeRow } from "../rows.js";
import { EXPERIMENT_FIELD, UNIT_FIELD } from "./fields.js";

/** A served run reduced to what a policy over variants learns from. */
export interface VariantRow {
  context: DecisionContext;
  variant: string;
  probabilities: Readonly<Record<string, number>>;
  /** In [0,1]. */
  reward: number;
  run: string;
  /** For how many runs it stands; default 1. */
  weight?: number;
  /** Who keeps a variant over several runs; these are judged together. Default: the run alone. */
  unit?: string;
}

/** A policy over variants and what it is worth. */
export interface ContextualResult {
  artifact: RoutingArtifact;
  /** Estimated gain in mean reward over the best single variant, cross-fitted, with its one-sided 95 % lower bound. */
  gain: number;
  lower: number;
  bestSingle: string;
  rows: number;
  /** True when the lower bound is above zero. */
  better: boolean;
}

const FOLDS = 2;

/** What a policy can be learned from of a prompt's rows; bookkeeping fields of the context are left out. */
export function variantRows(rows: readonly DecisionRow[]): VariantRow[] {
  const asking = isAsking(rows);
  return rows.flatMap((row) => {
    const weight = standsFor(row, asking);
    if (row.reward === undefined || !row.probabilities || weight === undefined) return [];
    const context = Object.fromEntries(Object.entries(row.context).filter(([k]) => !k.startsWith("prompt.")));
    const probabilities = Object.fromEntries(row.candidates.map((c, i) => [c, row.probabilities?.[i] ?? 0]));
    const unit = row.context[UNIT_FIELD];
    return [
      {
        ...{ context, variant: row.chosen, probabilities, reward: row.reward, run: row.workflowId },
        ...(weight !== 1 && { weight }),
        ...(typeof unit === "string" && { unit }),
      },
    ];
  });
}

/** The versions that the latest experiment still drew from; what a policy can be learned over. */
export function latestVariants(rows: readonly DecisionRow[]): string[] {
  let latest: DecisionRow | undefined;
  for (const row of rows)
    if (row.context[EXPERIMENT_FIELD] !== undefined && (latest === undefined || row.at >= latest.at)) latest = row;
  return (latest?.candidates ?? []).filter((_, i) => (latest?.probabilities?.[i] ?? 0) > 0).sort();
}

/**
 * Learns which variant suits which context, and estimates what that would earn beyond the best single
 * variant by the doubly robust estimator, each half of the units judged by the policy learned on the other.
 * The best single variant is the one with the best mean on the half that does not judge. Only rows drawn
 * among all of `variants` count; others they could have got are left out by conditioning.
 * Undefined when contexts have no usable field or a variant was never drawn.
 * @example
 * ```ts
 * const found = learnContextualPolicy("support", variantRows, ["v1", "v2"], 1);
 * if (found?.better) console.log(`by context, ${found.gain} beyond ${found.bestSingle}`);
 * ```
 */
export function learnContextualPolicy(
  promptId: string,
  rows: readonly VariantRow[],
  variants: readonly string[],
  seed: number,
): ContextualResult | undefined {
  checkArgument(promptId, "promptId", "text", "EXPERIMENT_INVALID");
  checkArgument(rows, "rows", "objects", "EXPERIMENT_INVALID");
  checkArgument(variants, "variants", "texts", "EXPERIMENT_INVALID");
  checkArgument(seed, "seed", "number", "EXPERIMENT_INVALID");
  const usable = rows.flatMap((r) => amongVariants(r, variants));
  if (usable.length < 50 || !usable.some((r) => Object.keys(r.context).length > 0)) return undefined;
  const encoder = fitEncoder(usable.map((r) => r.context));
  // By hash, since runs may come in turns.
  const foldOf = (r: VariantRow) => hash32(unitOf(r), 5) % FOLDS;
  const judged = Array.from({ length: FOLDS }, (_, f) => f).flatMap((fold) => {
    const train = usable.filter((r) => foldOf(r) !== fold);
    const policy = learned(train, variants, encoder, seed);
    const single = bestSingle(train, variants);
    return usable
      .filter((r) => foldOf(r) === fold)
      .map((r) => {
        const input = { context: encoder.encode(r.context), candidates: variants };
        const estimates = policy.predict(input);
        return toOpeRow({
          reward: r.reward,
          chosen: variants.indexOf(r.variant),
          logging: variants.map((v) => r.probabilities[v]),
          target: greedy(policy, input),
          baseline: variants.map((v) => (v === single ? 1 : 0)),
          model: estimates.map((e) => e.mean),
          run: unitOf(r),
          ...(r.weight !== undefined && { weight: r.weight }),
        });
      });
  });
  // The two-sided 90 % interval's lower end is the one-sided 95 % bound.
  const estimate = estimateGain(judged, { estimator: "dr", level: 0.9 });
  return {
    artifact: {
      decisionPoint: `prompt/${promptId}`,
      encoder: encoder.snapshot(),
      policy: learned(usable, variants, encoder, seed).snapshot(),
      candidates: [...variants],
    },
    gain: estimate.value,
    lower: estimate.interval.lower,
    bestSingle: bestSingle(usable, variants),
    rows: usable.length,
    better: estimate.identifiable && estimate.interval.lower > 0,
  };
}

function unitOf(row: VariantRow): string {
  return row.unit ?? row.run;
}

/** The row with its probabilities given that one of the variants was drawn; nothing if it says nothing about them. */
function amongVariants(row: VariantRow, variants: readonly string[]): VariantRow[] {
  const p = variants.map((v) => row.probabilities[v] ?? 0);
  if (!variants.includes(row.variant) || p.some((x) => x <= 0)) return [];
  const total = p.reduce((s, x) => s + x, 0);
  return [{ ...row, probabilities: Object.fromEntries(variants.map((v, i) => [v, p[i] / total])) }];
}

function learned(rows: readonly VariantRow[], variants: readonly string[], encoder: FeatureEncoder, seed: number) {
  const policy = createPolicy({ kind: "epsilon-greedy", dim: encoder.dim, seed });
  policy.learn(
    rows.map((r) => ({
      context: encoder.encode(r.context),
      candidates: variants,
      chosen: variants.indexOf(r.variant),
      reward: r.reward,
      propensity: r.probabilities[r.variant],
      ...(r.weight !== undefined && { weight: r.weight }),
    })),
  );
  return policy;
}

/** Probability of each candidate: the best one but for a little exploration. */
export function greedy(
  policy: RoutingPolicy,
  input: Parameters<RoutingPolicy["predict"]>[0],
  exploration = 0,
): number[] {
  const means = policy.predict(input).map((e) => e.mean);
  const best = means.indexOf(Math.max(...means));
  return means.map((_, i) => exploration / means.length + (i === best ? 1 - exploration : 0));
}

function bestSingle(rows: readonly VariantRow[], variants: readonly string[]): string {
  const mean = (v: string) => {
    let [w, s] = [0, 0];
    for (const r of rows) {
      if (r.variant !== v) continue;
      const weight = (r.weight ?? 1) / r.probabilities[v];
      w += weight;
      s += weight * r.reward;
    }
    return w === 0 ? 0 : s / w;
  };
  return variants.reduce((best, v) => (mean(v) > mean(best) ? v : best), variants[0]);
}
