import { isControlSignal } from "../../core/control-signal.js";
import {
  type Clock,
  ignoreRejection,
  type ModelCall,
  messageOf,
  type NodeStatus,
  type RecordedError,
  type RunIdentity,
  type RunStatus,
  STATE_CUT,
  type ToolCall,
} from "../../core/index.js";
import {
  ERROR_HANDLER_PREFIX,
  isOfHandler,
  pathOfNamespace,
  START,
  TASK_ID_KEY,
  type TaskConfig,
  taskOfNamespace,
} from "../internals.js";
import type { CaptureSettings } from "../settings.js";
import type { ClosedRun } from "./closed-run.js";
import { EdgeLog } from "./edge-log.js";
import { nodeTimeoutError, recordedError, stepTimeoutError } from "./errors.js";
import type { NodeUnderWay, RunUnderWay } from "./run-observer.js";
import { lastSeenBefore, runStatusOf, type Thrown } from "./run-status.js";
import type { CallRun, RunningNode, RunStart, TaskPlace } from "./run-types.js";
import { byteLength, stateText } from "./state-text.js";
import { type AttemptSignals, stopOf } from "./stops.js";

/** A node execution, and what records it. */
export interface NodeRun extends RunningNode {
  readonly recorder: RunRecorder;
  /** Whoever is told what goes on in it. */
  underWay?: NodeUnderWay;
}

/**
 * Collects what one invocation of a graph does, from whichever way of capture, and makes a segment
 * of it. Everything here runs inside the host's process at every node: it only notes, and never throws
 * on purpose.
 */
export class RunRecorder {
  identity: RunIdentity | undefined;
  resumed = false;
  /** Takes up a run that had failed, and was therefore kept: what follows must be kept as well. */
  followsFailure = false;
  /** The loop said that it stopped for an interrupt. */
  interrupted = false;
  /** Namespace of the graph whose run this is: not empty where an unwrapped graph hosts it. */
  base = "";
  /** The checkpoint at which the run began, later that at which it stopped. */
  checkpointId: string | undefined;
  /** Aborted when whoever runs the graph stops it; unknown to a handler alone. */
  signal: AbortSignal | undefined;
  /** What attempts threw by themselves, as far as it is known. */
  readonly thrown: Thrown[] = [];
  /** The graph's own limit for a step, milliseconds, where the graph is known. */
  stepTimeout: number | undefined;
  /** Nothing is kept of this run but who it is. */
  muted = false;
  /** Whoever is told what goes on in the run, while it does. */
  underWay: RunUnderWay | undefined;
  readonly gaps = new Set<string>();
  readonly modelCalls: CallRun<ModelCall>[] = [];
  readonly toolCalls: CallRun<ToolCall>[] = [];
  readonly edges = new EdgeLog();
  private readonly startedAt: number;
  private readonly startedMono: number;
  private readonly nodes: NodeRun[] = [];
  private readonly attempts = new Map<string, NodeRun>();
  private readonly paths = new Map<string, string[]>();
  private readonly lastNotes: (() => void)[] = [];
  /** By task, where the nodes themselves do not record. */
  private readonly signals = new Map<string, AttemptSignals>();
  private stateLeft: number;
  private finished = false;

  constructor(
    readonly start: RunStart,
    readonly settings: CaptureSettings,
    readonly clock: Clock,
    /** Whose run it is: several tracers may watch one program. */
    readonly owner?: object,
  ) {
    this.startedAt = clock.now();
    this.startedMono = clock.monotonic();
    this.stateLeft = settings.stateBytesPerRun;
  }

  /** Has something noted before the run is closed. */
  atEnd(note: () => void): void {
    if (!this.finished) this.lastNotes.push(note);
  }

  /** The run is over: what happens from now on is no part of it. */
  get isFinished(): boolean {
    return this.finished;
  }

  /** What may stop a task's attempt. */
  noteSignals(config: TaskConfig, signals: AttemptSignals): void {
    const taskId = config.configurable?.[TASK_ID_KEY];
    if (typeof taskId === "string" && !this.finished) this.signals.set(taskId, signals);
  }

  signalsOf(taskId: string): AttemptSignals | undefined {
    return this.signals.get(taskId);
  }

  /** A node begins an attempt. */
  nodeStarted(place: TaskPlace, input?: unknown): NodeRun {
    const { name, namespace, step, taskId } = place;
    const before = this.attempts.get(taskId);
    if (before) this.settleGivenUp(before);
    const run: NodeRun = {
      recorder: this,
      name,
      namespace,
      path: this.pathOf(namespace),
      step,
      taskId,
      attempt: place.attempt ?? (before?.attempt ?? 0) + 1,
      trigger: place.triggers[0] ?? "",
      started: this.clock.monotonic(),
      durationMs: 0,
      status: undefined,
      // All that may be set later: an object that grows takes another piece of memory.
      error: undefined,
      inferred: undefined,
      input: undefined,
      update: undefined,
      graphsSeen: undefined,
      signals: undefined,
      isAgent: place.isAgent,
      underWay: undefined,
    };
    if (this.finished) return run;
    this.attempts.set(taskId, run);
    if (name !== START) this.nodes.push(run);
    if (this.underWay && name !== START) this.tellOfNode(run, this.underWay);
    if (before === undefined) this.arrive(place);
    if (this.settings.captureState === "full" && name !== START && !this.muted) run.input = this.stateOf(run, input);
    return run;
  }

  /** An attempt ended. */
  nodeEnded(run: NodeRun, status: NodeStatus, error?: RecordedError): void {
    if (run.status !== undefined) return;
    run.status = status;
    run.durationMs = this.clock.monotonic() - run.started;
    if (error) run.error = error;
    if (run.underWay) this.quietly(() => run.underWay?.ended(run));
  }

  private tellOfNode(run: NodeRun, underWay: RunUnderWay): void {
    const host = this.attempts.get(taskOfNamespace(run.namespace) ?? "");
    this.quietly(() => Object.assign(run, { underWay: underWay.nodeStarted(run, host?.underWay) }).underWay);
  }

  /** An attempt that is known to have failed, but reported no more than that it was aborted, was given up by a time-out. */
  private settleGivenUp(run: NodeRun, error = nodeTimeoutError(run.name)): void {
    if (run.status === undefined) this.nodeEnded(run, "error", error);
    else if (run.status === "cancelled") Object.assign(run, { status: "error", error });
  }

  /** The run ends while an attempt goes on. */
  private closeOpen(run: NodeRun): void {
    if (run.status !== undefined) return;
    const signals = run.signals ?? this.signals.get(run.taskId);
    const isStepOver = signals !== undefined && stopOf(this.signal, signals) === "step-timeout";
    this.nodeEnded(run, isStepOver ? "error" : "cancelled", isStepOver ? stepTimeoutError(run.name) : undefined);
  }

  /** What a node wrote, as the node returned it. */
  nodeWrote(run: NodeRun, update: unknown): void {
    if (this.settings.captureState === "none" || update === undefined || update === null || run.name === START) return;
    if (this.finished || this.muted) return;
    run.update = this.stateOf(run, update);
  }

  private stateOf(run: NodeRun, value: unknown): string | undefined {
    const { stateBytesPerNode, redactor } = this.settings;
    const used = run.input === undefined ? 0 : byteLength(run.input);
    const text = stateText(value, Math.min(stateBytesPerNode - used, this.stateLeft), redactor);
    if (text !== undefined && text !== STATE_CUT) this.stateLeft -= byteLength(text);
    return text;
  }

  /** An execution that was not seen (served from a cache). */
  nodeInferred(place: TaskPlace, status: NodeStatus): NodeRun {
    const run = this.nodeStarted(place);
    this.nodeEnded(run, status);
    run.durationMs = 0;
    run.inferred = true;
    return run;
  }

  /** The last step at which a node of a graph started. */
  lastStep(namespace: string): number {
    return this.nodes.reduce((last, n) => (n.namespace === namespace ? Math.max(last, n.step) : last), 0);
  }

  /** Whether a task is done: it will not be tried again. */
  hasEndedWell(taskId: string): boolean {
    return this.attempts.get(taskId)?.status === "success";
  }

  /** The last attempt of a task. */
  nodeOfTask(taskId: string): NodeRun | undefined {
    return this.attempts.get(taskId);
  }

  private arrive(place: TaskPlace): void {
    const doubt = this.edges.arrived(place);
    if (doubt) this.gaps.add(doubt);
    this.arriveAtHandler(place);
  }

  /** An error handler is started by the failure of its node, not by an edge of the graph. */
  private arriveAtHandler({ name, namespace, step, taskPath }: TaskPlace): void {
    if (!taskPath || !isOfHandler(taskPath)) return;
    const inStep = this.nodes.filter((n) => n.namespace === namespace && n.step === step);
    const named =
      inStep.findLast((n) => n.name === taskPath[1] || name === ERROR_HANDLER_PREFIX + n.name) ??
      inStep.findLast((n) => n.status === "error");
    if (!named) return;
    this.settleGivenUp(named);
    this.edges.emitted(named, name, "static", { started: true, inferred: true });
  }

  pathOf(namespace: string): string[] {
    let path = this.paths.get(namespace);
    if (path === undefined) {
      path = pathOfNamespace(namespace).slice(pathOfNamespace(this.base).length);
      this.paths.set(namespace, path);
    }
    return path;
  }

  /** Runs what only serves the record; a failure of it becomes a gap and goes no further. */
  quietly(note: () => unknown): void {
    try {
      ignoreRejection(note());
    } catch (error) {
      this.captureFailed(error);
    }
  }

  captureFailed(error: unknown): void {
    this.gaps.add(`a part was not captured: ${messageOf(error)}`);
  }

  /** Roughly how large the segment of the closed run is as JSON. */
  bytes({ nodes, edges, modelCalls, toolCalls }: ClosedRun): number {
    const state = this.settings.stateBytesPerRun - this.stateLeft;
    return 600 + state + 220 * (nodes.length + modelCalls.length + toolCalls.length) + 110 * edges.length;
  }

  /** Whether a node of the root graph was stopped by an interrupt. */
  private stoppedByInterrupt(): boolean {
    return this.nodes.some(
      (n) => n.namespace === this.base && n.status === "interrupted" && this.attempts.get(n.taskId) === n,
    );
  }

  /**
   * Closes the run: how it ended is settled, and what is known of it changes no more. Its segment can be made whenever
   * there is time ({@link segmentOf}). The second call gives undefined.
   */
  close(
    outcome: { ok: boolean; error?: unknown },
    ids: { workflowId: string; segmentId: string },
  ): ClosedRun | undefined {
    if (this.finished) return undefined;
    for (const note of this.lastNotes) this.quietly(note);
    this.finished = true;
    const failed = outcome.error !== undefined && !isControlSignal(outcome.error);
    const error = failed ? recordedError(outcome.error, this.settings.redactor) : undefined;
    const status = this.statusOf(outcome);
    for (const node of this.nodes) {
      const timedOut = error?.name === "NodeTimeoutError" && (outcome.error as { node?: unknown }).node === node.name;
      if (timedOut && this.attempts.get(node.taskId) === node) this.settleGivenUp(node, error);
      this.closeOpen(node);
      // They hold LangGraph's loop, and with it the state: not until the segment is made.
      node.signals = undefined;
    }
    if (this.nodes.length === 0) this.gaps.add("no node of the graph reported itself");
    if (status === "success") this.edges.settle();
    const { start, identity, settings, startedAt, startedMono, resumed, followsFailure, muted, underWay } = this;
    if (underWay) this.quietly(() => underWay.ended(error && status !== "success" ? { status, error } : { status }));
    const closed: ClosedRun = {
      workflowId: ids.workflowId,
      segmentId: ids.segmentId,
      start,
      identity,
      settings,
      status,
      error,
      startedAt,
      startedMono,
      durationMs: this.clock.monotonic() - startedMono,
      resumed,
      followsFailure,
      muted,
      nodes: this.nodes.splice(0),
      edges: this.edges.take(),
      modelCalls: this.modelCalls.splice(0),
      toolCalls: this.toolCalls.splice(0),
      gaps: [...this.gaps],
      traceparent: underWay?.traceparent,
    };
    this.forget();
    return closed;
  }

  /** Lets go of what the closed run now holds: work that outlives the run may hold on to this. */
  private forget(): void {
    for (const list of [this.thrown, this.lastNotes]) list.length = 0;
    this.attempts.clear();
    this.signals.clear();
  }

  private statusOf(outcome: { ok: boolean; error?: unknown }): RunStatus {
    // A graph that ends with nodes still due was stopped before them.
    const isStopped = () =>
      this.interrupted ||
      this.stoppedByInterrupt() ||
      this.edges.overdue(this.base, Number.POSITIVE_INFINITY).length > 0;
    const { signal, stepTimeout, thrown, base } = this;
    const seenBefore = (step: number) => lastSeenBefore(step, this.nodes, base, this.startedMono);
    const ending = { signal, stepTimeout, thrown, seenBefore, base, redactor: this.settings.redactor };
    return runStatusOf(ending, outcome, isStopped);
  }
}
