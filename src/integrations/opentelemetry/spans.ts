import type { Context, Span, Tracer } from "@opentelemetry/api";
import type { ModelCall, RecordedError, RunStatus, ToolCall } from "../../core/index.js";
import type {
  CallRun,
  CallUnderWay,
  NodeUnderWay,
  RunBegin,
  RunningNode,
  RunUnderWay,
  UnderWay,
} from "../../tracing/index.js";
import { MODEL_NODE } from "../../tracing/record/agent-graph.js";
import { otelApi } from "./api.js";
import {
  agentSpan,
  markError,
  modelAttributes,
  modelSpan,
  nodeSpan,
  runSpan,
  type SpanStart,
  toolSpan,
} from "./attributes.js";
import { GEN_AI, OURS } from "./conventions.js";
import { finishReason, messagesAnswered, messagesAsked, toolInput, toolOutput } from "./messages.js";
import type { GenAiMetrics } from "./metrics.js";
import { traceparentOf } from "./span-context.js";

/** What all spans of one observer share. */
export interface SpanSettings {
  tracer: Tracer;
  metrics: GenAiMetrics | undefined;
  content: boolean;
  agents: ReadonlySet<string>;
  /** Key under which a context names the work it belongs to. */
  here: symbol;
}

/** Work with a span, in whose context other work is done. */
abstract class LiveSpan implements UnderWay {
  readonly span: Span;
  readonly context: Context;

  constructor(
    protected readonly to: SpanSettings,
    protected readonly keep: RunBegin["keep"],
    start: SpanStart,
    base: Context,
  ) {
    this.span = to.tracer.startSpan(start.name, start, base);
    this.context = otelApi().trace.setSpan(base, this.span).setValue(to.here, this);
  }

  run<R>(call: () => R): R {
    return otelApi().context.with(this.context, call);
  }

  modelStarted(call: CallRun<ModelCall>, asked: unknown): CallUnderWay<ModelCall> {
    const { content, metrics } = this.to;
    const span = this.begin(modelSpan(call));
    if (content) this.put(span, GEN_AI.messagesIn, messagesAsked(asked));
    return {
      ended: (done, answer) => {
        span.setAttributes(modelAttributes(done));
        const reason = finishReason(answer);
        if (reason !== undefined) span.setAttribute(GEN_AI.finishReasons, [reason]);
        if (content && answer !== undefined) this.put(span, GEN_AI.messagesOut, messagesAnswered(answer));
        markError(span, done.error);
        metrics?.model(done, otelApi().trace.setSpan(this.context, span));
        span.end();
      },
    };
  }

  toolStarted(call: CallRun<ToolCall>, input: unknown): CallUnderWay<ToolCall> {
    const { content, metrics } = this.to;
    const span = this.begin(toolSpan(call));
    if (content) this.put(span, GEN_AI.toolArguments, toolInput(input));
    return {
      ended: (done, answer) => {
        const { result, callId } = toolOutput(answer);
        if (callId !== undefined) span.setAttribute(GEN_AI.toolCallId, callId);
        if (content && result !== undefined) this.put(span, GEN_AI.toolResult, result);
        if (done.unfinished) span.setAttribute(OURS.unfinished, true);
        markError(span, done.error);
        metrics?.tool(done, otelApi().trace.setSpan(this.context, span));
        span.end();
      },
    };
  }

  /** A span below this one: of the innermost of the host's own spans, where it opened one in here. */
  private begin(start: SpanStart): Span {
    return this.to.tracer.startSpan(start.name, start, this.contextBelow());
  }

  /** The active context where it belongs to this work, and its own otherwise (no context manager, or another task). */
  contextBelow(): Context {
    const active = otelApi().context.active();
    return active.getValue(this.to.here) === this ? active : this.context;
  }

  private put(span: Span, name: string, value: unknown): void {
    const kept = this.keep(value);
    if (kept !== undefined) span.setAttribute(name, kept);
  }
}

/** The span of a run. */
export class RunSpan extends LiveSpan implements RunUnderWay {
  readonly traceparent: string | undefined;
  private readonly startedMs = performance.now();

  constructor(
    to: SpanSettings,
    private readonly about: RunBegin,
    private readonly book: { begun(id: string, run: RunSpan): void; ended(run: RunSpan): void },
  ) {
    super(to, about.keep, runSpan({ ...about.start, agent: about.agent }), otelApi().context.active());
    this.traceparent = traceparentOf(this.span.spanContext());
  }

  identified(workflowId: string): void {
    this.span.setAttribute(OURS.workflowId, workflowId);
    this.book.begun(workflowId, this);
  }

  nodeStarted(node: RunningNode, host: NodeUnderWay | undefined): NodeUnderWay {
    const above = host instanceof NodeSpan ? host : undefined;
    if (node.name === MODEL_NODE) above?.becomeAgent();
    return new NodeSpan(this.to, this.keep, node, (above ?? this).contextBelow());
  }

  ended({ status, error }: { status: RunStatus; error?: RecordedError }): void {
    const { metrics } = this.to;
    const { agent, start } = this.about;
    const durationMs = performance.now() - this.startedMs;
    this.span.setAttribute(OURS.status, status);
    if (status === "error") markError(this.span, error);
    if (agent === undefined) metrics?.workflow(start.workflowType, durationMs, error, this.context);
    else metrics?.agent(agent, durationMs, error, this.context);
    this.span.end();
    this.book.ended(this);
  }
}

/** The span of one execution of a node. */
class NodeSpan extends LiveSpan implements NodeUnderWay {
  private isAgent: boolean;

  constructor(
    to: SpanSettings,
    keep: RunBegin["keep"],
    private readonly node: RunningNode,
    base: Context,
  ) {
    const isAgent = node.isAgent === true || to.agents.has(node.name);
    super(to, keep, nodeSpan(node, isAgent), base);
    this.isAgent = isAgent;
  }

  /** An agent was found inside that could not be seen before. */
  becomeAgent(): void {
    if (this.isAgent) return;
    this.isAgent = true;
    const { name, attributes } = agentSpan(this.node.name);
    this.span.updateName(name).setAttributes(attributes);
  }

  ended(node: RunningNode): void {
    if (node.status !== undefined) this.span.setAttribute(OURS.status, node.status);
    if (node.inferred) this.span.setAttribute(OURS.inferred, true);
    markError(this.span, node.error);
    if (this.isAgent) this.to.metrics?.agent(node.name, node.durationMs, node.error, this.context);
    this.span.end();
  }
}
