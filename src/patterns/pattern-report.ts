import type { AgentCombination } from "./agent-combinations.js";
import type { Association } from "./association.js";
import type { Blame } from "./blame.js";
import type { Conformance } from "./conformance.js";
import type { DecisionRule } from "./decision-rules.js";
import type { FailurePrecursor } from "./failure-precursors.js";
import type { MetricCorrelation } from "./metric-correlations.js";
import type { ProcessMap } from "./process-map.js";
import type { Unit } from "./run-view.js";

/** A pattern with what is known of it. */
export interface PatternFinding extends Association {
  workflowType: string;
  unit: Unit;
  /** `sequence`: in this order, others may come between; `ngram`: directly one after the other; `loop`: repeated. */
  kind: "sequence" | "ngram" | "loop";
  activities: string[];
  /** Runs of the workflow type with it, rated or not, and their share. */
  support: number;
  share: number;
  /**
   * Set where it only tells how runs ended, such as a step that runs lack because they broke off before it, or a
   * last step that names the outcome: no advice comes of it.
   */
  echoesOutcome?: true;
}

/** What going on to an activity is worth at a place, among the runs that stood there. */
export interface NextStep extends Association {
  workflowType: string;
  unit: Unit;
  /** The place: runs that did these in this order, whatever came between. */
  after: string[];
  /** What some of them did later on. */
  next: string;
  /** Set where runs without it broke off before they could have come to it: no advice comes of it. */
  echoesOutcome?: true;
}

/** A variant's shrunken mean reward among the variants of its workflow type. */
export interface VariantStanding {
  workflowType: string;
  activities: string[];
  runs: number;
  ratedRuns: number;
  reward: number;
  lower: number;
  upper: number;
  bestProbability: number;
  betterProbability: number;
}

/** The result of one analysis: plain JSON, published as it is. */
export interface PatternReport {
  schemaVersion: 1;
  runs: number;
  ratedRuns: number;
  /** `judged`: rewards come from feedback; `success`: too few runs were judged, so 1 for success, 0 for failure. */
  rewardBasis: "judged" | "success";
  /** Start of the first and the last run analysed, ISO; absent without runs. */
  dataFrom?: string;
  dataTo?: string;
  fdr: number;
  /**
   * Support that was really used per workflow type and unit (raised where there would be too many patterns).
   * `sequencesLeftOut`: runs are so long that even the sequences of all of them are too many; n-grams and loops
   * stand alone there.
   */
  minSupport: { workflowType: string; unit: Unit; runs: number; sequencesLeftOut?: true }[];
  /** Significant patterns first, then by support; at most `maxFindings`. */
  patterns: PatternFinding[];
  /** How many patterns were found and tested together. */
  patternsTested: number;
  /**
   * What each step of a significant pattern is worth at its place: what `path` recommendations are made of.
   * Absent in reports of release 0.1.
   */
  nextSteps?: NextStep[];
  /** The process map of each workflow type's nodes. */
  maps: Record<string, ProcessMap>;
  /**
   * Which runs left the part of each map that at least one run in twenty uses, and where: the first 100 such
   * runs with 20 places each; `PatternAnalyzer.checkConformance` names all.
   */
  conformance: Record<string, Conformance>;
  variants: VariantStanding[];
  agentCombinations: AgentCombination[];
  decisionRules: DecisionRule[];
  failurePrecursors: FailurePrecursor[];
  /** Failed runs with the agent probably responsible. */
  blames: (Blame & { workflowId: string; basis: "error" | "labels" })[];
  correlations: MetricCorrelation[];
}
