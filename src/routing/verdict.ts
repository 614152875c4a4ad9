import type { Decision, FallbackReason } from "../core/index.js";
import { drawIndex } from "../core/index.js";
import { actDistribution, canaryDistribution, mostLikely, shadowDistribution } from "../policies/index.js";
import type { ChoiceIdentity } from "./identity.js";
import type { Scene } from "./scene.js";

/** What a choice came to. */
export interface Verdict {
  index: number;
  source: Decision["source"];
  /** Why the fallback decided; only with the source `fallback`. */
  reason?: FallbackReason;
  /** The distribution it was drawn from; absent where unknown (mode advise). */
  distribution?: Float64Array;
  /** Share of that distribution that was the fallback's for comparison. */
  control?: number;
  means?: Float64Array;
}

type Numbers = Pick<ChoiceIdentity, "coin" | "draw">;

/** The fallback decides, except for the share of choices that are drawn uniformly. */
export function watch(
  numbers: Numbers,
  scene: Scene,
  fallback: number,
  exploration: number,
  reason: FallbackReason,
): Verdict {
  allow(scene, fallback);
  const distribution = shadowDistribution(fallback, scene.legal, exploration);
  if (numbers.coin >= exploration) return { index: fallback, source: "fallback", reason, distribution };
  const uniform = shadowDistribution(fallback, scene.legal, 1);
  return { index: drawIndex(uniform, numbers.draw), source: "exploration", distribution };
}

/** The fallback decides and nothing is tried, for a reason. */
export function giveWay(scene: Scene, fallback: number, reason: FallbackReason): Verdict {
  allow(scene, fallback);
  return { index: fallback, source: "fallback", reason, distribution: shadowDistribution(fallback, scene.legal, 0) };
}

/** The rules inside which a policy acts; see the options of the same names. */
export interface ActRules {
  exploration: number;
  rewardFloor?: number;
  /** Probability of following the policy at all, while it is a canary. */
  canaryShare?: number;
  /** Probability of following the fallback, for comparison, at all other times. */
  control: number;
}

/**
 * The policy decides, inside its budget, floor and canary share, and leaves the control share to the
 * fallback. Floor and canary need `fallback`, the floor also `means`; without `fallback` there is no
 * control.
 */
export function act(
  numbers: Numbers,
  scene: Scene,
  policy: Float64Array,
  means: Float64Array | undefined,
  fallback: number | undefined,
  rules: ActRules,
): Verdict {
  let least: number | undefined;
  if (means && fallback !== undefined && rules.rewardFloor !== undefined) {
    least = (means[fallback] as number) - rules.rewardFloor;
    if ((means[mostLikely(policy)] as number) < least) return { ...giveWay(scene, fallback, "reward-floor"), means };
  }
  const followed = actDistribution(policy, rules.exploration, means, least);
  const index = drawIndex(followed, numbers.draw);
  const share = rules.canaryShare ?? 1 - rules.control;
  if (share >= 1 || fallback === undefined) return { index, source: "policy", distribution: followed, means };
  allow(scene, fallback);
  const distribution = canaryDistribution(followed, fallback, share);
  const control = 1 - share;
  if (numbers.coin < share) return { index, source: "policy", distribution, control, means };
  const reason = rules.canaryShare === undefined ? "control" : "canary";
  return { index: fallback, source: "fallback", reason, distribution, control, means };
}

/** What the graph's own router says is allowed by definition. */
function allow(scene: Scene, fallback: number): void {
  scene.legal[fallback] = true;
}
