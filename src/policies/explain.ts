import { checkArgument } from "../core/arguments.js";
import type { CandidateExplanation, PolicyInput, RoutingPolicy } from "./routing-policy.js";

/** What is read of arguments. */
const SCORES = { score: "function" } as const;
const INPUT = { candidates: "list", context: { indices: "list", values: "list" } } as const;

/** Why a candidate was expected to be the best, and what it would have taken to choose another. */
export interface PolicyExplanation {
  /** All candidates with the parts of their expected rewards. */
  candidates: CandidateExplanation[];
  /** The candidate with the highest expected reward among the allowed. */
  best: string;
  /** The next best, and how far it lies behind; absent with one candidate. */
  alternative?: { candidate: string; gap: number };
  /**
   * Positions whose part speaks for the best over the alternative, the strongest first. `decisive` where
   * the alternative would have led without that part alone.
   */
  reasons: { index: number; advantage: number; decisive: boolean }[];
}

/**
 * Explains a choice from the policy's own estimates; `top` reasons at most (default 5).
 * @example
 * ```ts
 * const { best, alternative, reasons } = explainByPolicy(policy, input);
 * const names = reasons.map(({ index }) => encoder.featureName(index));
 * ```
 */
export function explainByPolicy(policy: RoutingPolicy, input: PolicyInput, top = 5): PolicyExplanation {
  checkArgument(policy, "policy", SCORES, "POLICY_INVALID");
  checkArgument(input, "input", INPUT, "POLICY_INVALID");
  const candidates = policy.explain(input, input.context.indices.length);
  const ranked = candidates.filter((_, i) => !input.mask || input.mask[i]).sort((a, b) => b.mean - a.mean);
  const [best, next] = ranked as [CandidateExplanation, CandidateExplanation | undefined];
  if (!next) return { candidates: candidates.map((c) => cut(c, top)), best: best.candidate, reasons: [] };
  const gap = best.mean - next.mean;
  const against = new Map(next.contributions.map((c) => [c.index, c.contribution]));
  const positions = new Set([...best.contributions, ...next.contributions].map((c) => c.index));
  const forBest = new Map(best.contributions.map((c) => [c.index, c.contribution]));
  const reasons = [...positions]
    .map((index) => ({ index, advantage: (forBest.get(index) ?? 0) - (against.get(index) ?? 0) }))
    .filter(({ advantage }) => advantage > 0)
    .sort((a, b) => b.advantage - a.advantage || a.index - b.index)
    .slice(0, top)
    .map((reason) => ({ ...reason, decisive: reason.advantage > gap }));
  return {
    candidates: candidates.map((c) => cut(c, top)),
    best: best.candidate,
    alternative: { candidate: next.candidate, gap },
    reasons,
  };
}

const cut = (c: CandidateExplanation, top: number): CandidateExplanation => ({
  ...c,
  contributions: c.contributions.slice(0, top),
});

/** How much a position moves the choice over many decisions. */
export interface Importance {
  index: number;
  /** Mean over the inputs of the spread (highest minus lowest) of its parts among the candidates. */
  importance: number;
  /** Mean part for each candidate: which way it pushes. */
  pushes: Record<string, number>;
}

/**
 * The positions that move a policy's choices most over the given inputs, the strongest first.
 * @example
 * ```ts
 * const [strongest] = globalImportances(policy, policyRows);
 * if (strongest) console.log(encoder.featureName(strongest.index), strongest.pushes);
 * ```
 */
export function globalImportances(policy: RoutingPolicy, inputs: readonly PolicyInput[], top = 20): Importance[] {
  checkArgument(policy, "policy", SCORES, "POLICY_INVALID");
  checkArgument(inputs, "inputs", "objects", "POLICY_INVALID");
  const sums = new Map<number, Importance>();
  for (const input of inputs) {
    const parts = new Map<number, number[]>();
    policy.explain(input, input.context.indices.length).forEach(({ candidate, contributions }) => {
      for (const { index, contribution } of contributions) {
        const entry = sums.get(index) ?? { index, importance: 0, pushes: {} };
        entry.pushes[candidate] = (entry.pushes[candidate] ?? 0) + contribution / inputs.length;
        sums.set(index, entry);
        parts.set(index, [...(parts.get(index) ?? []), contribution]);
      }
    });
    for (const [index, values] of parts) {
      // A candidate without an entry for the position has a part of zero.
      const all = values.length < input.candidates.length ? [...values, 0] : values;
      (sums.get(index) as Importance).importance += (Math.max(...all) - Math.min(...all)) / inputs.length;
    }
  }
  return [...sums.values()].sort((a, b) => b.importance - a.importance || a.index - b.index).slice(0, top);
}
