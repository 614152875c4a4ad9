import { checkArgument } from "../core/arguments.js";
import type { DecisionContext } from "../core/index.js";
import { normalCdf } from "../math/normal.js";
import type { CandidateEstimate } from "../policies/index.js";
import { mostLikely, scoreKnown } from "../policies/index.js";
import { policyInput } from "./proposal.js";
import type { ServedPolicy } from "./served-policy.js";

/** One destination, as the policy sees it. */
export interface AdvisedAction<D extends string = string> {
  destination: D;
  /** Probability with which the policy would take it. */
  probability: number;
  /** Expected reward in [0,1] and its standard error; absent when only the fallback spoke. */
  expectedReward?: number;
  standardError?: number;
}

/** What a policy (or, without one, the fallback) would do, and how sure it is. Plain data. */
export interface Advice<D extends string = string> {
  decisionPoint: string;
  destination: D;
  /** The most probable first. */
  actions: AdvisedAction<D>[];
  /** Probability of each destination. */
  probabilities: Record<D, number>;
  /**
   * The probability that the destination really earns more than its strongest rival, by a normal
   * approximation of the policy's own uncertainty; 0 when only the fallback spoke.
   */
  confidence: number;
  /** The features that speak most for the destination over its strongest rival, in words. */
  why: string;
  source: "policy" | "fallback";
  policyVersion?: string;
}

/** What advice is asked about. */
export interface AdviceQuestion<D extends string> {
  decisionPoint: string;
  context: DecisionContext;
  candidates: readonly D[];
  /** False where not allowed. */
  legal?: readonly boolean[];
  candidateFeatures?: Readonly<Record<string, DecisionContext>>;
}

/**
 * The policy's advice: a pure function of its version and the question.
 * @param drawn the destination that was drawn, and from what, where it need not be the most likely one
 * @example
 * ```ts
 * const served = restoreServedPolicy("v3", artifact);
 * const { destination, confidence, why } = adviseOn(served, {
 *   decisionPoint: "triage",
 *   context: { topic: "invoice" },
 *   candidates: ["billing", "tech"],
 * });
 * ```
 */
export function adviseOn<D extends string>(
  served: ServedPolicy,
  question: AdviceQuestion<D>,
  drawn?: { destination: D; distribution?: Float64Array },
): Advice<D> {
  checkArgument(served, "served", { policy: "object", encoder: "object" }, "ROUTER_INVALID");
  checkArgument(question, "question", { candidates: "list", context: "object" }, "ROUTER_INVALID");
  const { candidates, context, decisionPoint } = question;
  const legal = question.legal ?? candidates.map(() => true);
  const input = policyInput(served, context, candidates, legal, question.candidateFeatures);
  const p = drawn?.distribution ?? scoreKnown(served.policy, input, served.known, 0) ?? served.policy.score(input);
  const estimates = served.policy.predict(input);
  const best = drawn ? candidates.indexOf(drawn.destination) : mostLikely(p);
  const rival = strongestRival(estimates, legal, best);
  const actions = candidates
    .map((destination, i) => ({
      destination,
      probability: p[i],
      expectedReward: estimates[i]?.mean,
      standardError: estimates[i]?.standardError,
    }))
    .filter((_, i) => legal[i])
    .sort((a, b) => b.probability - a.probability);
  return {
    decisionPoint,
    destination: candidates[best],
    actions,
    probabilities: byName(candidates, p),
    confidence: rival === undefined ? 1 : chanceOfBeating(estimates[best], estimates[rival]),
    why: reasons(served, input, candidates, best, rival),
    source: "policy",
    policyVersion: served.version,
  };
}

/** The advice where no policy may speak: what the fallback says. */
export function fallbackAdvice<D extends string>(
  decisionPoint: string,
  candidates: readonly D[],
  destination: D,
  why: string,
  distribution: ArrayLike<number> = candidates.map((c) => (c === destination ? 1 : 0)),
): Advice<D> {
  const probabilities = byName(candidates, distribution);
  const actions = candidates
    .map((name) => ({ destination: name, probability: probabilities[name] }))
    .filter((a) => a.probability > 0)
    .sort((a, b) => b.probability - a.probability);
  return { decisionPoint, destination, actions, probabilities, confidence: 0, why, source: "fallback" };
}

function byName<D extends string>(candidates: readonly D[], p: ArrayLike<number>): Record<D, number> {
  return Object.fromEntries(candidates.map((name, i) => [name, p[i]])) as Record<D, number>;
}

function strongestRival(
  estimates: readonly CandidateEstimate[],
  legal: readonly boolean[],
  best: number,
): number | undefined {
  let rival: number | undefined;
  estimates.forEach((e, i) => {
    if (i === best || !legal[i]) return;
    if (rival === undefined || e.mean > estimates[rival].mean) rival = i;
  });
  return rival;
}

function chanceOfBeating(a: CandidateEstimate | undefined, b: CandidateEstimate | undefined): number {
  if (!a || !b) return 0;
  const spread = Math.hypot(a.standardError, b.standardError);
  if (spread === 0) return a.mean > b.mean ? 1 : a.mean < b.mean ? 0 : 0.5;
  return normalCdf((a.mean - b.mean) / spread);
}

const REASONS = 3;

function reasons(
  served: ServedPolicy,
  input: ReturnType<typeof policyInput>,
  candidates: readonly string[],
  best: number,
  rival: number | undefined,
): string {
  const explained = served.policy.explain(input, 50);
  const push = new Map<number, number>();
  for (const c of explained[best]?.contributions ?? []) push.set(c.index, c.contribution);
  if (rival !== undefined)
    for (const c of explained[rival]?.contributions ?? []) push.set(c.index, (push.get(c.index) ?? 0) - c.contribution);
  const strongest = [...push].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, REASONS);
  const words = strongest
    .filter(([, amount]) => amount !== 0)
    .map(([at, amount]) => `${served.encoder.featureName(at)} (${amount > 0 ? "+" : ""}${amount.toFixed(3)})`);
  const over = rival === undefined ? "" : ` over ${candidates[rival]}`;
  return `${candidates[best]}${over}: ${words.length ? words.join(", ") : "no feature stands out"}`;
}
