import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { TraceSegment } from "../../core/index.js";
import { isObject } from "../../core/is-object.js";
import type { PregelShape, TaskConfig } from "../internals.js";
import type { RunRecorder } from "../record/run-recorder.js";
import { workflowIdIn } from "../record/run-start.js";
import { CallbackRun, isGraphRun } from "./callback-run.js";
import { isFromCache, type ModelEnd } from "./model-end.js";

/** How a handler opens and closes the runs it finds. */
export interface HandlerHooks {
  /**
   * A graph begins a run: a root graph, or one that was given a workflow id of its own inside another run (`parent`).
   * Undefined: leave it alone. What is no promise keeps nobody waiting.
   */
  begin(
    inputs: unknown,
    config: TaskConfig,
    parent?: TraceSegment["parent"],
  ): Promise<RunRecorder | undefined> | RunRecorder | undefined;
  end(recorder: RunRecorder, outcome: { ok: boolean; error?: unknown }): void;
}

/** What LangChain tells of a model's start: of a chat model, and of one that completes texts. */
type ModelStart = [
  llm: unknown,
  asked: unknown,
  runId: string,
  parentRunId?: string,
  extra?: unknown,
  tags?: unknown,
  metadata?: unknown,
];

/** LangGraph reports interrupts and resumptions to handlers that carry this mark. */
const GRAPH_HANDLER = Symbol.for("langgraph.graph_callback_handler");

/**
 * Captures graphs that are run with it among their `callbacks`, for users who cannot wrap them. It is
 * awaited by LangChain, so that everything is noted when the graph returns; it never throws.
 * @example
 * await graph.invoke(state, { callbacks: [loop.handler({ workflowType: "support", graph })] });
 */
export class TraceCallbackHandler extends BaseCallbackHandler {
  readonly name = "collective_learning_trace";
  readonly [GRAPH_HANDLER]: boolean;
  private readonly runs = new Map<string, { run: CallbackRun; root: string }>();

  /** @internal Made by `WorkflowTracer.handler`. */
  constructor(
    private readonly hooks: HandlerHooks,
    private readonly graph: PregelShape | undefined,
    /** The tracer that made it. */
    readonly owner: object,
    /** Made for one run of a wrapped graph: that is its root, whatever it runs in, and tells of interrupts itself. */
    private readonly isForOne = false,
  ) {
    super({ _awaitHandler: true });
    // To be told of interrupts makes LangGraph do more at every step.
    this[GRAPH_HANDLER] = !isForOne;
  }

  /** LangChain copies handlers freely; all copies must share one memory. */
  override copy(): BaseCallbackHandler {
    return this;
  }

  /** The recorder of the graph run that a run below belongs to. @internal */
  recorderOf(runId: string | undefined): RunRecorder | undefined {
    return runId === undefined ? undefined : this.runs.get(runId)?.run.recorder;
  }

  private find(runId: string | undefined): CallbackRun | undefined {
    return runId === undefined ? undefined : this.runs.get(runId)?.run;
  }

  /**
   * The run that an event belongs to: its parent's. A parent that the handler was not told of (LangSmith's
   * `traceable`) stands in a node all the same, which the event's namespace names.
   */
  private follow(runId: string, parentRunId: string | undefined, metadata: unknown): CallbackRun | undefined {
    if (parentRunId === undefined) return undefined;
    const known = this.runs.get(parentRunId) ?? this.entryAt(metadata);
    if (known) this.runs.set(runId, known);
    return known?.run;
  }

  private entryAt(metadata: unknown): { run: CallbackRun; root: string } | undefined {
    const namespace = isObject(metadata) ? metadata.langgraph_checkpoint_ns : undefined;
    if (typeof namespace !== "string" || this.runs.size === 0) return undefined;
    for (const entry of new Set(this.runs.values())) if (entry.run.nodeAt(namespace)) return entry;
    return undefined;
  }

  // LangChain's declaration gives another order; this is the one the runtime passes.
  override handleChainStart(
    chain: unknown,
    inputs: unknown,
    runId: string,
    parentRunId?: string,
    tags?: unknown,
    metadata?: unknown,
    _runType?: unknown,
    name?: unknown,
  ): Promise<void> | undefined {
    if (this.runs.has(runId)) return undefined;
    const about = metadata as Record<string, unknown> | undefined;
    const labels = Array.isArray(tags) ? (tags as string[]) : undefined;
    const run = this.follow(runId, parentRunId, about);
    const given = workflowIdIn({ metadata: about });
    const isOwn = run && !this.isForOne && given !== undefined && given !== run.recorder.start.seenId;
    if (run && isOwn && isGraphRun(chain) && run.recorder.identity) {
      const node = run.nodeOf(parentRunId);
      const parent = { workflowId: run.recorder.identity.workflowId, node: node?.name, taskId: node?.taskId };
      return this.begin(inputs, { metadata: about, tags: labels, runId }, parent);
    }
    if (run) {
      const event = {
        chain,
        inputs,
        runId,
        parentRunId,
        tags: labels,
        metadata: about,
        name: name as string | undefined,
      };
      run.recorder.quietly(() => run.chainStarted(event));
    } else if (isGraphRun(chain) && (this.isForOne ? this.runs.size === 0 : about?.langgraph_node === undefined)) {
      return this.begin(inputs, { metadata: about, tags: labels, runId });
    }
    return undefined;
  }

  private begin(
    inputs: unknown,
    config: TaskConfig & { runId: string },
    parent?: TraceSegment["parent"],
  ): Promise<void> | undefined {
    const followRun = (recorder: RunRecorder | undefined) => recorder && this.followRun(recorder, config.runId);
    const begun = this.hooks.begin(inputs, config, parent);
    if (begun instanceof Promise) return begun.then(followRun);
    followRun(begun);
    return undefined;
  }

  /** Reads everything below a root run into a recorder. */
  private followRun(recorder: RunRecorder, runId: string): void {
    const run = new CallbackRun(recorder, this.graph);
    recorder.start.runId ??= runId;
    run.rootStarted(runId);
    this.runs.set(runId, { run, root: runId });
  }

  override handleChainEnd(outputs: unknown, runId: string): void {
    this.leave(runId, (run) => run.chainEnded(runId, outputs), { ok: true });
  }

  override handleChainError(error: unknown, runId: string): void {
    this.leave(runId, (run) => run.chainFailed(runId, error), { ok: false, error });
  }

  private leave(runId: string, note: (run: CallbackRun) => void, outcome: { ok: boolean; error?: unknown }): void {
    const entry = this.runs.get(runId);
    if (!entry) return;
    this.runs.delete(runId);
    if (entry.root !== runId) {
      entry.run.recorder.quietly(() => note(entry.run));
      return;
    }
    if (outcome.ok) entry.run.recorder.quietly(() => entry.run.inferAtEnd());
    this.hooks.end(entry.run.recorder, outcome);
    for (const [id, other] of this.runs) if (other === entry) this.runs.delete(id);
  }

  /** LangGraph stopped a run for an interrupt. */
  handleInterrupt(event: { runId?: string; checkpointNs?: unknown[] }): void {
    const run = this.find(event.runId);
    if (run && this.runs.get(event.runId as string)?.root === event.runId) run.recorder.interrupted = true;
  }

  override handleLLMStart(...event: ModelStart): void {
    this.modelStarted(...event);
  }

  override handleChatModelStart(...event: ModelStart): void {
    this.modelStarted(...event);
  }

  private modelStarted(...[llm, asked, runId, parentRunId, extra, , metadata]: ModelStart): void {
    const run = this.follow(runId, parentRunId, metadata);
    run?.recorder.quietly(() => run.modelStarted(runId, parentRunId, { llm, asked, extra, metadata }));
  }

  override handleLLMNewToken(_token: string, _i: unknown, runId: string): void {
    this.find(runId)?.token(runId);
  }

  override handleLLMEnd(...[output, runId, , , extra]: ModelEnd): void {
    this.done(runId, (run) => run.modelEnded(runId, output, isFromCache(extra)));
  }

  override handleLLMError(error: unknown, runId: string): void {
    this.done(runId, (run) => run.modelFailed(runId, error));
  }

  override handleToolStart(
    tool: unknown,
    input: string,
    runId: string,
    parentRunId?: string,
    _t?: unknown,
    metadata?: unknown,
    name?: unknown,
  ): void {
    const run = this.follow(runId, parentRunId, metadata);
    run?.recorder.quietly(() => run.toolStarted(runId, parentRunId, { tool, name, input, metadata }));
  }

  override handleToolEnd(output: unknown, runId: string): void {
    this.done(runId, (run) => run.toolEnded(runId, undefined, output));
  }

  override handleToolError(error: unknown, runId: string): void {
    this.done(runId, (run) => run.toolEnded(runId, error));
  }

  private done(runId: string, note: (run: CallbackRun) => void): void {
    const run = this.find(runId);
    this.runs.delete(runId);
    run?.recorder.quietly(() => note(run));
  }
}
