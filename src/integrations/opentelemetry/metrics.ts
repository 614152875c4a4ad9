import type { Attributes, Context, Histogram, Meter } from "@opentelemetry/api";
import type { ModelCall, RecordedError, ToolCall } from "../../core/index.js";
import { errorTypeOf, modelAttributes, modelSpan, toolSpan } from "./attributes.js";
import { GEN_AI, METRICS } from "./conventions.js";

type Instruments = Record<keyof typeof METRICS, Histogram>;

/** What a metric may be divided by: nothing that has a value of its own for every run. */
const MODEL_DIMENSIONS = [GEN_AI.operation, GEN_AI.provider, GEN_AI.requestModel, GEN_AI.responseModel] as const;

/** The histograms of tokens and durations; values are linked to their spans by the context. */
export class GenAiMetrics {
  private readonly to: Instruments;

  constructor(meter: Meter) {
    const made = Object.entries(METRICS).map(([key, { name, unit, buckets }]) => [
      key,
      meter.createHistogram(name, { unit, advice: { explicitBucketBoundaries: [...buckets] } }),
    ]);
    this.to = Object.fromEntries(made) as Instruments;
  }

  model(call: Omit<ModelCall, "startedAt">, context: Context): void {
    const all: Attributes = { ...modelSpan(call).attributes, ...modelAttributes(call) };
    const about = Object.fromEntries(
      MODEL_DIMENSIONS.flatMap((key) => (all[key] === undefined ? [] : [[key, all[key]]])),
    );
    this.to.chat.record(call.durationMs / 1000, withError(about, call.error), context);
    if (call.timeToFirstTokenMs !== undefined)
      this.to.firstChunk.record(call.timeToFirstTokenMs / 1000, about, context);
    for (const [type, tokens] of [["input", all[GEN_AI.tokensIn]] as const, ["output", all[GEN_AI.tokensOut]] as const])
      if (typeof tokens === "number") this.to.tokens.record(tokens, { ...about, [GEN_AI.tokenType]: type }, context);
  }

  tool(call: Omit<ToolCall, "startedAt">, context: Context): void {
    this.to.tool.record(call.durationMs / 1000, withError(toolSpan(call).attributes, call.error), context);
  }

  agent(name: string, durationMs: number, error: RecordedError | undefined, context: Context): void {
    const about = { [GEN_AI.operation]: "invoke_agent", [GEN_AI.agent]: name };
    this.to.agent.record(durationMs / 1000, withError(about, error), context);
  }

  workflow(name: string, durationMs: number, error: RecordedError | undefined, context: Context): void {
    this.to.workflow.record(durationMs / 1000, withError({ [GEN_AI.workflow]: name }, error), context);
  }
}

function withError(attributes: Attributes, error: RecordedError | undefined): Attributes {
  return error ? { ...attributes, [GEN_AI.errorType]: errorTypeOf(error) } : attributes;
}
