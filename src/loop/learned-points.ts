import { type DecisionContext, LearningError, parseOptions, show } from "../core/index.js";
import type { PointBook } from "../learning/points.js";
import {
  createPolicy,
  type LearnOptions,
  type PolicySpec,
  type RoutingArtifact,
  routingArtifactName,
} from "../policies/index.js";
import { learnOptionsSchema } from "../policies/learn-options.js";
import {
  type Advice,
  type AdvisorFields,
  type AdvisorGraph,
  type AdvisorGraphOptions,
  adviseOn,
  advisorGraphAround,
  type CommandRouter,
  type CommandRouterOptions,
  createCommandRouter,
  createLearnedMiddleware,
  createPolicyNode,
  createRouter,
  type DecisionOptions,
  type DecisionPointStatus,
  type LearnedMiddleware,
  type LearnedMiddlewareOptions,
  type LearnedRouter,
  type PolicyNode,
  type PolicyNodeOptions,
  type RoutingDeps,
  restoreServedPolicy,
} from "../routing/index.js";
import { policyReady } from "../routing/point-memory.js";

/** The decision itself, and how its policy is learned. */
export type Learnable<Options> = Options & { learn?: LearnOptions };

/** What of a decision point the loop goes on using. */
interface PointHandle {
  ready(): Promise<void>;
  status(): DecisionPointStatus;
  advise?(state: never): Promise<Advice>;
}

/** The decision points of this process: makes each, and declares it to the learning side. */
export class LearnedPoints {
  private readonly handles = new Map<string, PointHandle>();
  /** Points that were warned of. */
  private readonly told = new Set<string>();

  constructor(
    private readonly deps: RoutingDeps,
    private readonly book: PointBook,
  ) {}

  /**
   * A learned conditional edge for `addConditionalEdges`; always give its destinations as the path
   * map too.
   * @throws ROUTER_INVALID, CONFIG_UNKNOWN_KEY for wrong options (all of this family)
   */
  router<S, const D extends string>(given: Learnable<DecisionOptions<S, D>>): LearnedRouter<S, D> {
    const { options, learn } = apart<DecisionOptions<S, D>>(given);
    return this.declare(createRouter(options, this.deps), options, options.destinations, learn);
  }

  /** A learned node that goes on by a `Command`: `addNode(name, node, { ends: node.ends })`. */
  commandRouter<S, const D extends string, U extends Record<string, unknown> = Record<string, never>>(
    given: Learnable<CommandRouterOptions<S, D, U>>,
  ): CommandRouter<S, D, U> {
    const { options, learn } = apart<CommandRouterOptions<S, D, U>>(given);
    return this.declare(createCommandRouter(options, this.deps), options, options.destinations, learn);
  }

  /** A node that writes the policy's advice into the state; the graph's own code decides. */
  policyNode<S, const D extends string, const K extends string = "advice">(
    given: Learnable<PolicyNodeOptions<S, D, K>>,
  ): PolicyNode<S, D, K> {
    const { options, learn } = apart<PolicyNodeOptions<S, D, K>>(given);
    return this.declare(createPolicyNode(options, this.deps), options, options.destinations, learn);
  }

  /** An uncompiled graph around such a node, to be hosted by a graph whose state has `advice`. */
  advisorGraph<F extends AdvisorFields, const D extends string>(
    given: Learnable<AdvisorGraphOptions<F, D>>,
  ): AdvisorGraph<F> {
    const { state, ...options } = checked(given);
    return advisorGraphAround(state, this.policyNode(options));
  }

  /** Middleware for langchain's `createAgent`: learns the model, the tools or the system prompt of each model call. */
  middleware<const C extends string>(given: Learnable<LearnedMiddlewareOptions<C>>): LearnedMiddleware {
    const { options, learn } = apart<LearnedMiddlewareOptions<C>>(given);
    const made = createLearnedMiddleware(options, this.deps);
    return this.declare(made, options, Object.keys(options.choices), learn);
  }

  /** Loads what is promoted for points that this process has not declared yet, so that it serves from the first decision. */
  async preload(): Promise<void> {
    await Promise.all(this.book.list().map((point) => policyReady(point.name, this.deps)));
  }

  /** Resolves when everything promoted so far serves. */
  async ready(): Promise<void> {
    await Promise.all([...this.handles.values()].map((h) => h.ready()));
  }

  /** What each point did so far in this process. */
  status(): Record<string, DecisionPointStatus> {
    return Object.fromEntries([...this.handles].map(([name, handle]) => [name, handle.status()]));
  }

  /**
   * Advice by a point of this process, or by its promoted policy alone where the point lives in another
   * process (`candidates` are then asked about, and `state` is the context).
   */
  advise(
    point: string,
    state: Readonly<Record<string, unknown>>,
    candidates: readonly string[] | undefined,
    version: string | undefined,
  ): Promise<Advice> {
    const handle = this.handles.get(point);
    if (handle?.advise && !candidates) return handle.advise(state as never);
    return this.adviseAbroad(point, state as DecisionContext, candidates ?? this.destinationsOf(point), version);
  }

  destinationsOf(point: string): readonly string[] {
    return this.book.get(point)?.destinations ?? [];
  }

  private declare<T extends PointHandle>(
    made: T,
    {
      decisionPoint,
      exploration = 0,
      trial,
    }: Pick<DecisionOptions<never, never>, "decisionPoint" | "exploration" | "trial">,
    destinations: readonly string[],
    learn: LearnOptions,
  ): T {
    this.tellOfOtherDestinations(decisionPoint, destinations);
    this.book.declare({
      name: decisionPoint,
      destinations: [...destinations],
      exploration,
      learn,
      ...(trial && { trial }),
    });
    this.handles.set(decisionPoint, made);
    return made;
  }

  /** Two points of one name share their policy, status and history: probably a mistake where they lead elsewhere. */
  private tellOfOtherDestinations(decisionPoint: string, destinations: readonly string[]): void {
    if (!this.handles.has(decisionPoint) || this.told.has(decisionPoint)) return;
    const before = this.destinationsOf(decisionPoint);
    if (before.length === destinations.length && before.every((d) => destinations.includes(d))) return;
    this.told.add(decisionPoint);
    this.deps.logger.warn("a decision point was declared again with other destinations; give each its own name", {
      decisionPoint,
      before: before.join(", "),
      now: destinations.join(", "),
    });
  }

  private async adviseAbroad(
    point: string,
    context: DecisionContext,
    candidates: readonly string[],
    version: string | undefined,
  ): Promise<Advice> {
    if (version === undefined) {
      throw new LearningError("ARTIFACT_UNKNOWN", {
        received: `a question about ${show(point)}, for which nothing is promoted and whose fallback cannot be asked here`,
        expected: "a promoted policy; or the point's router declared in this process, and no candidates given",
        remedy: "Wait for a promotion (see getLearningStatus), or ask in the process that serves the graph.",
      });
    }
    const artifact = (await this.deps.registry.load(routingArtifactName(point), version)) as RoutingArtifact;
    const kept = this.deps.sink.asKept?.(context) ?? context;
    return adviseOn(restoreServedPolicy(version, artifact), { decisionPoint: point, context: kept, candidates });
  }
}

/** How a decision is learned, apart from the decision itself. */
function apart<O extends object>(given: Learnable<O>): { options: O; learn: LearnOptions } {
  const { learn, ...options } = checked(given);
  return {
    options: options as unknown as O,
    learn: learnOf(learn, (options as { decisionPoint?: unknown }).decisionPoint),
  };
}

function checked<O extends object>(options: O): O {
  if (typeof options === "object" && options !== null) return options;
  throw new LearningError("ROUTER_INVALID", {
    received: show(options),
    expected: "an object with the options of a decision point",
    remedy: "Pass at least decisionPoint, destinations (or choices), context and fallback.",
  });
}

function learnOf(learn: LearnOptions | undefined, decisionPoint: unknown): LearnOptions {
  const what = `learn of ${show(decisionPoint)}`;
  const options = parseOptions(learnOptionsSchema, learn ?? {}, what, "ROUTER_INVALID");
  // What could not be learned with is refused here, not by every learning cycle.
  if (options.policy) createPolicy({ ...options.policy, dim: 1 } as PolicySpec);
  return options;
}
