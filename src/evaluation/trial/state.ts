import { z } from "zod";
import { checkArgument } from "../../core/arguments.js";
import { LearningError, show } from "../../core/index.js";
import { invalidOption } from "../estimate.js";

const finite = z.number();

/** What the bets of the next rows are made from: sums over settled rows, renewed every {@link RELEARN_EVERY}. */
const learnedSchema = z.object({
  /** Sum of squared contributions, and of the scale each had by its share. */
  squares: z.number().nonnegative(),
  scale: z.number().nonnegative(),
});

/** One settled stretch of evidence; it is stored and never bet on again. Plain JSON. */
const blockSchema = z.object({
  /** Times of its first and last decision, and when it was settled. */
  from: z.string(),
  to: z.string(),
  at: z.string(),
  /** Clusters that came, and those of them that were bet on. */
  clusters: z.number().int().nonnegative(),
  rated: z.number().int().nonnegative(),
  /** Log wealth after it. */
  logWealth: finite,
  /** Gain per cluster up to here, with its anytime-valid 95 % interval; absent in states of an earlier release. */
  gain: z.object({ mean: finite, lower: finite, upper: finite }).optional(),
});
/** A stretch of evidence that was bet on, and what it came to. */
export type SettledBlock = z.infer<typeof blockSchema>;

/**
 * The evidence about one version on trial: its wealth and what the next bets are made from. Plain JSON,
 * kept between looks; only settled rows are in it.
 */
const trialStateSchema = z.object({
  schemaVersion: z.literal(1),
  version: z.string(),
  /** The version it is tried against; absent for the fallback. */
  against: z.string().optional(),
  startedAt: z.string(),
  /** The version was trained in simulation or at other sites: rows that come here do not make it old. */
  trainedAside: z.boolean().optional(),
  /** Share of the life's capital that this version bets with, fixed before its first row. */
  stake: z.number().gt(0).lte(1),
  /** The gain must be above this. */
  minimumEffect: z.number().gte(0).lt(1),
  /** Ratings count that come within so many milliseconds of their decision. */
  windowMs: z.number().nonnegative(),
  /** The decisions of a person or thread within this time of its first are one piece of evidence; 0 for runs. */
  clusterWindowMs: z.number().nonnegative().default(0),
  /** Whether a run (whose decisions act together) or a single decision is tried. */
  unit: z.enum(["decision", "run"]),
  /** Share of contested decisions, as estimated before the trial. */
  contested: z.number().min(0).max(1),
  /** At most so many decisions may be taken from what serves. */
  budget: z.number().nonnegative(),
  /** Largest weight 1 / P(asked) that a row may have; 1 where nobody is asked by chance. */
  mostWeight: z.number().gte(1),
  /** Per threshold and effect: log wealth of the bets on a larger gain. */
  wealth: z.array(z.array(finite)),
  /** Per effect: log wealth of the bets on a smaller gain than the minimum effect. */
  behind: z.array(finite),
  /** Decisions that came, and those taken from what serves. */
  decisions: z.number().int().nonnegative(),
  taken: z.number().nonnegative(),
  /** Clusters bet on; sums of their contributions and of the squares. */
  clusters: z.number().int().nonnegative(),
  sum: finite,
  squares: z.number().nonnegative(),
  scale: z.number().nonnegative(),
  prior: learnedSchema,
  learned: learnedSchema,
  /** Time and id of the last settled decision: what is not after it proves nothing any more. */
  settled: z.object({ at: z.string(), id: z.string() }).optional(),
  /**
   * The people and threads that had their bet, eight characters each: when their first decisions are gone (by age, or
   * by the limit of what is held) a later one is not taken for their first.
   */
  seen: z.string().optional(),
  blocks: z.array(blockSchema),
});
/** Everything a running trial remembers between looks, as plain JSON. */
export type TrialState = z.infer<typeof trialStateSchema>;

/** Bets are learned anew after so many clusters, whenever one looks. */
export const RELEARN_EVERY = 25;

/**
 * The effects that are bet on, as gains above the threshold, and the share of the stake on each: a
 * mixture, so that the wealth soon is that of whichever fits (Waudby-Smith & Ramdas 2024, section 4.3).
 */
export const EFFECTS: readonly { effect: number; weight: number }[] = [
  { effect: 0.025, weight: 0.2 },
  { effect: 0.06, weight: 0.45 },
  { effect: 0.13, weight: 0.25 },
  { effect: 0.3, weight: 0.1 },
];

/** Bets and priors are scaled to no smaller contested share: an estimate of next to nothing is rough. */
export const LEAST_SCALED = 0.02;
/** From this contested share on the effects are bet on as they stand. */
const FULLY_CONTESTED = 0.4;

/**
 * The effects a trial bets on. Where little is contested they are smaller: a version that chooses otherwise on one
 * decision in twenty can gain no 0.3, and its small gain shows sooner, since all other decisions do not vary.
 */
export function effectsOf({ contested }: Pick<TrialState, "contested">): { effect: number; weight: number }[] {
  const scale = Math.min(1, Math.max(LEAST_SCALED, contested) / FULLY_CONTESTED);
  return EFFECTS.map(({ effect, weight }) => ({ effect: scale * effect, weight }));
}

/** The gains whose being exceeded is bet on: the minimum effect, and some above it for a lower bound. */
export function thresholdsOf(minimumEffect: number): number[] {
  return [0, 0.01, 0.02, 0.04, 0.08].map((more) => Math.min(0.99, minimumEffect + more));
}

/** What a trial starts with. */
export type TrialStart = Pick<TrialState, "version" | "against" | "startedAt" | "stake" | "unit"> &
  Partial<Pick<TrialState, "minimumEffect" | "windowMs" | "clusterWindowMs" | "contested" | "budget" | "mostWeight">>;

/** A prior for the variance of rewards, worth so many clusters at an even share. */
const PRIOR = { variance: 0.25, clusters: 60 };

/**
 * The state before the first row.
 * @throws LearningError EVALUATION_INVALID on values out of range
 * @example
 * ```ts
 * const { stake } = takeStake(openCapital());
 * const trial = openTrial({ version: "v2", startedAt: "2026-11-01T00:00:00Z", stake, unit: "decision" });
 * ```
 */
export function openTrial(start: TrialStart): TrialState {
  checkArgument(start, "start", { version: "text", startedAt: "text", unit: "text" }, "EVALUATION_INVALID");
  const {
    minimumEffect = 0,
    windowMs = 0,
    clusterWindowMs = 0,
    contested = 1,
    budget = 1e9,
    mostWeight = 1,
    stake,
  } = start;
  if (!(stake > 0 && stake <= 1)) throw invalidOption("stake", stake, "a share in (0,1]");
  if (!(minimumEffect >= 0 && minimumEffect < 1)) throw invalidOption("minimumEffect", minimumEffect, "in [0,1)");
  if (!(windowMs >= 0)) throw invalidOption("windowMs", windowMs, "milliseconds of at least 0");
  if (!(mostWeight >= 1)) throw invalidOption("mostWeight", mostWeight, "a weight of at least 1");
  const zeros = () => EFFECTS.map(() => 0);
  const prior = {
    squares: PRIOR.variance * Math.max(contested, LEAST_SCALED) * 4 * PRIOR.clusters * mostWeight,
    scale: 4 * PRIOR.clusters,
  };
  return {
    schemaVersion: 1,
    ...start,
    minimumEffect,
    windowMs,
    clusterWindowMs,
    contested,
    budget,
    mostWeight,
    wealth: thresholdsOf(minimumEffect).map(zeros),
    behind: zeros(),
    decisions: 0,
    taken: 0,
    clusters: 0,
    sum: 0,
    squares: 0,
    scale: 0,
    prior,
    learned: prior,
    blocks: [],
  };
}

/**
 * Reads a stored state. @throws LearningError EVALUATION_INVALID when it is not one
 * @example const again = parseTrial(JSON.parse(JSON.stringify(trial)));
 */
export function parseTrial(stored: unknown): TrialState {
  const parsed = trialStateSchema.safeParse(stored);
  if (parsed.success) return parsed.data;
  throw new LearningError("EVALUATION_INVALID", {
    received: `the trial state ${show(stored)}`,
    expected: "a state that openTrial or settle returned",
    remedy: "Restore it, or stop this trial and begin another; its stake is then spent.",
    cause: parsed.error,
  });
}
