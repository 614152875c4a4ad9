import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { DecisionPoint } from "./decision-point.js";
import type { RoutingDeps } from "./deps.js";
import { LearnedRunnable } from "./learned-runnable.js";
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
export class LearnedRouter<S, D extends string> extends LearnedRunnable<S, D, D> {
  /** For the path map, so that a destination the graph lacks is a compile error. */
  readonly destinations: D[];

  constructor(point: DecisionPoint<S, D>) {
    super(point, "edge");
    this.destinations = [...point.destinations];
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
