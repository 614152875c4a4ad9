/** The defaults of an analysis, for all its tests. */
export const PATTERN_DEFAULTS = {
  /** False discovery rate of the verdicts. */
  fdr: 0.05,
  /** Permutations behind each verdict. */
  permutations: 999,
  /** Least share of runs for a pattern. */
  minSupport: 0.05,
  /** Fewest runs of what is tested or recommended. */
  minRuns: 5,
  /** Least probability of being better, for a recommendation. */
  certainty: 0.95,
} as const;
