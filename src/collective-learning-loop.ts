import {
  type Clock,
  type Decision,
  type DecisionMode,
  defaultLogger,
  isoTime,
  LearningError,
  type Logger,
  messageOf,
  show,
  systemClock,
  type Trace,
  type TraceSegment,
} from "./core/index.js";
import { joinSegments } from "./dataset/index.js";
import { FeedbackCollector } from "./feedback/index.js";
import { type Learnable, LearnedPoints } from "./learned-points.js";
import { AdviceCache, pointMeant } from "./loop/advice.js";
import { followPatterns } from "./loop/components/patterns.js";
import { foldersOf, type LoopConfig, type LoopFolders, type ResolvedLoopConfig, resolveConfig } from "./loop/config.js";
import type { CycleReport } from "./loop/cycle/types.js";
import { LearningEngine } from "./loop/engine.js";
import { type ExportSummary, exportLearning } from "./loop/export.js";
import type { LearningReport } from "./loop/report/types.js";
import { openPointBook, type PointBook } from "./loop/routing/points.js";
import type { LearningStatus } from "./loop/status.js";
import { decisionsIn, drawLearned, LoopRouting } from "./loop-routing.js";
import { PatternAnalyzer } from "./patterns/index.js";
import { routingArtifactName } from "./policies/index.js";
import { PromptOptimizer } from "./prompts/index.js";
import { openRegistry, type Registry } from "./registry/index.js";
import {
  type Advice,
  assertRoutable,
  createModeBook,
  createRunBook,
  type DecisionOptions,
  type ModeSetting,
  type RoutingDeps,
} from "./routing/index.js";
import { attachSentinel, sentinelOf } from "./sentinel/index.js";
import { type ErasureSelector, type LearningStore, openFileStore } from "./store/index.js";
import { type HandlerOptions, type TraceCallbackHandler, WorkflowTracer, type WrapOptions } from "./tracing/index.js";

export { UserFeedback } from "./feedback/index.js";
export type { GateSettings, LoopConfig } from "./loop/config.js";
export type { CycleReport, StepReport } from "./loop/cycle/types.js";
export type { ExportSummary } from "./loop/export.js";
export { renderReportHtml } from "./loop/report/html.js";
export type * from "./loop/report/types.js";
export type { LearnOptions } from "./loop/routing/points.js";
export type { ComponentStatus, LearningStatus, MeasuredImprovement, PointStatus } from "./loop/status.js";
export type {
  Advice,
  AdvisedAction,
  Counterfactual,
  CounterfactualRequest,
  DecisionExplanation,
  ModelChoice,
} from "./routing/index.js";
export { adviceSchema } from "./routing/index.js";

/** Options of `loop.router`: the decision itself, and how its policy is learned. */
export type LoopRouterOptions<S, D extends string> = Learnable<DecisionOptions<S, D>>;

/** Options of `optimizeOrchestratorDecision`. */
export interface AdviceOptions {
  /** The decision point; the Sentinel's, or the only one, when left out. */
  decisionPoint?: string;
  /** Destinations that are allowed now, where the point's router is not of this process (default: all). */
  candidates?: readonly string[];
}

interface Parts {
  config: ResolvedLoopConfig;
  folders: LoopFolders;
  store: LearningStore;
  registry: Registry;
  points: PointBook;
  clock: Clock;
  logger: Logger;
  engine: LearningEngine;
  tracer: WorkflowTracer;
  feedback: FeedbackCollector;
  prompts: PromptOptimizer;
  modes: Record<string, ModeSetting>;
}

const MODES_KEY = "loop/modes";

/**
 * Wraps graphs, collects feedback, learns in the background, and advises the graphs' edges. Open one
 * per storage folder and process, and `close` it at the end (or use `await using`).
 */
export class CollectiveLearningLoop extends LoopRouting {
  /** Where judgements of runs come in. */
  readonly feedback: FeedbackCollector;
  /** Captures runs; `wrap` and `handler` are its. */
  readonly tracer: WorkflowTracer;
  /** Versions of everything learned; promote, roll back and pin by hand here. */
  readonly registry: Registry;
  /** Templates with versions and experiments; see `PromptOptimizer`. */
  readonly prompts: PromptOptimizer;
  /** What distinguishes runs that go well; answers from the last published report once there is one. */
  readonly patterns: PatternAnalyzer;
  private readonly deps: RoutingDeps;
  protected readonly learned: LearnedPoints;
  private readonly advice = new AdviceCache<Promise<Advice>>();
  private disabled = process.env.LEARNING_DISABLED === "1";
  private closing?: Promise<void>;

  private constructor(private readonly parts: Parts) {
    super();
    const { clock, logger, config, registry } = parts;
    this.feedback = parts.feedback;
    this.tracer = parts.tracer;
    this.registry = registry;
    this.prompts = parts.prompts;
    this.patterns = new PatternAnalyzer(parts.store, { seed: config.seed });
    followPatterns(this.patterns, registry, logger);
    this.deps = {
      sink: parts.tracer,
      registry,
      clock,
      logger,
      seed: config.seed,
      enabled: () => !this.disabled,
      modes: createModeBook(),
      runs: createRunBook(),
    };
    this.learned = new LearnedPoints(this.deps, parts.points);
    for (const [point, mode] of Object.entries(parts.modes)) this.deps.modes.set(point, mode);
    parts.tracer.enabled = !this.disabled;
  }

  /**
   * Opens the loop over its storage folders, which are made when missing.
   * @throws CONFIG_INVALID, CONFIG_UNKNOWN_KEY; STORE_IO when a folder cannot be written
   */
  static async open(config: LoopConfig = {}): Promise<CollectiveLearningLoop> {
    const resolved = resolveConfig(config);
    const folders = foldersOf(resolved);
    const clock = resolved.clock ?? systemClock;
    const logger = resolved.logger ?? defaultLogger();
    const { traces, feedback: feedbackFolder, models } = folders;
    const store = resolved.store ?? (await openFileStore({ traces, feedback: feedbackFolder, models, clock, logger }));
    const { documents, blobs } = store;
    const registry = await openRegistry({ documents, blobs, clock, logger });
    const points = await openPointBook(documents);
    const tracer = new WorkflowTracer({ store, clock, logger, ...resolved.capture });
    const feedback = new FeedbackCollector({
      store,
      clock,
      logger,
      knows: (id) => tracer.knows(id),
      feedbackRequestThreshold: resolved.feedbackRequestThreshold,
      seed: resolved.seed,
    });
    const prompts = await PromptOptimizer.open({
      store,
      registry,
      sink: tracer,
      clock,
      logger,
      seed: resolved.seed,
      enabled: () => tracer.enabled,
    });
    const engine = await LearningEngine.open({
      config: resolved,
      prompts,
      store,
      registry,
      points,
      clock,
      logger,
      flush: () => tracer.flush(),
    });
    const modes = (await documents.get<Record<string, ModeSetting>>(MODES_KEY)) ?? {};
    const loop = new CollectiveLearningLoop({
      config: resolved,
      folders,
      store,
      registry,
      points,
      clock,
      logger,
      engine,
      tracer,
      feedback,
      prompts,
      modes,
    });
    if (resolved.orchestrator) loop.attach(resolved.orchestrator);
    return loop;
  }

  /**
   * Lets an orchestrator learn here without another reference to it: a Sentinel's decisions are recorded
   * and its policies served; a compiled graph's runs are captured, unless they are given callbacks of
   * their own (then use {@link wrap}).
   * @throws SENTINEL_INVALID for an uncompiled graph that is no Sentinel
   */
  attach(orchestrator: object): void {
    const compiled = orchestrator as { lg_is_pregel?: boolean; name?: string; config?: { callbacks?: unknown } };
    if (sentinelOf(orchestrator) || !compiled.lg_is_pregel) attachSentinel(orchestrator, this);
    if (!compiled.lg_is_pregel) return;
    const handler = this.handler({ workflowType: compiled.name ?? "orchestrator", graph: orchestrator });
    compiled.config = { ...compiled.config, callbacks: [handler] };
  }

  /**
   * The same graph, traced. See `WorkflowTracer.wrap`.
   * @throws ROUTER_INVALID for a static edge beside a learned one; DESTINATION_UNKNOWN for a destination
   * that the graph lacks
   */
  wrap<G extends object>(graph: G, options: WrapOptions): G {
    assertRoutable(graph);
    return this.tracer.wrap(graph, options);
  }

  /** A callback handler for graphs that are not wrapped. */
  handler(options: HandlerOptions): TraceCallbackHandler {
    return this.tracer.handler(options);
  }

  /** Sets the mode of a decision point by hand; kept over restarts. `auto` gives it back to the gate. */
  async setMode(decisionPoint: string, mode: ModeSetting): Promise<void> {
    pointMeant(
      decisionPoint,
      this.parts.points.list().map((p) => p.name),
    );
    if (!["auto", "shadow", "advise", "act"].includes(mode)) {
      throw new LearningError("CONFIG_INVALID", {
        received: `the mode ${show(mode)}`,
        expected: "auto, shadow, advise or act",
        remedy: "Choose one of these.",
      });
    }
    this.deps.modes.set(decisionPoint, mode);
    await this.parts.store.documents.update<Record<string, DecisionMode | "auto">>(MODES_KEY, (m) => ({
      ...m,
      [decisionPoint]: mode,
    }));
  }

  /** The kill switch: graphs run bare, routers are their fallbacks, nothing is recorded. */
  disable(): void {
    this.disabled = true;
    this.tracer.enabled = false;
  }

  /** Ends `disable`; without effect while LEARNING_DISABLED=1. */
  enable(): void {
    this.disabled = process.env.LEARNING_DISABLED === "1";
    this.tracer.enabled = !this.disabled;
  }

  /** Learns on the timer from here on. A second call changes nothing. */
  async startLearning(): Promise<void> {
    this.mustBeOpen();
    this.parts.engine.start();
  }

  /** Stops the timer; a cycle under way is finished or abandoned cleanly before this resolves. */
  async stopLearning(): Promise<void> {
    await this.parts.engine.stop();
  }

  /**
   * One learning cycle now; when one is under way, that one. What it promoted serves when this
   * resolves.
   */
  async triggerLearningCycle(): Promise<CycleReport> {
    this.mustBeOpen();
    const report = await this.parts.engine.trigger();
    await this.learned.ready();
    return report;
  }

  /** What was learned, what serves, how much better it is, and what went wrong. */
  async getLearningStatus(): Promise<LearningStatus> {
    const { engine, store, tracer } = this.parts;
    return {
      ...engine.status((point) => this.deps.modes.get(point) ?? "auto"),
      capture: {
        ...tracer.counters(),
        routing: this.learned.status(),
      },
      storage: await store.sizes(),
      disabled: this.disabled,
    };
  }

  /**
   * What the policy that serves would do in this state: actions with expected reward, confidence and
   * source, without doing or recording anything. Answers are remembered by state until another
   * version serves.
   * @param state the graph's state, where the point's router was declared in this process; else the
   * values its context function would give
   */
  async optimizeOrchestratorDecision(
    state: Readonly<Record<string, unknown>>,
    options: AdviceOptions = {},
  ): Promise<Advice> {
    const point = pointMeant(
      options.decisionPoint,
      this.parts.points.list().map((p) => p.name),
    );
    const candidates = options.candidates ?? this.learned.destinationsOf(point);
    const version = this.disabled ? undefined : this.registry.champion(routingArtifactName(point))?.version;
    return this.advice.get([point, state, candidates], version, () =>
      this.learned.advise(point, state, options.candidates, version),
    );
  }

  /** The decisions of a run in order, each once. */
  async getDecisions(workflowId: string): Promise<Decision[]> {
    await this.flush();
    return decisionsIn(this.parts.store, { workflowId });
  }

  /** A Mermaid drawing of a graph with traffic, reward and learned preference on its learned edges. */
  async drawGraph(graph: object): Promise<string> {
    await this.flush();
    return drawLearned(graph, await decisionsIn(this.parts.store, {}), (await this.createReport()).points);
  }

  /** Writes facts, versions and history to a folder `name` under `exportPath`. */
  async exportLearningData(name: string): Promise<ExportSummary> {
    await this.flush();
    const { folders, store, clock } = this.parts;
    return exportLearning(name, folders.exports, { store, registry: this.registry, clock });
  }

  /** The data of the report page; see `renderReportHtml`. */
  async createReport(): Promise<LearningReport> {
    return this.parts.engine.report(isoTime(this.parts.clock.now()));
  }

  /** Everything captured of one run, its segments joined; undefined when nothing was. */
  async getTrace(workflowId: string): Promise<Trace | undefined> {
    await this.flush();
    const segments: TraceSegment[] = [];
    for await (const batch of this.parts.store.read("trace", { workflowId })) segments.push(...batch.facts);
    return segments.length > 0 ? joinSegments(segments) : undefined;
  }

  /** Removes a person's, thread's or run's facts from the store. Returns how many of each kind. */
  async erase(selector: ErasureSelector): Promise<{ trace: number; decision: number; feedback: number }> {
    await this.flush();
    const removed = await this.parts.store.erase(selector);
    await this.parts.engine.forget();
    await this.patterns.forget();
    await this.prompts.forget();
    return removed;
  }

  /** Resolves when everything captured so far is on disk. */
  async flush(): Promise<void> {
    await this.tracer.flush();
    await this.parts.points.settled();
  }

  /**
   * Stops learning, writes what is buffered, and closes the store.
   * @throws STORE_IO when something could not be written; everything is released all the same
   */
  close(): Promise<void> {
    this.closing ??= (async () => {
      await this.parts.engine.close();
      try {
        await this.flush();
      } finally {
        await this.tracer
          .close()
          .catch((error) => this.parts.logger.error("closing the tracer", { error: messageOf(error) }));
        if (!this.parts.config.store) await this.parts.store.close();
      }
    })();
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private mustBeOpen(): void {
    if (!this.closing) return;
    throw new LearningError("LEARNING_STATE", {
      received: "a call after close()",
      expected: "an open loop",
      remedy: "Open a new one with CollectiveLearningLoop.open.",
    });
  }
}
