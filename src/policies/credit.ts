import { checkArgument } from "../core/arguments.js";
import { show } from "../core/index.js";
import { policyInvalid } from "./checks.js";

/**
 * Credit of each decision of a run: the discounted return to go, as a weighted mean of the rewards that
 * came after it, so that it stays in [0,1]. With one reward for the whole run, given at its end, every
 * decision is credited with it, and `discount` sets the rows' `weight`: what lies further from the end
 * counts less.
 * @param rewards reward in [0,1] after each decision; undefined where none was measured
 * @param discount per decision, in (0,1] (default 1)
 * @returns one entry per decision; undefined where no reward followed
 * @throws POLICY_INVALID for a reward or discount out of range
 * @example creditDecisions([undefined, 1], 0.5); // [{ reward: 1, weight: 0.5 }, { reward: 1, weight: 1 }]
 */
export function creditDecisions(
  rewards: readonly (number | undefined)[],
  discount = 1,
): ({ reward: number; weight: number } | undefined)[] {
  checkArgument(rewards, "rewards", "list", "POLICY_INVALID");
  checkArgument(discount, "discount", "number", "POLICY_INVALID");
  if (!(discount > 0 && discount <= 1)) throw policyInvalid(`a discount of ${show(discount)}`, "a number in (0,1]");
  const credits: ({ reward: number; weight: number } | undefined)[] = new Array(rewards.length);
  let sum = 0;
  let mass = 0;
  let nearest = 0;
  for (let i = rewards.length - 1; i >= 0; i--) {
    sum *= discount;
    mass *= discount;
    nearest *= discount;
    const reward = rewards[i];
    if (reward !== undefined) {
      if (!(reward >= 0 && reward <= 1)) throw policyInvalid(`a reward of ${show(reward)}`, "a number in [0,1]");
      sum += reward;
      mass += 1;
      nearest = 1;
    }
    credits[i] = mass > 0 ? { reward: sum / mass, weight: nearest } : undefined;
  }
  return credits;
}
