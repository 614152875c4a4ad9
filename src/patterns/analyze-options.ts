import { z } from "zod";
import { LearningError, parseOptions, show } from "../core/index.js";
import { PATTERN_DEFAULTS } from "./defaults.js";

/** A whole number from `least`, or no bound at all. */
const count = (least: number) =>
  z.custom<number>(
    (v) => v === Number.POSITIVE_INFINITY || (Number.isInteger(v) && (v as number) >= least),
    `a whole number of at least ${least}`,
  );
const SUPPORT = "a share in (0,1) or a count of at least 1";
const GROUP = 'run, thread, user, or { metadata: "FIELD" }';

/** How runs are analysed. */
export const analyzeOptionsSchema = z.strictObject({
  /** Only this workflow type. */
  workflowType: z.string("the name of a workflow type").optional(),
  /** Least number of runs, or their share when below 1, for a pattern. Default 0.05, and never below 2 runs. */
  minSupport: z.number(SUPPORT).gt(0, SUPPORT).default(PATTERN_DEFAULTS.minSupport),
  /** Most other activities between two neighbours of a sequential pattern. Default: any number. */
  maxGap: count(0).optional(),
  /** Longest sequential pattern. Default: any length. */
  maxLength: count(1).optional(),
  /** False discovery rate of the verdicts, in (0,1); default 0.05. */
  fdr: z.number("a number in (0,1)").default(PATTERN_DEFAULTS.fdr),
  /** Permutations behind each verdict; default 999. At least 1/fdr - 1, or no verdict could ever be reached. */
  permutations: z.number("a whole number").default(PATTERN_DEFAULTS.permutations),
  /**
   * Most closed sequences, n-grams and loops each per workflow type and unit: the sequences by raising the
   * support, the others by keeping the most frequent. Default 300.
   */
  maxCandidates: count(1).default(300),
  /** Most patterns in the report; default 200. */
  maxFindings: count(0).default(200),
  /** Fewest judged runs for rewards to come from judgement rather than success; default 10. */
  minRated: count(0).default(10),
  /**
   * Whose runs are not independent and are kept together in every test: those of a user, of a thread, or with one
   * value of a metadata field. Default: users where runs name at least eight, else threads, else every run by itself.
   */
  group: z.union([z.enum(["run", "thread", "user"]), z.strictObject({ metadata: z.string() })], GROUP).optional(),
  /** Default 1. */
  seed: z.union([z.number(), z.string()], "a number or a text").default(1),
});
/** How runs are analysed; all of it may be left out. */
export type AnalyzeOptions = z.input<typeof analyzeOptionsSchema>;
/** The options with their defaults filled in. */
export type AnalyzeSettings = z.output<typeof analyzeOptionsSchema>;

/**
 * The options, checked and completed.
 * @throws PATTERN_INVALID for levels at which no verdict could ever be reached, a support that is none, and numbers
 * out of range; CONFIG_UNKNOWN_KEY for an option that there is not
 */
export function analyzeSettings(options: AnalyzeOptions): AnalyzeSettings {
  const settings = parseOptions(analyzeOptionsSchema, options, "the options of analyzePatterns", "PATTERN_INVALID");
  const { fdr, permutations } = settings;
  if (fdr > 0 && fdr < 1 && Number.isInteger(permutations) && fdr * (permutations + 1) >= 1 - 1e-9) return settings;
  throw new LearningError("PATTERN_INVALID", {
    received: `fdr ${show(fdr)} with ${show(permutations)} permutations`,
    expected: "fdr in (0,1) and at least 1/fdr - 1 permutations",
    remedy: "The smallest possible p-value is 1/(permutations + 1): raise permutations, or fdr.",
  });
}
