import { boostedTrees } from "./boosted-trees.js";
import { extraTrees, smoothTrees } from "./extra-trees.js";
import { meanMember } from "./mean.js";
import type { MemberRestorer, RewardMember } from "./member.js";
import { networks } from "./mlp.js";
import { pairwiseEffects } from "./pairwise-effects.js";
import { ridge } from "./ridge.js";

/**
 * The members of a reward model. Shallow slow boosting and extremely randomised trees are there for the small, noisy
 * sets that ratings are, pairwise effects for categories in them. The fast members (ridge, pairwise effects) take new
 * ratings at once.
 * @example const model = await RewardModel.fit(examples, { members: defaultMembers().slice(0, 2), seed: 1 });
 */
export function defaultMembers(): RewardMember[] {
  return [extraTrees(), boostedTrees(), pairwiseEffects(), ridge(), meanMember()];
}

/** The kinds of members that a stored model may hold: those of today, and what earlier releases fitted. */
export function restorableMembers(): MemberRestorer[] {
  return [...defaultMembers(), smoothTrees, networks];
}
