import type { MonitorState, SpendingState } from "../../evaluation/index.js";

/** What the gate remembers of a decision point between cycles. Plain JSON. */
export interface GateState {
  schemaVersion: 1;
  /** Risk spent on challengers that are to be better, over the life of the point. */
  spending?: SpendingState;
  /** Risk spent on continuations of a champion, an account of its own. */
  continuing?: SpendingState;
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
  /** Rated decisions the anchor was trained on. */
  fullFitRows: number;
  /** Decisions first rated before this time have been seen by the monitor, and of those rated at it, `seenThen`. */
  seenUpTo: string;
  seenThen: string[];
  monitor: MonitorState;
}
