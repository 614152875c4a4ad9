import type { RoutingArtifact } from "../../policies/index.js";
import type { Kinship } from "../../policies/kinship.js";
import type { RewardShares } from "../../rewards/index.js";

/** A trained challenger, and which rows may judge it. */
export interface TrainedChallenger {
  /** `refresh`: the serving version, continued by newer rows; `new`: learned from the beginning. */
  kind: "new" | "refresh";
  artifact: RoutingArtifact;
  rows: number;
  dataFrom: string;
  /** Rows after this time, of runs not in training, judge it. */
  dataTo: string;
  /** Digest of artifact and seed: the same data and seed give the same. */
  fingerprint: string;
  /** Where the rewards it learned from come from, as shares of the decisions in its span. */
  rewardShares?: RewardShares;
  /** What other decision points taught it, and what each of their runs counted for beside an own one. */
  warmStart?: { points: string[]; rows: number; weight: number; kinship?: Kinship };
  /** Where something else than the reward must be better: the ceiling that costs (milliseconds) count up to. */
  ceiling?: number;
}
