import type { Meter, SpanContext, Tracer } from "@opentelemetry/api";
import { type Decision, type FeedbackRecord, messageOf } from "../../core/index.js";
import type { RunBegin, RunObserver, RunUnderWay } from "../../tracing/index.js";
import { otelApi } from "./api.js";
import { decisionAttributes } from "./attributes.js";
import { OURS } from "./conventions.js";
import { type EventLogger, emitJudgement } from "./judgements.js";
import { GenAiMetrics } from "./metrics.js";
import type { OpenTelemetryOptions } from "./options.js";
import { spanContextIn } from "./span-context.js";
import { RunSpan, type SpanSettings } from "./spans.js";

/** So many runs are remembered for what is said of them later; what is older is looked up in the store. */
const REMEMBERED = 5000;

/**
 * Opens spans while runs go on, in the context in which they go on: what a node does to the network is told below its
 * node, and a graph below the request that called it.
 */
export class SpanObserver implements RunObserver {
  private readonly to: SpanSettings;
  private readonly logger: EventLogger | undefined;
  private readonly underWay = new Map<string, RunSpan>();
  /** By workflow id, the oldest first. */
  private readonly known = new Map<string, SpanContext>();
  private readonly pending = new Set<Promise<void>>();

  constructor(
    options: OpenTelemetryOptions,
    /** The `traceparent` that the store knows of a run. */
    private readonly lookUp: (workflowId: string) => Promise<string | undefined> = async () => undefined,
  ) {
    this.to = {
      tracer: options.tracer as Tracer,
      metrics: options.meter && new GenAiMetrics(options.meter as Meter),
      content: options.content ?? false,
      agents: new Set(options.agents),
      here: Symbol("langgraph-collective-learning.span"),
    };
    this.logger = options.logger;
  }

  started(run: RunBegin): RunUnderWay {
    return new RunSpan(this.to, run, {
      begun: (workflowId, span) => {
        const before = this.known.get(workflowId);
        // What takes up an interrupted run stands in a trace of its own, linked to the one before.
        if (before) span.span.addLink({ context: before });
        this.underWay.set(workflowId, span);
        this.remember(workflowId, span.span.spanContext());
      },
      ended: (span) => {
        for (const [id, other] of this.underWay) if (other === span) this.underWay.delete(id);
      },
    });
  }

  decided(decision: Decision): void {
    const here = otelApi().context.active().getValue(this.to.here) as { span: RunSpan["span"] } | undefined;
    const span = here?.span ?? this.underWay.get(decision.workflowId)?.span;
    span?.addEvent(OURS.decision, decisionAttributes(decision));
  }

  /** A judgement was stored. */
  judged(record: FeedbackRecord): void {
    const { logger } = this;
    if (!logger) return;
    const emit = (span: SpanContext | undefined) => emitJudgement(logger, record, span, this.to.content);
    const known = this.known.get(record.workflowId);
    if (known) {
      emit(known);
      return;
    }
    const looking: Promise<void> = this.lookUp(record.workflowId)
      // Without its span the event still names the run.
      .catch(() => undefined)
      .then((traceparent) => emit(spanContextIn(traceparent)))
      .catch((error) => otelApi().diag.warn(`a judgement could not be told: ${messageOf(error)}`))
      .finally(() => this.pending.delete(looking));
    this.pending.add(looking);
  }

  /** Resolves when all judgements so far are told. */
  async settled(): Promise<void> {
    await Promise.all(this.pending);
  }

  private remember(workflowId: string, span: SpanContext): void {
    this.known.delete(workflowId);
    this.known.set(workflowId, span);
    const [oldest] = this.known.keys();
    if (this.known.size > REMEMBERED && oldest !== undefined) this.known.delete(oldest);
  }
}
