import { LearningError, refuseUnknownKeys, show } from "../core/index.js";
import type { AnalyzeOptions } from "./analyze-options.js";
import { PATTERN_DEFAULTS } from "./defaults.js";
import { supportCount } from "./prefix-span.js";

/** The options that are whole numbers (or without bound), and the least that each may be. */
const NUMBERS: Partial<Record<keyof AnalyzeOptions, number>> = {
  maxGap: 0,
  maxLength: 1,
  maxCandidates: 1,
  maxFindings: 0,
  minRated: 0,
};
const OTHERS: readonly (keyof AnalyzeOptions)[] = [
  "workflowType",
  "minSupport",
  "fdr",
  "permutations",
  "seed",
  "group",
];
const KEYS = [...OTHERS, ...Object.keys(NUMBERS)];

/**
 * @throws PATTERN_INVALID for levels at which no verdict could ever be reached, a support that is none, and numbers
 * out of range; CONFIG_UNKNOWN_KEY for an option that there is not
 */
export function checkAnalyzeOptions(options: AnalyzeOptions): void {
  refuseUnknownKeys(options, KEYS, "the options of analyzePatterns");
  const {
    fdr = PATTERN_DEFAULTS.fdr,
    permutations = PATTERN_DEFAULTS.permutations,
    minSupport = PATTERN_DEFAULTS.minSupport,
    group = "run",
  } = options;
  const named =
    typeof group === "string" ? ["run", "thread", "user"].includes(group) : typeof group?.metadata === "string";
  if (!named)
    throw new LearningError("PATTERN_INVALID", {
      received: `group ${show(group)}`,
      expected: 'run, thread, user, or { metadata: "FIELD" }',
      remedy: "Name what keeps runs together.",
    });
  supportCount(minSupport, 1);
  for (const [name, least] of Object.entries(NUMBERS)) {
    const value = options[name as keyof AnalyzeOptions];
    if (value === undefined || value === Number.POSITIVE_INFINITY) continue;
    if (!Number.isInteger(value) || (value as number) < least)
      throw new LearningError("PATTERN_INVALID", {
        received: `${name} ${show(value)}`,
        expected: `a whole number of at least ${least}`,
        remedy: "Leave it out for the default.",
      });
  }
  if (fdr > 0 && fdr < 1 && Number.isInteger(permutations) && fdr * (permutations + 1) >= 1 - 1e-9) return;
  throw new LearningError("PATTERN_INVALID", {
    received: `fdr ${show(fdr)} with ${show(permutations)} permutations`,
    expected: "fdr in (0,1) and at least 1/fdr - 1 permutations",
    remedy: "The smallest possible p-value is 1/(permutations + 1): raise permutations, or fdr.",
  });
}
