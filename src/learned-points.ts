import { expectationOf } from "./core/expectation.js";
import { type DecisionContext, LearningError, show } from "./core/index.js";
import { type LearnOptions, learnOptionsSchema, type PointBook } from "./loop/routing/points.js";
import { createPolicy, type PolicySpec, type RoutingArtifact, routingArtifactName } from "./policies/index.js";
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
} from "./routing/index.js";

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

  constructor(
    private readonly deps: RoutingDeps,
    private readonly book: PointBook,
  ) {}

  router<S, const D extends string>({ learn, ...options }: Learnable<DecisionOptions<S, D>>): LearnedRouter<S, D> {
    const parsed = learnOf(learn, options.decisionPoint);
    return this.declare(
      createRouter(options as DecisionOptions<S, D>, this.deps),
      options,
      options.destinations,
      parsed,
    );
  }

  commandRouter<S, const D extends string, U extends Record<string, unknown>>({
    learn,
    ...options
  }: Learnable<CommandRouterOptions<S, D, U>>): CommandRouter<S, D, U> {
    const parsed = learnOf(learn, options.decisionPoint);
    const node = createCommandRouter(options as CommandRouterOptions<S, D, U>, this.deps);
    return this.declare(node, options, options.destinations, parsed);
  }

  policyNode<S, const D extends string, const K extends string>({
    learn,
    ...options
  }: Learnable<PolicyNodeOptions<S, D, K>>): PolicyNode<S, D, K> {
    const parsed = learnOf(learn, options.decisionPoint);
    const node = createPolicyNode(options as PolicyNodeOptions<S, D, K>, this.deps);
    return this.declare(node, options, options.destinations, parsed);
  }

  advisorGraph<F extends AdvisorFields, const D extends string>({
    state,
    ...options
  }: Learnable<AdvisorGraphOptions<F, D>>): AdvisorGraph<F> {
    return advisorGraphAround(state, this.policyNode(options));
  }

  middleware<const C extends string>({ learn, ...options }: Learnable<LearnedMiddlewareOptions<C>>): LearnedMiddleware {
    const parsed = learnOf(learn, options.decisionPoint);
    const made = createLearnedMiddleware(options as LearnedMiddlewareOptions<C>, this.deps);
    return this.declare(made, options, Object.keys(options.choices), parsed);
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
    { decisionPoint, exploration = 0 }: { decisionPoint: string; exploration?: number },
    destinations: readonly string[],
    learn: LearnOptions,
  ): T {
    this.book.declare({ name: decisionPoint, destinations: [...destinations], exploration, learn });
    this.handles.set(decisionPoint, made);
    return made;
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

function learnOf(learn: LearnOptions | undefined, decisionPoint: unknown): LearnOptions {
  const parsed = learnOptionsSchema.safeParse(learn ?? {});
  if (parsed.success) {
    // What could not be learned with is refused here, not by every learning cycle.
    if (parsed.data.policy) createPolicy({ ...parsed.data.policy, dim: 1 } as PolicySpec);
    return parsed.data;
  }
  throw new LearningError("ROUTER_INVALID", {
    received: `learn: ${show(learn)} for ${show(decisionPoint)}`,
    expected: parsed.error.issues[0] ? expectationOf(parsed.error.issues[0]) : "learn options",
    remedy: "See LearnOptions: policy, encoder, creditDiscount, provenFrom.",
    cause: parsed.error,
  });
}
