import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { z } from "zod";
import { checkArgument } from "../core/arguments.js";
import type { RoutingDeps } from "./deps.js";
import { createPolicyNode, type PolicyNode, type PolicyNodeOptions } from "./policy-node.js";

/** The shape of `advice` in a state; put it into the schema of a graph that hosts an advisor. */
export const adviceSchema = z.object({
  decisionPoint: z.string(),
  destination: z.string(),
  actions: z.array(
    z.object({
      destination: z.string(),
      probability: z.number(),
      expectedReward: z.number().optional(),
      standardError: z.number().optional(),
    }),
  ),
  probabilities: z.record(z.string(), z.number()),
  confidence: z.number(),
  why: z.string(),
  source: z.enum(["policy", "fallback"]),
  policyVersion: z.string().optional(),
});

/** The fields of a state, as StateSchema takes them. */
export type AdvisorFields = ConstructorParameters<typeof StateSchema>[0];

/** What an advisor looks at and chooses among. */
export interface AdvisorGraphOptions<F extends AdvisorFields, D extends string>
  extends Omit<PolicyNodeOptions<StateSchema<F>["State"], D>, "stateKey"> {
  /** The fields of the host's state that `context` and `fallback` read. */
  state: F;
}

type AdvisorSchema<F extends AdvisorFields> = StateSchema<F & { advice: z.ZodOptional<typeof adviceSchema> }>;

/** The uncompiled graph of an advisor over the fields `F` and `advice`. */
export type AdvisorGraph<F extends AdvisorFields> = StateGraph<
  AdvisorSchema<F>,
  AdvisorSchema<F>["State"],
  AdvisorSchema<F>["Update"],
  typeof START | "policy"
>;

/**
 * An auxiliary graph of one policy node, uncompiled: `host.addNode("advisor", createAdvisorGraph(...).compile())`.
 * It reads the named fields of the host's state and writes `advice`; the host's schema needs
 * `advice: adviceSchema.optional()`. A hop into a subgraph costs about a millisecond; where that matters
 * use {@link createPolicyNode} in the host itself.
 * @throws CONFIG_UNKNOWN_KEY or ROUTER_INVALID for wrong options
 * @example
 * ```ts
 * const advisor = createAdvisorGraph(
 *   {
 *     state: { topic: z.string() },
 *     decisionPoint: "triage",
 *     destinations: ["billing", "tech"],
 *     context: ({ topic }) => ({ topic }),
 *     fallback: () => "tech",
 *   },
 *   deps, // in a loop: loop.advisorGraph({ ... }) needs none
 * );
 * ```
 */
export function createAdvisorGraph<F extends AdvisorFields, const D extends string>(
  advisor: AdvisorGraphOptions<F, D>,
  deps: RoutingDeps,
): AdvisorGraph<F> {
  checkArgument(advisor, "options", { state: "object" }, "ROUTER_INVALID");
  const { state, ...options } = advisor;
  return advisorGraphAround(state, createPolicyNode<StateSchema<F>["State"], D>(options, deps));
}

/**
 * The graph of {@link createAdvisorGraph} around a policy node that is there already.
 * @example
 * ```ts
 * const node = loop.policyNode({
 *   decisionPoint: "triage",
 *   destinations: ["billing", "tech"],
 *   context: ({ topic }: { topic: string }) => ({ topic }),
 *   fallback: () => "tech",
 * });
 * const advisor = advisorGraphAround({ topic: z.string() }, node).compile();
 * ```
 */
export function advisorGraphAround<F extends AdvisorFields, D extends string>(
  state: F,
  policy: PolicyNode<StateSchema<F>["State"], D, "advice">,
): AdvisorGraph<F> {
  checkArgument(state, "state", "object", "ROUTER_INVALID");
  checkArgument(policy, "policy", { invoke: "function" }, "ROUTER_INVALID");
  const fields: AdvisorFields = { ...state, advice: adviceSchema.optional() };
  return new StateGraph(new StateSchema(fields))
    .addNode("policy", policy)
    .addEdge(START, "policy")
    .addEdge("policy", END) as unknown as AdvisorGraph<F>;
}
