import { type Decision, isoTime, LearningError, messageOf, show, type Trace } from "../core/index.js";
import type { FeedbackCollector } from "../feedback/index.js";
import { followPatterns } from "../learning/components/patterns.js";
import type { LoopConfig } from "../learning/config.js";
import type { CycleReport } from "../learning/cycle/types.js";
import { type ExportSummary, exportLearning } from "../learning/export.js";
import type { LearningReport } from "../learning/report/types.js";
import type { RewardPredictions } from "../learning/reward-predictions.js";
import type { OrchestratorTrainingParts } from "../learning/train-orchestrator.js";
import { PatternAnalyzer } from "../patterns/index.js";
import { routingArtifactName } from "../policies/index.js";
import type { PromptOptimizer } from "../prompts/index.js";
import type { Registry } from "../registry/index.js";
import {
  type Advice,
  assertRoutable,
  createModeBook,
  createRunBook,
  type ModeSetting,
  type RoutingDeps,
} from "../routing/index.js";
import { attachSentinel, sentinelOf } from "../sentinel/index.js";
import type { ErasureSelector } from "../store/index.js";
import {
  type HandlerOptions,
  type TraceCallbackHandler,
  type WorkflowTracer,
  type WrapOptions,
  withHandler,
} from "../tracing/index.js";
import { AdviceCache, pointMeant } from "./advice.js";
import { LoopFollower } from "./follower.js";
import { LearnedPoints } from "./learned-points.js";
import { isSwitchedOff, type LearningStatus, type LoopParts, openParts, traceIn } from "./parts.js";
import { decisionsIn, drawLearned, LoopRouting } from "./routing.js";

/** Options of `optimizeOrchestratorDecision`. */
export interface AdviceOptions {
  /** The decision point; the Sentinel's, or the only one, when left out. */
  decisionPoint?: string;
  /** Destinations that are allowed now, where the point's router is not of this process (default: all). */
  candidates?: readonly string[];
}

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
  protected readonly training: OrchestratorTrainingParts;
  private readonly advice = new AdviceCache<Advice>();
  private disabled = isSwitchedOff();
  private closing?: Promise<void>;
  private readonly follower: LoopFollower;

  private constructor(private readonly parts: LoopParts) {
    super();
    const { clock, logger, config, registry } = parts;
    this.feedback = parts.feedback;
    this.tracer = parts.tracer;
    this.registry = registry;
    this.prompts = parts.prompts;
    this.patterns = new PatternAnalyzer(parts.tracer, {
      seed: config.seed,
      analyze: (options) => parts.engine.analyzePatterns(options),
    });
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
    this.follower = new LoopFollower(parts, (point, mode) => this.deps.modes.set(point, mode));
    this.training = { engine: parts.engine, registry, documents: parts.store.documents, config };
    for (const [point, mode] of Object.entries(parts.modes)) this.deps.modes.set(point, mode);
    parts.tracer.enabled = !this.disabled;
  }

  /**
   * Opens the loop over its storage folders, which are made when missing.
   * @throws CONFIG_INVALID, CONFIG_UNKNOWN_KEY; STORE_IO when a folder cannot be written
   */
  static async open(config: LoopConfig = {}): Promise<CollectiveLearningLoop> {
    const parts = await openParts(config);
    const loop = new CollectiveLearningLoop(parts);
    try {
      if (parts.config.orchestrator) loop.attach(parts.config.orchestrator);
    } catch (error) {
      await loop.close().catch(() => undefined);
      throw error;
    }
    loop.follower.start();
    return loop;
  }

  /**
   * Lets an orchestrator learn here without another reference to it: a Sentinel's decisions are recorded
   * and its policies served; a compiled graph's runs are captured beside the callbacks it has, unless a
   * run is given callbacks of its own (then use {@link wrap}).
   * @throws SENTINEL_INVALID for an uncompiled graph that is no Sentinel
   */
  attach(orchestrator: object): void {
    const compiled = orchestrator as {
      lg_is_pregel?: boolean;
      name?: string;
      config?: Parameters<typeof withHandler>[0];
    };
    if (sentinelOf(orchestrator) || !compiled.lg_is_pregel) attachSentinel(orchestrator, this);
    if (!compiled.lg_is_pregel) return;
    const handler = this.handler({ workflowType: compiled.name ?? "orchestrator", graph: orchestrator });
    compiled.config = withHandler(compiled.config, handler);
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
    await this.follower.changeMode(decisionPoint, mode);
  }

  /** The kill switch: graphs run bare, routers are their fallbacks, nothing is recorded. */
  disable(): void {
    this.disabled = true;
    this.tracer.enabled = false;
  }

  /** Ends `disable`; without effect while LEARNING_DISABLED=1. */
  enable(): void {
    this.disabled = isSwitchedOff();
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
    const { engine, store, tracer, unusable } = this.parts;
    await this.follower.catchUp();
    const status = engine.status((point) => this.deps.modes.get(point) ?? "auto");
    return {
      ...status,
      warnings: [...(unusable === undefined ? [] : [unusable]), ...status.warnings],
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
    const destinations = this.learned.destinationsOf(point);
    const candidates = options.candidates ?? destinations;
    const unknown = candidates.find((c) => !destinations.includes(c));
    if (unknown !== undefined || candidates.length === 0) {
      throw new LearningError("CONFIG_INVALID", {
        received: `the candidates ${show(candidates)}`,
        expected: `one or more of ${destinations.join(", ")}`,
        remedy: `Ask about destinations of ${point}.`,
      });
    }
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
    this.mustBeOpen();
    return this.parts.engine.report(isoTime(this.parts.clock.now()));
  }

  /** Everything captured of one run, its segments joined; undefined when nothing was. */
  async getTrace(workflowId: string): Promise<Trace | undefined> {
    await this.flush();
    return traceIn(this.parts.store, workflowId);
  }

  /**
   * What the reward model that serves says of runs before anyone rated them: the reward and every
   * judged dimension (`cat:NAME`, `rating:NAME`), each with its 90 % interval, on [0,1].
   * @returns by workflowId, without runs that were not captured; empty while no reward model serves
   * @throws WORKER_FAILED
   */
  predictRewards(workflowIds: readonly string[]): Promise<RewardPredictions> {
    this.mustBeOpen();
    return this.parts.engine.predictRewards([...workflowIds]);
  }

  /** Removes a person's, thread's or run's facts from the store. Returns how many of each kind. */
  async erase(selector: ErasureSelector): Promise<{ trace: number; decision: number; feedback: number }> {
    await this.flush();
    await this.feedback.forget(selector);
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
      await this.follower.stop();
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
