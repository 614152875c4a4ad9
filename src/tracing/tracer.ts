import {
  type Clock,
  type Decision,
  type DecisionContext,
  type DecisionSink,
  defaultLogger,
  EXPERIMENT_FIELDS,
  hash32,
  LearningError,
  type Logger,
  messageOf,
  newId,
  type RunConfigLike,
  type RunIdentity,
  show,
  systemClock,
} from "../core/index.js";
import type { LearningStore } from "../store/index.js";
import { TraceCallbackHandler } from "./callbacks/callback-handler.js";
import { handlersIn, parentRunId, withHandler } from "./callbacks/callback-list.js";
import {
  type AgentShape,
  isAgent,
  isPregel,
  isRecord,
  type LoopShape,
  type PregelShape,
  type TaskConfig,
} from "./internals.js";
import type { CaptureOptions, HandlerOptions, TracerOptions, WrapOptions } from "./options.js";
import { resolveIdentity, UncapturedRuns } from "./record/identity.js";
import { noteInputEdges } from "./record/noted-edges.js";
import { DEFAULT_PRICES } from "./record/prices.js";
import { RecentRuns } from "./record/recent-runs.js";
import { redactPlain } from "./record/redact.js";
import { RunRecorder } from "./record/run-recorder.js";
import { givenWorkflowId, runStartOf } from "./record/run-start.js";
import { type Thread, ThreadMemory } from "./record/thread-memory.js";
import { type CaptureSettings, captureSettings, checkTracerOptions, checkWrapOptions } from "./settings.js";
import { recorderOf, runOf } from "./tap/run-context.js";
import { configWithRun, hookGraph, hookInPlace, type RootHooks, whyNotTap } from "./tap/tap-graph.js";
import { BufferedWriter, type TracerCounters } from "./writer/buffered-writer.js";
import { decisionBytes } from "./writer/decision-bytes.js";
import { flushAtExit } from "./writer/process-hooks.js";

const OWN_FIELDS: ReadonlySet<string> = new Set(Object.values(EXPERIMENT_FIELDS));

/** So many runs may be under way before the oldest is forgotten. */
const MOST_AT_ONCE = 5000;

/** A resumed run waits no longer than this for the store to say what it resumes. */
const LOOKUP_MS = 1000;

/**
 * Captures what LangGraph graphs do and writes it to a store in the background. It never throws into
 * a graph, never changes its results and never makes it wait for the store (a resumption whose
 * interrupted run this process has not seen, a replay and a fork wait up to a second to learn what they continue).
 */
export class WorkflowTracer implements DecisionSink {
  /** Off: graphs that are wrapped run as the bare ones, and nothing is recorded. */
  enabled: boolean;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly makeId: () => string;
  private readonly writer: BufferedWriter;
  private readonly threads: ThreadMemory;
  private readonly uncaptured: UncapturedRuns;
  private readonly begun = new RecentRuns();
  /** Callback runs of wrapped graphs: a handler that is given to one as well leaves them to it. */
  private readonly wrapped = new RecentRuns(MOST_AT_ONCE);
  private readonly unhook: () => void;
  private readonly settings: CaptureSettings;

  /** Fails with CONFIG_INVALID on options out of range, with CONFIG_UNKNOWN_KEY on unknown ones. */
  constructor(private readonly options: TracerOptions) {
    checkTracerOptions(options);
    this.enabled = options.enabled ?? true;
    this.clock = options.clock ?? systemClock;
    this.logger = options.logger ?? defaultLogger();
    this.makeId = options.makeId ?? newId;
    this.settings = captureSettings(options.prices ?? DEFAULT_PRICES, options);
    this.writer = new BufferedWriter(options.store, this.clock, this.logger, options.buffer);
    this.threads = new ThreadMemory(options.store, this.clock, LOOKUP_MS);
    this.uncaptured = new UncapturedRuns(this.makeId);
    this.unhook = options.buffer?.processHooks === false ? () => {} : flushAtExit(this.writer);
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
    if (isAgent(graph)) return this.wrapAgent(graph, options);
    if (!isPregel(graph))
      throw new LearningError("CONFIG_INVALID", {
        received: `${show(graph)} to wrap`,
        expected: "a compiled LangGraph graph",
        remedy: "Call .compile() first, and wrap the result.",
      });
    const settings = this.settingsOf(options);
    const why = settings.capture === "tap" ? whyNotTap(graph) : undefined;
    if (why !== undefined) {
      this.logger.warn("the graph cannot be tapped; its runs are captured by callbacks", { reason: why });
      settings.capture = "callbacks";
    }
    return hookGraph(graph, this.hooksFor(graph, settings, options), settings.capture === "tap") as PregelShape & G;
  }

  /** `createAgent` gives no graph but an owner of one; a copy of the agent owns a graph that is captured. */
  private wrapAgent<A extends AgentShape>(agent: A, options: WrapOptions): A {
    const settings = this.settingsOf(options);
    const copy = agent.withConfig({}) as A;
    hookInPlace(copy.graph, this.hooksFor(copy.graph, settings, options), settings.capture === "tap");
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
    const settings = this.settingsOf(options, true);
    const graph = isPregel(options.graph) ? options.graph : undefined;
    return new TraceCallbackHandler(
      {
        begin: async (inputs, config) =>
          this.enabled ? this.beginFound(options.workflowType, settings, inputs, config) : undefined,
        end: (recorder, outcome) => {
          if (!this.wrapped.has(recorder.start.runId ?? "")) this.end(recorder, outcome);
        },
      },
      graph,
    );
  }

  /** A run found by a handler: all that is known of it is what LangChain reports at its start. */
  private async beginFound(
    workflowType: string,
    settings: CaptureSettings,
    inputs: unknown,
    config: TaskConfig,
  ): Promise<RunRecorder | undefined> {
    try {
      const recorder = new RunRecorder(runStartOf(workflowType, "callbacks", config), settings, this.clock);
      const input = isRecord(inputs) && Object.keys(inputs).length === 1 && inputs.input === null ? null : inputs;
      await this.resolve(recorder, undefined, input, config);
      return recorder;
    } catch (error) {
      this.failed(error);
      return undefined;
    }
  }

  private failed(error: unknown): void {
    this.logger.error("a run could not be recorded", { reason: messageOf(error) });
  }

  private settingsOf(options: WrapOptions | HandlerOptions, isHandler = false): CaptureSettings {
    if (typeof options?.workflowType !== "string" || options.workflowType === "")
      throw new LearningError("CONFIG_INVALID", {
        received: `workflowType: ${show(options?.workflowType)}`,
        expected: "a name for the kind of work the graph does",
        remedy: 'Pass it, as in wrap(graph, { workflowType: "support" }).',
      });
    checkWrapOptions(options, isHandler);
    const way: CaptureOptions = isHandler ? { capture: "callbacks" } : {};
    return captureSettings(this.options.prices ?? DEFAULT_PRICES, this.options, options, way);
  }

  private hooksFor(wrapped: PregelShape, settings: CaptureSettings, { workflowType }: WrapOptions): RootHooks {
    return {
      begin: (_input, config, graph) => {
        if (!this.enabled) return undefined;
        try {
          const start = runStartOf(workflowType, settings.capture, config, graph);
          const recorder = new RunRecorder(start, settings, this.clock);
          const noted = configWithRun(config, recorder);
          if (settings.capture === "callbacks")
            noted.callbacks = withHandler(config?.callbacks, this.followed(recorder, wrapped));
          return { recorder, config: noted };
        } catch (error) {
          this.failed(error);
          return undefined;
        }
      },
      resolve: (recorder, loop, input) => {
        if (recorder.start.runId !== undefined) this.wrapped.add(recorder.start.runId);
        return this.resolve(recorder, loop, input, loop?.config);
      },
      end: (recorder, outcome) => this.end(recorder, outcome),
    };
  }

  /** A handler for one run whose beginning and end its graph tells. */
  private followed(recorder: RunRecorder, graph: PregelShape): TraceCallbackHandler {
    return new TraceCallbackHandler({ begin: () => Promise.resolve(recorder), end: () => {} }, graph, true);
  }

  private async resolve(
    recorder: RunRecorder,
    loop: LoopShape | undefined,
    input: unknown,
    config: TaskConfig | undefined,
  ): Promise<void> {
    try {
      await resolveIdentity(recorder, this.threads, loop, input, givenWorkflowId(config), this.makeId);
    } catch (error) {
      this.failed(error);
    }
    recorder.quietly(() => noteInputEdges(recorder, input));
    if (recorder.identity) this.begun.add(recorder.identity.workflowId);
    recorder.muted = !recorder.settings.keepFailures && !this.sampled(recorder);
  }

  /** Whether the draw by the workflow id keeps this run. */
  private sampled({ identity, settings }: RunRecorder): boolean {
    if (settings.sampleRate >= 1) return true;
    return hash32(identity?.workflowId ?? "", 7) / 2 ** 32 < settings.sampleRate;
  }

  private end(recorder: RunRecorder, outcome: { ok: boolean; error?: unknown }): void {
    try {
      const workflowId = recorder.identity?.workflowId ?? this.makeId();
      const segment = recorder.finish(outcome, { workflowId, segmentId: this.makeId() });
      if (!segment) return;
      if (segment.threadId !== undefined)
        this.threads.note(segment as Thread, {
          workflowId,
          status: segment.status,
          startedAt: Date.parse(segment.startedAt),
          checkpointId: recorder.checkpointId,
        });
      const sampled = this.sampled(recorder);
      const isCertain = recorder.settings.keepFailures && (segment.status === "error" || recorder.followsFailure);
      if (isCertain && !sampled && recorder.resumed && !recorder.followsFailure)
        segment.gaps.push("what this run did before it was resumed was left out by sampling");
      if (!recorder.muted && (isCertain || sampled)) this.writer.add("trace", segment, recorder.bytes());
      else this.writer.countSampledOut();
    } catch (error) {
      this.failed(error);
    }
  }

  /** Queues a decision, its context redacted. It is never sampled away, and makes room for itself among waiting traces. */
  record(decision: Decision): void {
    if (!this.enabled) return;
    this.begun.add(decision.workflowId);
    const kept = this.redacted(decision);
    this.writer.add("decision", kept, decisionBytes(kept));
  }

  private redacted(decision: Decision): Decision {
    return this.settings.redactor ? { ...decision, context: this.asKept(decision.context) } : decision;
  }

  /** A decision's context as it is kept: redacted. */
  asKept(context: DecisionContext): DecisionContext {
    const { redactor } = this.settings;
    if (!redactor) return context;
    // What ties a run to its experiment would be lost to any redaction of digits or names.
    const kept = (key: string, value: DecisionContext[string]) =>
      OWN_FIELDS.has(key) ? value : redactPlain(value, redactor, key);
    return Object.fromEntries(Object.entries(context).map(([key, value]) => [key, kept(key, value)]));
  }

  /** Whether this process began the run lately, or recorded a decision of it; what it left may not be stored yet. */
  knows(workflowId: string): boolean {
    return this.begun.has(workflowId);
  }

  /** Which run a config belongs to; the same for all tasks, retries and resumptions of a run. */
  identify(config: RunConfigLike): RunIdentity {
    const run = runOf(config);
    const captured = run && recorderOf(run).identity;
    if (captured) return captured;
    for (const handler of handlersIn(config.callbacks))
      if (handler instanceof TraceCallbackHandler) {
        const handled = handler.identityOf(parentRunId(config.callbacks));
        if (handled) return handled;
      }
    const identity = this.uncaptured.identify(config);
    const given = config.metadata?.workflowId;
    return typeof given === "string" && given !== "" ? { ...identity, workflowId: given } : identity;
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
