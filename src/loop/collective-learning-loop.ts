import { checkArgument } from "../core/arguments.js";
import { type Decision, isoTime, messageOf, objectArgument, type Trace, textArgument } from "../core/index.js";
import { type Plan, planTrial, type TrialPlanRequest } from "../evaluation/index.js";
import type { FeedbackCollector } from "../feedback/index.js";
import { importLangSmith, type LangSmithImported, type LangSmithLoopImport } from "../integrations/langsmith.js";
import type { LoopConfig } from "../learning/config.js";
import type { CycleReport } from "../learning/cycle/types.js";
import { type ExportSummary, exportLearning } from "../learning/export.js";
import type { OrchestratorTraining } from "../learning/orchestrator-training.js";
import type { LearningReport } from "../learning/report/types.js";
import type { RewardPredictions } from "../learning/reward-predictions.js";
import { type TrainedOrchestrator, trainOrchestrator } from "../learning/train-orchestrator.js";
import type { PatternAnalyzer } from "../patterns/index.js";
import type { PromptOptimizer } from "../prompts/index.js";
import type { Registry } from "../registry/index.js";
import {
  type Advice,
  assertRoutable,
  type Counterfactual,
  type CounterfactualRequest,
  counterfactual,
  type DecisionExplanation,
  type ModeSetting,
} from "../routing/index.js";
import type { ErasureSelector } from "../store/index.js";
import type { HandlerOptions, TraceCallbackHandler, WorkflowTracer, WrapOptions } from "../tracing/index.js";
import { pointMeant } from "./advice.js";
import type { AdviceOptions } from "./advisor.js";
import { attachTo } from "./attach.js";
import { type Composed, compose } from "./compose.js";
import { decisionsIn, drawLearned, explainStored } from "./decisions.js";
import { type Erased, type ErasureOptions, eraseEverywhere } from "./erasure.js";
import type { Federation } from "./federation.js";
import { alreadyClosed, assertLearns, serves } from "./guards.js";
import { LoopInspector } from "./inspector.js";
import type { LearnedPoints } from "./learned-points.js";
import { closeParts, isSwitchedOff, type LoopParts, openParts, openPartsAnyway, traceIn } from "./parts.js";
import type { LearningStatus } from "./status.js";

/** What only `CollectiveLearningLoop.open` makes. */
const PARTS = { store: "object", engine: "object", tracer: "object", clock: { now: "function" } } as const;

/**
 * Wraps graphs, collects feedback, learns in the background, and advises the graphs' edges. Open one
 * per storage folder and process, and `close` it at the end (or use `await using`).
 * @example
 * await using loop = await CollectiveLearningLoop.open({ storagePath: "./learning" });
 * const graph = loop.wrap(builder.compile(), { workflowType: "support" });
 * await loop.startLearning();
 */
export class CollectiveLearningLoop {
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
  /** Learning one policy together with other sites; see `Federation`. */
  readonly federation: Federation;
  /** What a screen over the loop needs beside the calls here. */
  readonly inspect: LoopInspector;
  /** A learned conditional edge for `addConditionalEdges`. */
  readonly router: LearnedPoints["router"];
  /** A learned node that goes on by a `Command`. */
  readonly commandRouter: LearnedPoints["commandRouter"];
  /** A node that writes the policy's advice into the state. */
  readonly policyNode: LearnedPoints["policyNode"];
  /** An uncompiled graph around such a node. */
  readonly advisorGraph: LearnedPoints["advisorGraph"];
  /** Middleware for langchain's `createAgent`: learns the model, the tools or the system prompt. */
  readonly middleware: LearnedPoints["middleware"];
  private readonly composed: Composed;
  private closing?: Promise<void>;

  private constructor(private readonly parts: LoopParts) {
    checkArgument(parts, "the parts of a loop", PARTS, "LEARNING_STATE");
    this.composed = compose(parts);
    const { learned } = this.composed;
    this.feedback = parts.feedback;
    this.tracer = parts.tracer;
    this.registry = parts.registry;
    this.prompts = parts.prompts;
    this.patterns = this.composed.patterns;
    this.federation = this.composed.federation;
    this.inspect = new LoopInspector(parts);
    this.router = learned.router.bind(learned);
    this.commandRouter = learned.commandRouter.bind(learned);
    this.policyNode = learned.policyNode.bind(learned);
    this.advisorGraph = learned.advisorGraph.bind(learned);
    this.middleware = learned.middleware.bind(learned);
    parts.tracer.enabled = serves(parts);
  }

  private get disabled(): boolean {
    return this.parts.killSwitch.on;
  }

  /**
   * Opens the loop over its storage folders, which are made when missing.
   * @throws CONFIG_INVALID, CONFIG_UNKNOWN_KEY; STORE_IO when a folder cannot be written; nothing with
   * LEARNING_DISABLED=1, whatever is broken: the status then says what is
   */
  static async open(config: LoopConfig = {}): Promise<CollectiveLearningLoop> {
    const parts = isSwitchedOff() ? await openPartsAnyway(config) : await openParts(config);
    const loop = new CollectiveLearningLoop(parts);
    try {
      if (parts.config.orchestrator) loop.attach(parts.config.orchestrator);
    } catch (error) {
      if (!loop.disabled) {
        await loop.close().catch(() => undefined);
        throw error;
      }
      parts.logger.warn("learning is switched off, and the orchestrator was not attached", { error: messageOf(error) });
    }
    if (!loop.disabled) await loop.composed.learned.preload();
    loop.composed.follower.start();
    if (parts.config.role === "learn") parts.engine.start();
    return loop;
  }

  /**
   * Lets an orchestrator learn here without another reference to it: a Sentinel's decisions are recorded
   * and its policies served; a compiled graph's runs are captured beside the callbacks it has, unless a
   * run is given callbacks of its own (then use {@link wrap}).
   * @throws SENTINEL_INVALID for an uncompiled graph that is no Sentinel
   */
  attach(orchestrator: object): void {
    attachTo(this, objectArgument(orchestrator, "the orchestrator", "SENTINEL_INVALID"));
  }

  /**
   * The same graph, traced. See `WorkflowTracer.wrap`.
   * @throws ROUTER_INVALID for a static edge beside a learned one; DESTINATION_UNKNOWN for a destination
   * that the graph lacks
   */
  wrap<G extends object>(graph: G, options: WrapOptions): G {
    assertRoutable(graph);
    if (this.disabled || !options?.workflowType) return this.tracer.wrap(graph, options);
    this.parts.graphs.keep(options.workflowType, graph);
    return this.tracer.wrap(graph, options);
  }

  /** A callback handler for graphs that are not wrapped. */
  handler(options: HandlerOptions): TraceCallbackHandler {
    return this.tracer.handler(options);
  }

  /** Sets the mode of a decision point by hand; kept over restarts. `auto` gives it back to the gate. */
  async setMode(decisionPoint: string, mode: ModeSetting): Promise<void> {
    textArgument(decisionPoint, "decisionPoint");
    pointMeant(
      decisionPoint,
      this.parts.points.list().map((p) => p.name),
    );
    await this.composed.follower.changeMode(decisionPoint, mode);
  }

  /** The kill switch: graphs run bare, routers are their fallbacks, nothing is recorded. */
  disable(): void {
    this.parts.killSwitch.on = true;
    this.tracer.enabled = false;
  }

  /** Ends `disable`; without effect while LEARNING_DISABLED=1. */
  enable(): void {
    this.parts.killSwitch.on = isSwitchedOff();
    this.tracer.enabled = serves(this.parts);
  }

  /** Learns on the timer from here on; LEARNING_STATE in a loop that only serves. A second call changes nothing. */
  async startLearning(): Promise<void> {
    this.mustLearn();
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
    this.mustLearn();
    const report = await this.parts.engine.trigger();
    await this.composed.learned.ready();
    // A webhook that does not answer must not hold the caller up.
    void this.composed.alerts.look();
    return report;
  }

  /** What was learned, what serves, how much better it is, and what went wrong. */
  async getLearningStatus(): Promise<LearningStatus> {
    await this.composed.follower.catchUp();
    return this.composed.status();
  }

  /**
   * What the policy that serves would do in this state: actions with expected reward, confidence and
   * source, without doing or recording anything. Answers are remembered by state until another
   * version serves.
   * @param state the graph's state, where the point's router was declared in this process; else the
   * values its context function would give
   */
  optimizeOrchestratorDecision(state: Readonly<Record<string, unknown>>, options: AdviceOptions = {}): Promise<Advice> {
    return this.composed.advisor.ask(state, options, this.disabled);
  }

  /**
   * Trains a policy for a Sentinel by deep reinforcement learning in a simulator, in the worker thread:
   * in one made from the Sentinel's captured traces, or in a world of your own. What beats the rule-based
   * baseline there is published, not promoted; the gate judges it by real decisions in the next cycle.
   * @throws TRAINING_INVALID for options that cannot be, CONFIG_UNKNOWN_KEY for ones that do not exist;
   * WORKER_FAILED where no trace has a run of the agents
   */
  async trainOrchestrator(options: OrchestratorTraining): Promise<TrainedOrchestrator> {
    this.mustLearn();
    return trainOrchestrator(options, this.composed.training);
  }

  /**
   * Why the version that served a decision preferred what it preferred.
   * @throws ARTIFACT_UNKNOWN when no version served it; CONTEXT_INVALID when it has no context
   */
  explainDecision(decision: Decision): Promise<DecisionExplanation> {
    return explainStored(objectArgument(decision, "the decision", "CONTEXT_INVALID"), this.registry);
  }

  /** What a finished run of `graph` would have come to by another destination. See {@link counterfactual}. */
  counterfactual(graph: object, request: CounterfactualRequest): Promise<Counterfactual> {
    return counterfactual(graph, request);
  }

  /**
   * What it will take to prove a gain at a decision point, before anything is started: rated decisions and days, in
   * half of all cases and in four of five.
   * @throws EVALUATION_INVALID for values out of range; without exploration nothing can be learned
   * @example loop.plan({ exploration: 0.1, traffic: 500, effect: 0.05 }).days.median
   */
  plan(request: TrialPlanRequest): Plan {
    return planTrial(objectArgument(request, "the plan's request", "EVALUATION_INVALID"));
  }

  /** The decisions of a run in order, each once. */
  async getDecisions(workflowId: string): Promise<Decision[]> {
    textArgument(workflowId, "workflowId", "STORE_QUERY");
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
    textArgument(workflowId, "workflowId", "STORE_QUERY");
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
    checkArgument(workflowIds, "the list of workflowIds", "texts", "STORE_QUERY");
    return this.parts.knowledge.predictRewards([...workflowIds]);
  }

  /**
   * Reads traces of graphs, and people's and evaluators' judgements of them, from a LangSmith project; again
   * without doubling. See `readLangSmithFeedback` for what the scores mean.
   * @throws INTEGRATION_FAILED when LangSmith refuses or fails
   */
  importLangSmith(options: LangSmithLoopImport): Promise<LangSmithImported> {
    const { store, logger, clock } = this.parts;
    return importLangSmith({ ...options, store, logger, clock });
  }

  /**
   * Removes a person's, thread's or run's facts from the store and from memory, and with `{ learned: "refit" }` what
   * was learned from them and exported, too. Says how many of each kind went and what may still hold their words.
   * @throws STORE_QUERY unless exactly one id is given; LEARNING_STATE when the store is unusable; STORE_IO
   * @example
   * const { mayRemain } = await loop.erase({ userId: "alice" }, { learned: "refit" });
   */
  async erase(selector: ErasureSelector, options: ErasureOptions = {}): Promise<Erased> {
    objectArgument(selector, "what is to be erased", "STORE_QUERY");
    await this.flush();
    return eraseEverywhere(this.parts, selector, options, () => this.patterns.forget());
  }

  /** Resolves when everything captured so far is on disk. */
  async flush(): Promise<void> {
    await this.tracer.flush();
    await this.parts.points.settled();
    await this.parts.graphs.settled();
  }

  /**
   * Stops learning, writes what is buffered, and closes the store.
   * @throws STORE_IO when something could not be written; everything is released all the same
   */
  close(): Promise<void> {
    this.closing ??= this.composed.follower.stop().then(() => closeParts(this.parts, () => this.flush()));
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private mustLearn(): void {
    this.mustBeOpen();
    assertLearns(this.parts);
  }

  private mustBeOpen(): void {
    if (this.closing) throw alreadyClosed();
  }
}
