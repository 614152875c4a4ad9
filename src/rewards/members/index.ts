import { boostedTrees } from "./boosted-trees.js";
import { extraTrees } from "./extra-trees.js";
import { meanMember } from "./mean.js";
import type { RewardMember } from "./member.js";
import { mlp } from "./mlp.js";
import { pairwiseEffects } from "./pairwise-effects.js";
import { ridge } from "./ridge.js";

/**
 * The members of a reward model. Shallow slow boosting and extremely randomised trees are there for the small, noisy
 * sets that ratings are, pairwise effects for categories in them. The fast members (ridge, pairwise effects) take new
 * ratings at once.
 * @example const model = await RewardModel.fit(examples, { members: defaultMembers().slice(0, 2), seed: 1 });
 */
export function defaultMembers(): RewardMember[] {
  return [extraTrees(1), extraTrees(5), boostedTrees(), pairwiseEffects(), mlp(), ridge(), meanMember()];
}
