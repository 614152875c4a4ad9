/** What came of one unit's first rated run, in the order in which units came. */
export interface Outcome {
  /** Version the unit got. */
  variant: string;
  /** Probability of each version when it was drawn. */
  probabilities: Readonly<Record<string, number>>;
  /** In [0,1]; absent where the unit said nothing in time (though asked, where people are asked). */
  reward?: number;
  /** For how many units it stands: the inverse of the probability of being asked; default 1. */
  weight?: number;
  /** Values of the context fields that guardrails hold by. */
  segments?: Readonly<Record<string, string>>;
  /** Strata the run belongs to, for the report. */
  stratum: string;
  failed?: boolean;
  latencyMs?: number;
  costUsd?: number;
}
