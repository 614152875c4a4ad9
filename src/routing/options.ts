import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { z } from "zod";
import type { ContextValue } from "../core/index.js";
import { parseOptions } from "../core/index.js";
import { share } from "../core/option-fields.js";
import { routingArtifactName } from "../policies/index.js";
import { isArtifactName } from "../registry/artifact-name.js";

const POINT_NAME = "letters, digits, '.', '_', '-', ':' and spaces, in parts separated by '/'";

/** What a context function returns: named plain values; `undefined` and null count as missing. */
export type ContextInput = Readonly<Record<string, ContextValue | readonly number[] | undefined>>;

const fn = <F>() => z.custom<F>((v) => typeof v === "function", "a function of the state");

/** How a decision point serves, whatever it chooses among. */
const servingShape = {
  /** The name under which decisions are logged and policies published; unique within a loop. */
  decisionPoint: z
    .string("a non-empty string")
    .min(1, "a non-empty string")
    // LangGraph keeps a graph's branches in an object by name, where this one would vanish.
    .refine((name) => name !== "__proto__", "a name that objects can have as a key")
    // What is learned is published under it: with another name every cycle would fail, and nothing ever serve.
    .refine((name) => isArtifactName(routingArtifactName(name)), POINT_NAME),
  /**
   * Share of decisions in [0,1] that may go another way (default 0: only record). In shadow a legal
   * destination is drawn uniformly with this probability; in act it bounds the probability of leaving
   * the policy's most likely destination.
   */
  exploration: share.default(0),
  /**
   * In act: a destination may be explored only if its expected reward is at most this much below the
   * expected reward of the fallback's choice, in [0,1]; where even the policy's most likely one is
   * not, the fallback decides. Off by default.
   */
  rewardFloor: share.optional(),
  /** In act: of the first `decisions` choices under a new version (in this process), only `share` follow it. */
  canary: z
    .strictObject(
      {
        share: z.number("a share in (0,1]").gt(0, "a share in (0,1]").max(1, "a share in (0,1]"),
        decisions: z.int("a positive integer").positive("a positive integer"),
      },
      "an object with share and decisions",
    )
    .optional(),
  /**
   * In act: share of decisions in [0,1) left to the fallback for comparison (default 0.05), so that the
   * improvement stays measured and a policy that fell behind is found out. A fallback that answers by
   * promise, which may cost time and money, is asked for twice this share only, and followed in half.
   */
  control: z.number("a number in [0,1)").min(0, "a number in [0,1)").lt(1, "a number in [0,1)").default(0.05),
  /** How versions are tried here. */
  trial: z
    .strictObject(
      {
        /**
         * The share of contested decisions, in (0,1), up to which a version on trial may be followed beyond the
         * exploration budget, while what came of it so far speaks for it. Off by default.
         */
        upTo: z.number("a share in (0,1)").gt(0, "a share in (0,1)").lt(1, "a share in (0,1)").optional(),
        /** Ratings count that come within so many milliseconds (default: from the delays seen before the trial). */
        windowMs: z.number("milliseconds of at least 0").min(0, "milliseconds of at least 0").optional(),
        /**
         * A conversation (`thread`), or a person (`user`), goes one way as long as one version is on trial, and is one
         * piece of evidence: it is bet on once, for its first day. By default each run is drawn anew. What is drawn
         * uniformly still is, decision by decision.
         */
        stickyBy: z.enum(["thread", "user"], "thread or user").optional(),
      },
      "an object with upTo, windowMs or stickyBy",
    )
    .optional(),
  /**
   * `auto` (default): shadow until a version is on trial, trial until one is promoted, act from then on,
   * shadow again after a roll-back.
   */
  mode: z.enum(["auto", "shadow", "advise", "trial", "act"], "auto, trial, shadow, advise or act").default("auto"),
  /**
   * Whether the context also holds what other decision points of the loop chose earlier in the run (default true), in a
   * field `chosen at <point>` for each: what helps only together with an earlier choice can then be learned. Where
   * steps repeat, the last choice counts; branches that run at once know nothing of each other.
   */
  pathSoFar: z.boolean("true or false").default(true),
  /** Context and policy together may take this many milliseconds (default 100), else the fallback decides. */
  timeBudgetMs: z.number("milliseconds above 0").positive("milliseconds above 0").default(100),
};
const servingSchema = z.strictObject(servingShape);

/** What happens at one decision point; see the page Routing. */
export interface DecisionOptions<S, D extends string> extends z.input<typeof servingSchema> {
  /** Where it may go: names of nodes (or keys of the path map), END included where wanted. */
  destinations: readonly D[];
  /**
   * The values the choice may depend on. Called once per decision; must be fast and free of side
   * effects. Whatever it throws sends the run by the fallback.
   */
  context: (state: S, config: LangGraphRunnableConfig) => ContextInput | Promise<ContextInput>;
  /**
   * The router the graph would have without learning. Decides in shadow and on any doubt. In mode act
   * it is also asked for comparison: always where it answers synchronously, else as `control` says.
   */
  fallback: (state: S, config: LangGraphRunnableConfig) => NoInfer<D> | Promise<NoInfer<D>>;
  /** False for destinations that are not allowed now. The fallback's own choice always is. */
  mask?: (state: S, config: LangGraphRunnableConfig) => Readonly<Partial<Record<NoInfer<D>, boolean>>>;
  /** Features of the destinations themselves (price, latency, family); all or none. */
  candidateFeatures?:
    | Readonly<Record<NoInfer<D>, ContextInput>>
    | ((state: S, config: LangGraphRunnableConfig) => Readonly<Record<NoInfer<D>, ContextInput>>);
}

/** The keys of {@link DecisionOptions}, for schemas that add to them; types over states are beyond a schema. */
export const decisionOptionsShape = {
  ...servingShape,
  destinations: z
    .array(z.string("a node's name").min(1, "a node's name"), "an array of node names")
    .min(2, "at least two destinations")
    .refine((names) => new Set(names).size === names.length, "destinations that differ from each other"),
  context: fn(),
  fallback: fn(),
  mask: fn().optional(),
  candidateFeatures: z
    .custom((v) => typeof v === "function" || (typeof v === "object" && v !== null), "an object or a function")
    .optional(),
};

/** {@link DecisionOptions} with every default filled in. */
export type ResolvedOptions<S, D extends string> = DecisionOptions<S, D> & z.output<typeof servingSchema>;

/**
 * Validates and completes the options of a decision point.
 * @throws CONFIG_UNKNOWN_KEY or ROUTER_INVALID, saying what was wrong with which key
 */
export function resolveOptions<S, D extends string>(
  options: DecisionOptions<S, D>,
  what: string,
): ResolvedOptions<S, D> {
  return parseOptions(z.object(decisionOptionsShape), options, what, "ROUTER_INVALID") as unknown as ResolvedOptions<
    S,
    D
  >;
}
