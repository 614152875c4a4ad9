import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { z } from "zod";
import { parseOptions } from "../core/index.js";
import type { Advice } from "./advice.js";
import { DecisionPoint } from "./decision-point.js";
import type { RoutingDeps } from "./deps.js";
import { LearnedRunnable } from "./learned-runnable.js";
import { type DecisionOptions, decisionOptionsShape, type ResolvedOptions } from "./options.js";

/**
 * A decision point whose choice is written into the state for the graph's own code to read. Its `mode`
 * is `advise` unless given: the reader may do otherwise, so that the choice has no propensity and no
 * estimate is made from it. Give another mode (`auto`) only where the graph always goes to
 * `advice.destination`; then the choice is logged like that of a router.
 */
export interface PolicyNodeOptions<S, D extends string, K extends string = "advice"> extends DecisionOptions<S, D> {
  /** The key of the state to write to (default `advice`). */
  stateKey?: K;
}

/**
 * A node for `addNode` that writes {@link Advice} into the state.
 * @example
 * ```ts
 * const advise = loop.policyNode({
 *   decisionPoint: "triage",
 *   destinations: ["billing", "tech"],
 *   context: ({ topic }: { topic: string }) => ({ topic }),
 *   fallback: () => "tech",
 * });
 * builder.addNode("advise", advise); // writes `advice` into the state
 * ```
 */
export class PolicyNode<S, D extends string, K extends string> extends LearnedRunnable<S, D, Record<K, Advice<D>>> {
  constructor(
    point: DecisionPoint<S, D>,
    private readonly stateKey: K,
  ) {
    super(point, "advice");
  }

  override async invoke(state: S, config: Partial<LangGraphRunnableConfig> = {}): Promise<Record<K, Advice<D>>> {
    const advice = await this.point.consult(state, config);
    return { [this.stateKey]: advice } as Record<K, Advice<D>>;
  }
}

const schema = z.object({
  ...decisionOptionsShape,
  mode: decisionOptionsShape.mode.unwrap().default("advise"),
  stateKey: z.string("a key of the state").min(1, "a key of the state").default("advice"),
});

/**
 * A node that asks the policy and writes its advice into the state.
 * @throws CONFIG_UNKNOWN_KEY or ROUTER_INVALID for wrong options
 * @example
 * ```ts
 * const advise = createPolicyNode(
 *   {
 *     decisionPoint: "triage",
 *     destinations: ["billing", "tech"],
 *     context: ({ topic }: { topic: string }) => ({ topic }),
 *     fallback: () => "tech",
 *   },
 *   deps, // in a loop: loop.policyNode({ ... }) needs none
 * );
 * ```
 */
export function createPolicyNode<S, const D extends string, const K extends string = "advice">(
  options: PolicyNodeOptions<S, D, K>,
  deps: RoutingDeps,
): PolicyNode<S, D, K> {
  const { stateKey, ...rest } = parseOptions(schema, options, "policy node options", "ROUTER_INVALID");
  return new PolicyNode(new DecisionPoint(rest as unknown as ResolvedOptions<S, D>, deps), stateKey as K);
}
