import { checkArgument } from "../../core/arguments.js";
import { drawIndex } from "../../math/rng.js";

/** What is read of arguments. */
const MIXTURE = { serving: "list", share: "number", uniform: "number", legal: "list" } as const;
const NUMBERS = { arm: "number", coin: "number", draw: "number" } as const;

/** Whose distribution a choice was drawn from. */
export type Arm = "serving" | "challenger" | "uniform";

/** What one choice is mixed from. Distributions are aligned with the candidates and sum to one. */
export interface Mixture {
  /** The distribution of what serves: the fallback, or the champion. */
  serving: ArrayLike<number>;
  /** The distribution of the version on trial; absent where none is, or where it has nothing to say. */
  challenger?: ArrayLike<number>;
  /** Probability in [0,1] of following the challenger's distribution. */
  share: number;
  /** Probability in [0,1] of drawing uniformly among the legal candidates instead. */
  uniform: number;
  legal: readonly boolean[];
}

/** The random numbers of one choice, each uniform in [0,1). */
export interface Numbers {
  /** Decides between challenger and serving; one for a whole run, or a person, where the arm is to stay. */
  arm: number;
  /** Decides whether this choice is drawn uniformly. */
  coin: number;
  /** Draws the candidate. */
  draw: number;
}

/** What was drawn, by whom, and from which distribution. */
export interface Drawn {
  index: number;
  arm: Arm;
  distribution: Float64Array;
}

/**
 * The distribution of a mixture: with probability `uniform` a legal candidate at random, else with
 * probability `share` the challenger's, else what serves. Candidates on which challenger and serving
 * agree keep their probability, so the budget is spent only where the two differ.
 * @example
 * ```ts
 * const mixture = { serving: [1, 0], challenger: [0, 1], share: 0.2, uniform: 0.1, legal: [true, true] };
 * [...mixtureOf(mixture)]; // [0.77, 0.23]
 * ```
 */
export function mixtureOf(mixture: Mixture): Float64Array {
  checkArgument(mixture, "mixture", MIXTURE, "POLICY_INVALID");
  const { serving, challenger, share, uniform, legal } = mixture;
  const p = new Float64Array(serving.length);
  const followed = challenger ? share : 0;
  let count = 0;
  for (const allowed of legal) if (allowed) count++;
  for (let i = 0; i < p.length; i++) {
    const own = (1 - followed) * serving[i] + (challenger ? followed * challenger[i] : 0);
    p[i] = (1 - uniform) * own + (legal[i] ? uniform / count : 0);
  }
  return p;
}

/**
 * The one draw of the package: routing, prompts and middleware take their choices from here, so that
 * every choice has exactly the probability that is logged with it.
 * @example
 * ```ts
 * const mixture = { serving: [1, 0], challenger: [0, 1], share: 0.2, uniform: 0.1, legal: [true, true] };
 * drawFrom(mixture, { coin: 0.5, arm: 0.1, draw: 0.3 }).arm; // "challenger"
 * ```
 */
export function drawFrom(mixture: Mixture, numbers: Numbers): Drawn {
  checkArgument(numbers, "numbers", NUMBERS, "POLICY_INVALID");
  const distribution = mixtureOf(mixture);
  const { serving, challenger, share, uniform, legal } = mixture;
  if (numbers.coin < uniform) {
    const evenly = mixtureOf({ serving, share: 0, uniform: 1, legal });
    return { index: drawIndex(evenly, numbers.draw), arm: "uniform", distribution };
  }
  if (challenger && numbers.arm < share)
    return { index: drawIndex(challenger, numbers.draw), arm: "challenger", distribution };
  return { index: drawIndex(serving, numbers.draw), arm: "serving", distribution };
}

/**
 * Total variation between two distributions: the probability with which following one of them leaves
 * the other, in [0,1].
 * @example differenceOf([1, 0], [0.7, 0.3]); // 0.3
 */
export function differenceOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  checkArgument(a, "a", "list", "POLICY_INVALID");
  checkArgument(b, "b", "list", "POLICY_INVALID");
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
  return Math.min(1, sum / 2);
}
