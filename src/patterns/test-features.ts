import { type Association, type AssociationOptions, testAssociations } from "./association.js";
import { groupNumbers } from "./grouped.js";

/** Runs that are tested one by one, each a class of its own, with features that each are about one stratum. */
export interface SingleRuns {
  rewards: readonly number[];
  strata: readonly number[];
  /** Names of the runs' groups, where runs are grouped. */
  groups?: readonly string[];
}

/** Tests features whose runs are given by their number, each about one stratum; see {@link testAssociations}. */
export function testFeatures(
  { rewards, strata, groups }: SingleRuns,
  features: readonly { members: readonly number[]; stratum: number }[],
  options: AssociationOptions,
): Association[] {
  const data = {
    rewards: Float64Array.from(rewards),
    strata: Int32Array.from(strata),
    classOf: Int32Array.from(rewards.keys()),
    classes: rewards.length,
    members: features.map((f) => f.members),
    scope: features.map((f) => f.stratum),
    groupOf: groups && groupNumbers(groups),
  };
  return testAssociations(data, options);
}
