// Runs in the learning thread.
/** A stretch of rated decisions in the order of time. */
export interface CurvePoint {
  /** Time of the first and last decision. */
  from: string;
  to: string;
  /** Rated decisions in the stretch. */
  count: number;
  /** Mean reward and its standard error. */
  mean: number;
  standardError: number;
  /** Share of them that the policy decided (the rest: fallback and exploration in shadow). */
  policyShare: number;
}

/** How one feature speaks for or against a destination, over the rated decisions of late. */
export interface FeaturePush {
  /** The feature in words, as the encoder names it. */
  feature: string;
  /** Mean contribution to the expected reward where the feature is present, relative to the other destinations. */
  push: number;
  /** In how many of the decisions looked at it was present. */
  count: number;
}

/** What was learned about one destination. */
export interface DestinationReport {
  name: string;
  /** Share of the point's rated decisions that went there. */
  share: number;
  /** Their mean reward; undefined when none went there. */
  meanReward?: number;
  towards: FeaturePush[];
  away: FeaturePush[];
}

/** The computed part of a point's report. */
export interface Description {
  decisions: number;
  rated: number;
  curve: CurvePoint[];
  destinations: DestinationReport[];
}
