import type { PatternGroup } from "./grouped.js";

/** How runs are analysed. */
export interface AnalyzeOptions {
  /** Only this workflow type. */
  workflowType?: string;
  /** Least number of runs, or their share when below 1, for a pattern. Default 0.05, and never below 2 runs. */
  minSupport?: number;
  /** Most other activities between two neighbours of a sequential pattern. Default: any number. */
  maxGap?: number;
  /** Longest sequential pattern. Default: any length. */
  maxLength?: number;
  /** False discovery rate of the verdicts, in (0,1); default 0.05. */
  fdr?: number;
  /** Permutations behind each verdict; default 999. At least 1/fdr - 1, or no verdict could ever be reached. */
  permutations?: number;
  /**
   * Most closed sequences, n-grams and loops each per workflow type and unit: the sequences by raising the
   * support, the others by keeping the most frequent. Default 300.
   */
  maxCandidates?: number;
  /** Most patterns in the report; default 200. */
  maxFindings?: number;
  /** Fewest judged runs for rewards to come from judgement rather than success; default 10. */
  minRated?: number;
  /**
   * Whose runs are not independent and are kept together in every test: those of a user, of a thread, or with one
   * value of a metadata field. Default: users where runs name at least eight, else threads, else every run by itself.
   */
  group?: PatternGroup;
  /** Default 1. */
  seed?: number | string;
}
