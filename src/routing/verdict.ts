import type { Decision, FallbackReason } from "../core/index.js";
import { drawIndex } from "../math/rng.js";
import { actDistribution, canaryDistribution, drawFrom, mostLikely, shadowDistribution } from "../policies/index.js";
import type { ChoiceNumbers } from "./identity.js";
import type { ChoiceScene } from "./scene.js";

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
  /** What a trial had to do with it; indices of what each would choose. */
  trial?: {
    version: string;
    share: number;
    uniform: number;
    arm: "serving" | "challenger";
    serving: number;
    challenger: number;
  };
}

type Numbers = Pick<ChoiceNumbers, "coin" | "draw">;

/** The fallback decides, except for the share of choices that are drawn uniformly. */
export function shadowVerdict(
  numbers: Numbers,
  scene: ChoiceScene,
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

/** The terms of a trial at one choice, and what the version on trial would choose. */
export interface TrialTurn {
  version: string;
  share: number;
  uniform: number;
  /** Whose turn it is, uniform in [0,1). */
  arm: number;
  spread: number;
  /** Undefined where it has nothing to say: then it agrees with what serves. */
  challenger: number | undefined;
}

/**
 * What serves decides, but where the version on trial would choose otherwise it has its share of turns,
 * and a small share of choices is drawn uniformly.
 * @param serving index of what serves: the fallback's choice, or the champion's
 * @param open destinations that may be drawn uniformly
 */
function tryOut(
  numbers: Numbers,
  serving: number,
  turn: TrialTurn,
  open: readonly boolean[],
): Pick<Verdict, "index" | "distribution" | "trial"> & { isUniform: boolean; isChallenger: boolean } {
  const { version, share, uniform, challenger = serving } = turn;
  const only = (index: number) => open.map((_, i) => (i === index ? 1 : 0));
  const mixture = { serving: only(serving), challenger: only(challenger), share, uniform, legal: open };
  const { index, arm, distribution } = drawFrom(mixture, { arm: turn.arm, coin: turn.spread, draw: numbers.draw });
  const whose = turn.arm < share ? "challenger" : "serving";
  return {
    index,
    distribution,
    trial: { version, share, uniform, arm: whose, serving, challenger },
    isUniform: arm === "uniform",
    isChallenger: arm === "challenger" && challenger !== serving,
  };
}

/** {@link tryOut} beside the fallback. */
export function trialVerdict(numbers: Numbers, scene: ChoiceScene, fallback: number, turn: TrialTurn): Verdict {
  allow(scene, fallback);
  const { index, distribution, trial, isUniform, isChallenger } = tryOut(numbers, fallback, turn, scene.legal);
  if (isUniform) return { index, source: "exploration", distribution, trial };
  if (isChallenger) return { index, source: "policy", distribution, trial };
  return { index, source: "fallback", reason: "trial", distribution, trial };
}

/** The fallback decides and nothing is tried, for a reason. */
export function giveWay(scene: ChoiceScene, fallback: number, reason: FallbackReason): Verdict {
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
  /** The version on trial against the policy; what it would choose must earn the floor as well. */
  turn?: TrialTurn;
}

/**
 * The policy decides, inside its budget, floor and canary share, and leaves the control share to the
 * fallback. Floor and canary need `fallback`, the floor also `means`; without `fallback` there is no
 * control.
 */
export function act(
  numbers: Numbers,
  scene: ChoiceScene,
  policy: Float64Array,
  means: Float64Array | undefined,
  fallback: number | undefined,
  rules: ActRules,
): Verdict {
  let least: number | undefined;
  if (means && fallback !== undefined && rules.rewardFloor !== undefined) {
    least = means[fallback] - rules.rewardFloor;
    if (means[mostLikely(policy)] < least) return { ...giveWay(scene, fallback, "reward-floor"), means };
  }
  const { followed, index, trial } = rules.turn
    ? triedAgainst(numbers, scene, policy, means, least, rules.turn)
    : actedOn(numbers, actDistribution(policy, rules.exploration, means, least));
  const share = rules.canaryShare ?? 1 - rules.control;
  if (share >= 1 || fallback === undefined) return { index, source: "policy", distribution: followed, means, trial };
  allow(scene, fallback);
  const distribution = canaryDistribution(followed, fallback, share);
  const control = 1 - share;
  if (numbers.coin < share) return { index, source: "policy", distribution, control, means, trial };
  const reason = rules.canaryShare === undefined ? "control" : "canary";
  return { index: fallback, source: "fallback", reason, distribution, control, means, trial };
}

interface Followed {
  followed: Float64Array;
  index: number;
  trial?: Verdict["trial"];
}

const actedOn = (numbers: Numbers, followed: Float64Array): Followed => ({
  followed,
  index: drawIndex(followed, numbers.draw),
});

/** The policy's most likely destination serves; what is explored goes to the version on trial, and a little to all. */
function triedAgainst(
  numbers: Numbers,
  scene: ChoiceScene,
  policy: Float64Array,
  means: Float64Array | undefined,
  least: number | undefined,
  turn: TrialTurn,
): Followed {
  const serving = mostLikely(policy);
  const open = scene.legal.map(
    (legal, i) => legal && (i === serving || !means || least === undefined || means[i] >= least),
  );
  const challenger = turn.challenger !== undefined && open[turn.challenger] ? turn.challenger : undefined;
  const { index, distribution, trial } = tryOut(numbers, serving, { ...turn, challenger }, open);
  return { followed: distribution as Float64Array, index, trial };
}

/** What the graph's own router says is allowed by definition. */
function allow(scene: ChoiceScene, fallback: number): void {
  scene.legal[fallback] = true;
}
