import { Command, END, type LangGraphRunnableConfig } from "@langchain/langgraph";
import { z } from "zod";
import { parseOptions } from "../core/index.js";
import { DecisionPoint } from "./decision-point.js";
import type { RoutingDeps } from "./deps.js";
import { LearnedRunnable } from "./learned-runnable.js";
import { type DecisionOptions, decisionOptionsShape, type ResolvedOptions } from "./options.js";

/** A decision point that is a node of its own and goes on by a `Command`. */
export interface CommandRouterOptions<S, D extends string, U extends Record<string, unknown>>
  extends DecisionOptions<S, D> {
  /** What to write into the state on the way (default: nothing). */
  update?: (state: S, destination: D) => U;
}

/**
 * A node for `addNode(name, node, { ends: node.ends })`. Give the node no other edges.
 * @example
 * ```ts
 * const triage = loop.commandRouter({
 *   decisionPoint: "triage",
 *   destinations: ["billing", "tech"],
 *   context: ({ topic }: { topic: string }) => ({ topic }),
 *   fallback: () => "tech",
 * });
 * builder.addNode("triage", triage, { ends: ["billing", "tech"] });
 * ```
 */
export class CommandRouter<S, D extends string, U extends Record<string, unknown>> extends LearnedRunnable<
  S,
  D,
  Command<unknown, U, D>
> {
  /** The nodes it may go to, for `addNode`. */
  readonly ends: Exclude<D, typeof END>[];

  constructor(
    point: DecisionPoint<S, D>,
    private readonly update: CommandRouterOptions<S, D, U>["update"],
  ) {
    super(point, "command");
    this.ends = point.destinations.filter((d): d is Exclude<D, typeof END> => d !== END);
  }

  override async invoke(state: S, config: Partial<LangGraphRunnableConfig> = {}): Promise<Command<unknown, U, D>> {
    const goto = await this.point.decide(state, config);
    return new Command({ goto, ...(this.update && { update: this.update(state, goto) }) });
  }
}

const schema = z.object({
  ...decisionOptionsShape,
  update: z.custom((v) => typeof v === "function", "a function of the state and the destination").optional(),
});

/**
 * A node that returns `Command({ goto })`.
 * @throws CONFIG_UNKNOWN_KEY or ROUTER_INVALID for wrong options
 * @example
 * ```ts
 * const triage = createCommandRouter(
 *   {
 *     decisionPoint: "triage",
 *     destinations: ["billing", "tech"],
 *     context: ({ topic }: { topic: string }) => ({ topic }),
 *     fallback: () => "tech",
 *   },
 *   deps, // in a loop: loop.commandRouter({ ... }) needs none
 * );
 * ```
 */
export function createCommandRouter<
  S,
  const D extends string,
  U extends Record<string, unknown> = Record<string, never>,
>(options: CommandRouterOptions<S, D, U>, deps: RoutingDeps): CommandRouter<S, D, U> {
  const { update, ...rest } = parseOptions(schema, options, "command router options", "ROUTER_INVALID");
  const point = new DecisionPoint(rest as unknown as ResolvedOptions<S, D>, deps);
  return new CommandRouter(point, update as CommandRouterOptions<S, D, U>["update"]);
}
