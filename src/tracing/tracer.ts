import { checkArgument } from "../core/arguments.js";
import {
  type Clock,
  type Decision,
  type DecisionContext,
  type DecisionSink,
  type EarlierDecisions,
  ignoreRejection,
  type Logger,
  messageOf,
  type RunConfigLike,
  type RunIdentity,
  type TraceSegment,
} from "../core/index.js";
import { isObject } from "../core/is-object.js";
import type { LearningStore } from "../store/index.js";
import { TraceCallbackHandler } from "./callbacks/callback-handler.js";
import { handlersIn, parentRunId, withOneMore, withoutHandlers } from "./callbacks/callback-list.js";
import { isCallHandler } from "./callbacks/node-calls.js";
import { type AgentShape, isAgent, isPregel, type LoopShape, type PregelShape, type TaskConfig } from "./internals.js";
import { notAGraph } from "./not-a-graph.js";
import type { HandlerOptions, TracerOptions, WrapOptions } from "./options.js";
import { segmentOf } from "./record/closed-run.js";
import { Endings } from "./record/endings.js";
import { resolveIdentity, UncapturedRuns } from "./record/identity.js";
import { keptContext, keptDecision } from "./record/kept-decision.js";
import { noteInputEdges } from "./record/noted-edges.js";
import { observeRun } from "./record/observe-run.js";
import { OpenRuns } from "./record/open-runs.js";
import { RecentRuns } from "./record/recent-runs.js";
import { redactText } from "./record/redact.js";
import { RunRecorder } from "./record/run-recorder.js";
import { runStartOf, workflowIdIn } from "./record/run-start.js";
import type { RunStart } from "./record/run-types.js";
import { isKept, isSampled } from "./record/sampling.js";
import { ThreadMemory } from "./record/thread-memory.js";
import { tellOfUnusableId } from "./record/unusable-id.js";
import { type CaptureSettings, captureSettings, handlerSettings, tracerSettings, wrapSettings } from "./settings.js";
import { isPartOf } from "./tap/part-of.js";
import { RunContext, recorderOf } from "./tap/run-context.js";
import { hookGraph, hookInPlace, isWrappedElsewhere, type RootHooks, whyNotTap } from "./tap/tap-graph.js";
import type { TapSettings } from "./tap/tap-node.js";
import { BufferedWriter } from "./writer/buffered-writer.js";
import type { TracerCounters } from "./writer/counters.js";
import { decisionBytes } from "./writer/decision-bytes.js";
import { flushAtExit } from "./writer/process-hooks.js";

/** What is read of a decision that is recorded. */
const DECISION = { workflowId: "text", decisionId: "text", candidates: "list", context: "object" } as const;

/** So many runs may be under way before the oldest is forgotten. */
const MOST_AT_ONCE = 5000;

/**
 * Captures what LangGraph graphs do and writes it to a store in the background. It never throws into
 * a graph, never changes its results and never makes it wait for the store (a resumption whose
 * interrupted run this process has not seen, a replay and a fork wait up to a second to learn what they continue).
 * @example
 * const tracer = new WorkflowTracer({ store });
 * const graph = tracer.wrap(builder.compile(), { workflowType: "support" });
 */
export class WorkflowTracer implements DecisionSink {
  /** Off: graphs that are wrapped run as the bare ones, and nothing is recorded. */
  enabled: boolean;
  /** Is told what a resumed run decided before, where it may have been in another process. */
  onEarlier?: (workflowId: string, decided: EarlierDecisions) => void;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly makeId: () => string;
  private readonly writer: BufferedWriter;
  private readonly threads: ThreadMemory;
  private readonly uncaptured: UncapturedRuns;
  private readonly context = new RunContext();
  private readonly begun = new RecentRuns();
  private readonly endings = new Endings();
  private readonly open = new OpenRuns<RunRecorder>();
  /** Callback runs of wrapped graphs: a handler that is given to one as well leaves them to it. */
  private readonly wrapped = new RecentRuns(MOST_AT_ONCE);
  private readonly unhook: () => void;
  private readonly settings: CaptureSettings;
  private readonly options: ReturnType<typeof tracerSettings>;

  /** Fails with CONFIG_INVALID on options out of range, with CONFIG_UNKNOWN_KEY on unknown ones. */
  constructor(options: TracerOptions) {
    this.options = tracerSettings(options);
    const { store, buffer } = this.options;
    ({ enabled: this.enabled, clock: this.clock, logger: this.logger, makeId: this.makeId } = this.options);
    this.settings = captureSettings(this.options);
    this.writer = new BufferedWriter(store, this.clock, this.logger, buffer);
    this.threads = new ThreadMemory(store, this.clock);
    this.uncaptured = new UncapturedRuns(this.makeId);
    this.unhook = buffer.processHooks ? flushAtExit(this.writer, () => this.closeOpen()) : () => {};
  }

  /** Where runs are kept. */
  get store(): LearningStore {
    return this.options.store;
  }

  /**
   * A graph of exactly the same type whose runs are captured. The given graph is left as it is.
   * Fails with CONFIG_INVALID when it is no compiled graph or options are out of range, with CONFIG_UNKNOWN_KEY on
   * unknown ones.
   */
  wrap<G extends object>(graph: G, options: WrapOptions): G {
    if (typeof graph !== "object" || graph === null) throw notAGraph(graph);
    if (isAgent(graph)) return this.wrapAgent(graph, options);
    if (!isPregel(graph)) throw notAGraph(graph);
    const settings = wrapSettings(this.options, options);
    this.tellOther(graph);
    const why = settings.capture === "tap" ? whyNotTap(graph) : undefined;
    if (why !== undefined) {
      this.logger.warn("the graph cannot be tapped; its runs are captured by callbacks", { reason: why });
      settings.capture = "callbacks";
    }
    return hookGraph(graph, this.hooksFor(graph, settings, options), this.tapsFor(settings)) as PregelShape & G;
  }

  private tellOther(graph: PregelShape): void {
    if (isWrappedElsewhere(graph, this.context))
      this.logger.warn("the graph, or one within it, is wrapped by another loop, which records none of these runs", {
        remedy: "Wrap it once, by the loop that is to learn from it.",
      });
  }

  private tapsFor({ capture, calls }: CaptureSettings): TapSettings {
    return { context: this.context, records: capture === "tap", calls };
  }

  /** `createAgent` gives no graph but an owner of one; a copy of the agent owns a graph that is captured. */
  private wrapAgent<A extends AgentShape>(agent: A, options: WrapOptions): A {
    const settings = wrapSettings(this.options, options);
    const copy = agent.withConfig({}) as A;
    this.tellOther(copy.graph);
    hookInPlace(copy.graph, this.hooksFor(copy.graph, settings, options), this.tapsFor(settings));
    copy.withConfig = (config) => this.wrapAgent(agent.withConfig(config), options);
    return copy;
  }

  /**
   * A callback handler that captures every graph it is given to, as in
   * `graph.invoke(input, { callbacks: [tracer.handler({ workflowType: "support", graph })] })`. One
   * handler serves any number of runs at once. Without `graph`, conditional edges and static edges are
   * inferred from what started next, and marked so.
   */
  handler(options: HandlerOptions): TraceCallbackHandler {
    const settings = handlerSettings(this.options, options);
    const graph = isPregel(options.graph) ? options.graph : undefined;
    return new TraceCallbackHandler(
      {
        begin: (inputs, config, parent) =>
          this.enabled ? this.beginFound(options.workflowType, settings, inputs, config, parent) : undefined,
        end: (recorder, outcome) => {
          if (!this.wrapped.has(recorder.start.runId ?? "")) this.end(recorder, outcome);
        },
      },
      graph,
      this,
    );
  }

  /** A run found by a handler: all that is known of it is what LangChain reports at its start. */
  private beginFound(
    workflowType: string,
    settings: CaptureSettings,
    inputs: unknown,
    config: TaskConfig,
    parent: TraceSegment["parent"],
  ): Promise<RunRecorder> | RunRecorder | undefined {
    try {
      tellOfUnusableId(config, this.logger);
      const start = { ...runStartOf(workflowType, "callbacks", config), parent };
      const recorder = this.recorderOf(start, settings, undefined);
      const input = isObject(inputs) && Object.keys(inputs).length === 1 && inputs.input === null ? null : inputs;
      const waiting = this.resolve(recorder, undefined, input);
      return waiting ? waiting.then(() => recorder) : recorder;
    } catch (error) {
      this.failed(error);
      return undefined;
    }
  }

  private recorderOf(start: RunStart, settings: CaptureSettings, graph: PregelShape | undefined): RunRecorder {
    const recorder = new RunRecorder(start, settings, this.clock, this);
    this.open.add(recorder);
    const { observer } = this.options;
    if (observer) observeRun(recorder, observer, graph);
    return recorder;
  }

  private failed(error: unknown): void {
    this.logger.error("a run could not be recorded", { reason: messageOf(error) });
  }

  private hooksFor(wrapped: PregelShape, settings: CaptureSettings, { workflowType }: WrapOptions): RootHooks {
    return {
      begin: (config, graph) => {
        if (!this.enabled) return undefined;
        try {
          const host = this.context.hostOf(config);
          tellOfUnusableId(config, this.logger);
          const start = runStartOf(workflowType, settings.capture, config, graph);
          if (host && isPartOf(host, start)) return undefined;
          const recorder = this.recorderOf(start, settings, graph);
          if (settings.capture === "tap" && !host) return { recorder, config: config ?? {} };
          // What goes on here is told by this run, and by none around it.
          const others = host ? withoutHandlers(config?.callbacks, this.isOwnHandler) : config?.callbacks;
          const callbacks = settings.capture === "tap" ? others : withOneMore(others, this.followed(recorder, wrapped));
          return { recorder, config: callbacks === config?.callbacks ? (config ?? {}) : { ...config, callbacks } };
        } catch (error) {
          this.failed(error);
          return undefined;
        }
      },
      resolve: (recorder, loop) => {
        if (recorder.start.runId !== undefined) this.wrapped.add(recorder.start.runId);
        return this.resolve(recorder, loop, loop.input);
      },
      end: (recorder, outcome) => this.end(recorder, outcome),
      isCallHandler: (handler) => settings.capture === "tap" && isCallHandler(handler, this),
    };
  }

  private readonly isOwnHandler = (handler: unknown): boolean =>
    isCallHandler(handler, this) || (handler instanceof TraceCallbackHandler && handler.owner === this);

  /** A handler for one run whose beginning and end its graph tells. */
  private followed(recorder: RunRecorder, graph: PregelShape): TraceCallbackHandler {
    return new TraceCallbackHandler({ begin: () => recorder, end: () => {} }, graph, this, true);
  }

  /** Settles whose run it is; undefined where nothing has to be waited for. */
  private resolve(recorder: RunRecorder, loop: LoopShape | undefined, input: unknown): Promise<void> | undefined {
    const settled = () => {
      recorder.quietly(() => noteInputEdges(recorder, input));
      const { identity, underWay } = recorder;
      if (identity) this.begun.add(identity.workflowId);
      if (identity && underWay) recorder.quietly(() => underWay.identified(identity.workflowId));
      recorder.muted = !underWay && !recorder.settings.keepFailures && !isSampled(recorder);
    };
    try {
      const waiting = resolveIdentity(recorder, this.threads, loop, input, this.makeId, this.onEarlier);
      if (waiting) return waiting.catch((error) => this.failed(error)).then(settled);
    } catch (error) {
      this.failed(error);
    }
    settled();
    return undefined;
  }

  /** The process ends: what is under way ends with it, and what is known of it is kept. */
  private closeOpen(): void {
    for (const recorder of this.open.list()) {
      recorder.gaps.add("the process ended while the run was under way");
      this.end(recorder, { ok: false });
    }
  }

  private end(recorder: RunRecorder, outcome: { ok: boolean; error?: unknown }): void {
    this.open.delete(recorder);
    try {
      const workflowId = recorder.identity?.workflowId ?? this.makeId();
      const run = recorder.close(outcome, { workflowId, segmentId: this.makeId() });
      if (!run) return;
      const { status, startedAt, start } = run;
      const { threadId, workflowType, parent } = start;
      this.endings.note({ workflowId, status, parent });
      const { checkpointId } = recorder;
      if (threadId !== undefined)
        this.threads.note({ threadId, workflowType }, { workflowId, status, startedAt, checkpointId });
      if (isKept(run)) this.writer.addTrace(() => segmentOf(run), recorder.bytes(run));
      else this.writer.countSampledOut();
    } catch (error) {
      this.failed(error);
    }
  }

  /** Queues a decision, its context redacted. It is never sampled away, and makes room for itself among waiting traces. */
  record(decision: Decision): void {
    if (!this.enabled) return;
    checkArgument(decision, "decision", DECISION, "FACT_INVALID");
    this.begun.add(decision.workflowId);
    const kept = keptDecision(decision, this.settings.redactor);
    this.writer.addDecision(kept, decisionBytes(kept));
    try {
      ignoreRejection(this.options.observer?.decided(kept));
    } catch (error) {
      this.logger.warn("the observer of runs failed at a decision", { reason: messageOf(error) });
    }
  }

  /** A decision's context, or the features of a candidate, as it is kept: redacted, its keys as well. */
  asKept(context: DecisionContext): DecisionContext {
    return keptContext(context, this.settings.redactor);
  }

  /** A text as it is kept: redacted. Functions are given `path` as its path. */
  keptText(text: string, path: string): string {
    return redactText(text, this.settings.redactor, path);
  }

  /** Whether this process began the run lately, or recorded a decision of it; what it left may not be stored yet. */
  knows(workflowId: string): boolean {
    return typeof workflowId === "string" && this.begun.has(workflowId);
  }

  /** How often runs of this id came to their end here. */
  endingsOf(workflowId: string): number {
    return this.endings.of(workflowId);
  }

  /** Which run a config belongs to; the same for all tasks, retries and resumptions of a run. */
  identify(config: RunConfigLike): RunIdentity {
    checkArgument(config, "config", "object", "CONFIG_INVALID");
    const given = workflowIdIn(config);
    const recorder = this.runAround(config);
    const isInherited = given === undefined || given === recorder?.start.seenId;
    if (isInherited && recorder?.identity && !recorder.isFinished) return recorder.identity;
    const identity = this.uncaptured.identify(config);
    // An id that came with the async context of a run that is over is not the caller's.
    return given === undefined || (recorder?.isFinished && isInherited) ? identity : { ...identity, workflowId: given };
  }

  private runAround(config: RunConfigLike): RunRecorder | undefined {
    const host = this.context.of(config);
    if (host) return recorderOf(host);
    for (const handler of handlersIn(config.callbacks))
      if (handler instanceof TraceCallbackHandler && handler.owner === this) {
        const recorder = handler.recorderOf(parentRunId(config.callbacks));
        if (recorder) return recorder;
      }
    return undefined;
  }

  /** Resolves when all records so far are in the store; fails with STORE_IO when they cannot be. */
  flush(timeoutMs?: number): Promise<void> {
    return this.writer.flush(timeoutMs);
  }

  /** Flushes, then records nothing more. Wrapped graphs go on running as the bare ones. */
  async close(): Promise<void> {
    this.enabled = false;
    this.unhook();
    await this.writer.close();
  }

  counters(): TracerCounters {
    return this.writer.counters();
  }
}
