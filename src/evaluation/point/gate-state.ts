import type { DestinationChange } from "../improvement.js";
import type { Capital, MonitorState, SpendingState, TrialState } from "../index.js";
import type { FullFit } from "./full-fit.js";

/** What the gate remembers of a decision point between cycles. Plain JSON. */
export interface GateState {
  schemaVersion: 1;
  /** Risk spent on challengers that are to be better, over the life of the point. */
  spending?: SpendingState;
  /** Risk spent on proofs that the reward is not worse, where something else must be better: an account of its own. */
  keeping?: SpendingState;
  /** Risk spent on continuations of a champion, an account of its own. */
  continuing?: SpendingState;
  /** The last policy learned from the beginning that was judged. */
  fullFit?: FullFit;
  /** What the versions of this point's life may bet with; absent before the first trial. */
  capital?: Capital;
  /** The version on trial, and its evidence so far. */
  trial?: TrialState;
  /** What determined rewards when the trial began. */
  rewardKey?: string;
  /** Destinations that were offered when the trial began; absent in a state of an earlier release. */
  offered?: readonly string[];
  /** Destinations that changed. */
  changes?: readonly DestinationChange[];
  /** The champion under watch, while one serves. */
  watch?: ChampionWatch;
}

/** What is known of the policy that serves. */
export interface ChampionWatch {
  /** The version it is about; another version is watched anew. */
  version: string;
  /** This version and those it continues: what was decided under them counts, however late it is rated. */
  versions: string[];
  /** What was decided before this time does not count, under whatever version. */
  since: string;
  /** The version that passed the gate, which this one is or continues. */
  anchor: string;
  /** Proven lower bound of the anchor's gain over the fallback, and what of it holds for this version. */
  anchorLowerBound: number;
  lowerBound: number;
  /** Destinations that were offered when that was proven; absent in a state of an earlier release. */
  offered?: readonly string[];
  /** Destinations that the proven gain came of and that are offered no longer: nothing of it is left. */
  withdrawn?: readonly string[];
  /**
   * The decisions that the monitor has seen, eight characters each. Kept one by one, since facts come in no
   * order of time: what another process still buffered, a judgement dated back. Absent in a state of an earlier
   * release, whose monitor begins anew.
   */
  seen?: string;
  monitor: MonitorState;
}
