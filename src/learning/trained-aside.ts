/** A policy trained in simulation that waits for the gate. */
export interface TrainedAside {
  version: string;
  /** Decisions after this time judge it; empty: all. */
  dataTo: string;
  dataFrom: string;
  rows: number;
}

/** Where it is noted, until the gate has judged it. */
export const trainedAsideKey = (decisionPoint: string) => `trained/${decisionPoint}`;
