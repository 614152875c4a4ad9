import { z } from "zod";
import { digest, LearningError, parseOptions } from "../../core/index.js";
import { type Prove, proveSchema } from "../../policies/index.js";
import { DEFAULT_RISK } from "../defaults.js";

export type { Prove };

/** A limit on something other than the reward. A variant that breaks it leaves the experiment. */
const guardrailSchema = z.object({
  /** `error`: the run failed; `reward`: it earned less; the others: it exceeded `limit` (milliseconds, US dollars). */
  metric: z.enum(["error", "reward", "latencyMs", "costUsd"]),
  /** Needed for `latencyMs` and `costUsd`. */
  limit: z.number().positive().optional(),
  /** How much larger the variant's share of such runs (its loss of reward) may be than the control's; default 0.05. */
  margin: z.number().min(0).lt(1).default(0.05),
  /** Context field, as redaction leaves it, in each of whose values the limit holds by itself, too. */
  by: z.string().min(1).optional(),
});
/** A limit that a version must not break: it leaves the experiment when it surely does. */
export type Guardrail = z.infer<typeof guardrailSchema>;

/** A variant that gets less is never seen. */
const LEAST_SHARE = 0.0001;

/** What is fixed when an experiment starts. */
export const experimentDefinitionSchema = z
  .object({
    promptId: z.string().min(1),
    /** Versions compared; the first is the control. */
    variants: z.array(z.string().min(1)).min(2).max(20),
    /**
     * `fixed`: by `shares`; `thompson`: each variant with the probability that it is best, which earns most
     * on the way; `track-and-stop`: in the proportions that identify the best soonest.
     */
    allocation: z.enum(["fixed", "thompson", "track-and-stop"]).default("fixed"),
    /** Shares of the variants under `fixed`; equal by default. */
    shares: z.array(z.number().positive()).optional(),
    /** Least share that every variant still in the experiment keeps; default 0.1 of an equal share. */
    floor: z.number().min(0).max(1).default(0.1),
    /** Who keeps a variant once it was drawn; `run` draws anew for every run. */
    sticky: z.enum(["user", "thread", "run"]).default("thread"),
    /** Context fields whose values, as redaction leaves them, are balanced over the variants separately. */
    stratifyBy: z.array(z.string()).default([]),
    /** Probability of a false winner over the whole experiment. */
    alpha: z.number().gt(0).lt(0.5).default(DEFAULT_RISK),
    /** Differences of mean reward below this do not matter: the x of "no difference larger than x". */
    minimumEffect: z.number().gt(0).lt(1).default(0.05),
    /** Outcomes after which an undecided experiment ends with "not enough data". */
    maxOutcomes: z.number().int().positive().default(20_000),
    /**
     * What a winner must be better in (default reward), and how much worse it may be in reward then: "same quality,
     * cheaper" is `{ better: "cost", notWorse: { reward: 0.02 } }`.
     */
    prove: proveSchema.optional(),
    /** `required`: a proven winner, and a policy over versions, wait for a person's word before they serve. */
    approval: z.enum(["none", "required"]).optional(),
    guardrails: z.array(guardrailSchema).default([{ metric: "error", margin: 0.05 }]),
  })
  .strict();

/** An experiment with its defaults filled in. */
export type ExperimentDefinition = z.infer<typeof experimentDefinitionSchema>;
/** What an experiment is to compare, and how; only `promptId` and `variants` are needed. */
export type ExperimentOptions = z.input<typeof experimentDefinitionSchema>;

/**
 * Checks a definition; fails with EXPERIMENT_INVALID, or CONFIG_UNKNOWN_KEY for an option that does not exist.
 * @example
 * ```ts
 * const definition = parseDefinition({ promptId: "support", variants: ["v1", "v2"], minimumEffect: 0.05 });
 * definition.allocation; // "fixed"
 * ```
 */
export function parseDefinition(options: ExperimentOptions): ExperimentDefinition {
  const definition = parseOptions(experimentDefinitionSchema, options, "the experiment", "EXPERIMENT_INVALID");
  const { variants, shares, allocation, guardrails, prove } = definition;
  if (new Set(variants).size < variants.length) throw invalid(`variants ${variants.join(", ")}`, "each version once");
  if (shares && shares.length !== variants.length)
    throw invalid(`${shares.length} shares for ${variants.length} variants`, "one share per variant");
  const sum = shares?.reduce((a, s) => a + s, 0) ?? 1;
  if (shares?.some((s) => !(s / sum >= LEAST_SHARE)))
    throw invalid(`shares ${shares.join(", ")}`, `at least ${LEAST_SHARE} of their sum for each variant`);
  if (shares && allocation !== "fixed") throw invalid(`shares with allocation ${allocation}`, 'allocation "fixed"');
  if (prove && (prove.better === "reward") !== (prove.notWorse === undefined))
    throw invalid(
      `prove better ${prove.better} ${prove.notWorse ? "with" : "without"} notWorse`,
      "notWorse with cost and latency, none with reward",
    );
  for (const g of guardrails) {
    const limited = g.metric === "latencyMs" || g.metric === "costUsd";
    if (limited !== (g.limit !== undefined))
      throw invalid(
        `guardrail ${g.metric} ${g.limit === undefined ? "without" : "with"} a limit`,
        "a limit for latencyMs and costUsd, none for error and reward",
      );
  }
  return definition;
}

function invalid(received: string, expected: string): LearningError {
  return new LearningError("EXPERIMENT_INVALID", {
    received,
    expected,
    remedy: "Correct the experiment's options; see ExperimentDefinition.",
  });
}

/** Identifies a definition: an experiment whose stored definition no longer has its digest was edited in flight. */
export function definitionDigest(definition: ExperimentDefinition): string {
  return digest(JSON.stringify(definition), 16);
}
