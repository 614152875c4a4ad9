import type { RunnableConfig } from "@langchain/core/runnables";
import { Runnable } from "@langchain/core/runnables";
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import type { Advice } from "./advice.js";
import { DecisionPoint, type DecisionPointStatus } from "./decision-point.js";
import type { RoutingDeps } from "./deps.js";
import { LEARNED, type LearnedMark } from "./learned.js";
import { type DecisionOptions, resolveOptions } from "./options.js";

/**
 * A learned conditional edge: give it to `addConditionalEdges` as the path, with `destinations` as the
 * path map. Its name is the decision point.
 * @example
 * ```ts
 * const router = loop.router({
 *   decisionPoint: "triage",
 *   destinations: ["billing", "tech"],
 *   context: ({ topic }: { topic: string }) => ({ topic }),
 *   fallback: () => "tech",
 * });
 * builder.addConditionalEdges("start", router, router.destinations);
 * ```
 */
export class LearnedRouter<S, D extends string> extends Runnable<S, D, RunnableConfig> implements LearnedMark {
  override lc_namespace = ["langgraph_collective_learning", "routing"];
  /** For the path map, so that a destination the graph lacks is a compile error. */
  readonly destinations: D[];
  override name: string;
  readonly [LEARNED]: LearnedMark[typeof LEARNED];

  constructor(private readonly point: DecisionPoint<S, D>) {
    super();
    this.name = point.name;
    this.destinations = [...point.destinations];
    this[LEARNED] = { kind: "edge", decisionPoint: point.name, destinations: point.destinations };
  }

  /** Chooses a destination; traced as a run of its own only where somebody listens. */
  override async invoke(state: S, config: Partial<LangGraphRunnableConfig> = {}): Promise<D> {
    if (!config.callbacks) return this.point.decide(state, config);
    return this._callWithConfig(
      (input: S, _: unknown, manager) => this.point.decide(input, { ...config, callbacks: manager?.getChild() }),
      state,
      config,
    );
  }

  /** What the policy in force would do with this state, without doing or recording it. */
  advise(state: S, config: Partial<LangGraphRunnableConfig> = {}): Promise<Advice<D>> {
    return this.point.advise(state, config);
  }

  /** Resolves when every policy promoted so far is loaded and serves. */
  ready(): Promise<void> {
    return this.point.feed.ready();
  }

  status(): DecisionPointStatus {
    return this.point.status();
  }
}

/**
 * A router for `addConditionalEdges`.
 * @throws CONFIG_UNKNOWN_KEY or ROUTER_INVALID for wrong options
 * @example
 * ```ts
 * const router = createRouter(
 *   {
 *     decisionPoint: "triage",
 *     destinations: ["billing", "tech"],
 *     context: ({ topic }: { topic: string }) => ({ topic }),
 *     fallback: () => "tech",
 *   },
 *   deps, // in a loop: loop.router({ ... }) needs none
 * );
 * ```
 */
export function createRouter<S, const D extends string>(
  options: DecisionOptions<S, D>,
  deps: RoutingDeps,
): LearnedRouter<S, D> {
  return new LearnedRouter(new DecisionPoint(resolveOptions(options, "router options"), deps));
}
