import { checkArgument } from "../core/arguments.js";
import type { PolicyInput, RoutingPolicy } from "./routing-policy.js";

/** What is read of arguments. */
const SCORES = { score: "function" } as const;
const POLICY_INPUT = { candidates: "list" } as const;

/** The share of `probabilities` that an unlucky or broken policy may be off from one in total. */
const SUM_TOLERANCE = 1e-6;

/**
 * Shadow: the fallback's choice, except that with probability `exploration` a legal destination is
 * drawn uniformly. The fallback's own choice has 1 - e + e/K, every other legal one e/K.
 * @example [...shadowDistribution(0, [true, true], 0.2)]; // [0.9, 0.1]
 */
export function shadowDistribution(fallback: number, legal: readonly boolean[], exploration: number): Float64Array {
  checkArgument(fallback, "fallback", "number", "POLICY_INVALID");
  checkArgument(legal, "legal", "list", "POLICY_INVALID");
  checkArgument(exploration, "exploration", "number", "POLICY_INVALID");
  let count = 0;
  for (const allowed of legal) if (allowed) count++;
  const p = new Float64Array(legal.length);
  for (let i = 0; i < p.length; i++) if (legal[i]) p[i] = exploration / count;
  p[fallback] = p[fallback] + 1 - exploration;
  return p;
}

/**
 * Act: the policy's distribution with at most `budget` of it off its most likely destination, and none
 * of it on other destinations below the floor. What is taken away goes to the most likely one.
 * @param means expected rewards, needed with `least`
 * @param least an explored destination must be expected to earn this much
 * @example [...actDistribution(Float64Array.of(0.5, 0.5), 0.1)]; // [0.9, 0.1]
 */
export function actDistribution(
  policy: Float64Array,
  budget: number,
  means?: ArrayLike<number>,
  least = Number.NEGATIVE_INFINITY,
): Float64Array {
  checkArgument(policy, "policy", "list", "POLICY_INVALID");
  checkArgument(budget, "budget", "number", "POLICY_INVALID");
  checkArgument(means, "means", "list?", "POLICY_INVALID");
  const best = mostLikely(policy);
  const p = new Float64Array(policy.length);
  let off = 0;
  for (let i = 0; i < p.length; i++) {
    if (i === best || (means !== undefined && means[i] < least)) continue;
    p[i] = policy[i];
    off += p[i];
  }
  if (off > budget) {
    for (let i = 0; i < p.length; i++) p[i] = (p[i] * budget) / off;
    off = budget;
  }
  p[best] = 1 - off;
  return p;
}

/**
 * What a policy that knows only some of the destinations does: its own distribution over those it was
 * trained on, and a destination that it has never seen tried gets the share that exploration in shadow
 * would give it, whatever the policy imagines of it.
 * @param known destinations with rows in training; undefined where that is not on record (then all count)
 * @returns undefined where no allowed destination is known: the policy has nothing to say then
 * @example const distribution = scoreKnown(policy, input, new Set(["billing", "tech"]), 0.1);
 */
export function scoreKnown(
  policy: RoutingPolicy,
  input: PolicyInput,
  known: ReadonlySet<string> | undefined,
  exploration: number,
): Float64Array | undefined {
  checkArgument(policy, "policy", SCORES, "POLICY_INVALID");
  checkArgument(input, "input", POLICY_INPUT, "POLICY_INVALID");
  const { candidates, mask } = input;
  if (!known || candidates.every((name) => known.has(name))) return policy.score(input);
  const legal = candidates.map((_, i) => !mask || mask[i] === true);
  const familiar = candidates.map((name, i) => legal[i] === true && known.has(name));
  if (!familiar.some(Boolean)) return undefined;
  const p = policy.score({ ...input, mask: familiar });
  const each = exploration / legal.filter(Boolean).length;
  let strange = 0;
  for (let i = 0; i < p.length; i++) if (legal[i] && !familiar[i]) strange += each;
  for (let i = 0; i < p.length; i++) p[i] = legal[i] && !familiar[i] ? each : p[i] * (1 - strange);
  return p;
}

/**
 * Canary: the policy's distribution with probability `share`, else the fallback's choice.
 * @example [...canaryDistribution(Float64Array.of(0.1, 0.9), 0, 0.5)]; // [0.55, 0.45]
 */
export function canaryDistribution(policy: Float64Array, fallback: number, share: number): Float64Array {
  checkArgument(policy, "policy", "list", "POLICY_INVALID");
  checkArgument(fallback, "fallback", "number", "POLICY_INVALID");
  checkArgument(share, "share", "number", "POLICY_INVALID");
  const p = policy.map((x) => x * share);
  p[fallback] = p[fallback] + 1 - share;
  return p;
}

/**
 * The index of the largest probability, the first of equals.
 * @example mostLikely([0.1, 0.7, 0.2]); // 1
 */
export function mostLikely(p: ArrayLike<number>): number {
  checkArgument(p, "p", "list", "POLICY_INVALID");
  let best = 0;
  for (let i = 1; i < p.length; i++) if (p[i] > p[best]) best = i;
  return best;
}

/**
 * What is wrong with a policy's distribution, in words; undefined when nothing is.
 * @example distributionFault(Float64Array.of(0.5, 0.5), [true, true]); // undefined
 */
export function distributionFault(p: Float64Array, legal: readonly boolean[]): string | undefined {
  checkArgument(p, "p", "list", "POLICY_INVALID");
  checkArgument(legal, "legal", "list", "POLICY_INVALID");
  if (p.length !== legal.length) return `${p.length} probabilities for ${legal.length} destinations`;
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const x = p[i];
    if (!(x >= 0)) return `the probability ${x}`;
    if (x > 0 && !legal[i]) return "a probability above zero for a masked destination";
    sum += x;
  }
  return Math.abs(sum - 1) <= SUM_TOLERANCE ? undefined : `probabilities that sum to ${sum}`;
}
