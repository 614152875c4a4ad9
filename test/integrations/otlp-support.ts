import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";

/** A span in the form of OTLP/JSON. */
export interface SpanGiven {
  id: number;
  parent?: number;
  name?: string;
  /** Milliseconds after the beginning of the trace. */
  at: number;
  for?: number;
  attributes?: Record<string, string | number | boolean>;
  error?: string;
}
const BEGIN = 1_700_000_000_000;
export const hex = (n: number, length: number) => n.toString(16).padStart(length, "0");
const nanos = (ms: number) => `${Math.round(ms * 1000)}000`;
const plainOf = (v: unknown) =>
  typeof v === "number"
    ? Number.isInteger(v)
      ? { intValue: String(v) }
      : { doubleValue: v }
    : typeof v === "boolean"
      ? { boolValue: v }
      : { stringValue: v };
const attributesOf = (given: object = {}) => Object.entries(given).map(([key, v]) => ({ key, value: plainOf(v) }));
export const requestOf = (spans: unknown[]) => ({
  resourceSpans: [{ resource: {}, scopeSpans: [{ scope: {}, spans }] }],
});
export const request = (trace: number, spans: SpanGiven[]) =>
  requestOf(
    spans.map((s) => ({
      traceId: hex(trace, 32),
      spanId: hex(s.id, 16),
      ...(s.parent !== undefined && { parentSpanId: hex(s.parent, 16) }),
      name: s.name ?? `span ${s.id}`,
      startTimeUnixNano: nanos(BEGIN + s.at),
      ...(s.for !== undefined && { endTimeUnixNano: nanos(BEGIN + s.at + s.for) }),
      attributes: attributesOf(s.attributes),
      ...(s.error !== undefined && { status: { code: 2, message: s.error } }),
    })),
  );
/** What an exporter makes of the SDK's spans. */
export const exported = (spans: readonly ReadableSpan[]) =>
  requestOf(
    spans.map((s) => ({
      traceId: s.spanContext().traceId,
      spanId: s.spanContext().spanId,
      parentSpanId: s.parentSpanContext?.spanId ?? "",
      name: s.name,
      startTimeUnixNano: `${s.startTime[0]}${String(s.startTime[1]).padStart(9, "0")}`,
      endTimeUnixNano: `${s.endTime[0]}${String(s.endTime[1]).padStart(9, "0")}`,
      attributes: attributesOf(s.attributes),
      status: s.status,
    })),
  );

/** Spans as each of the three conventions tells the same run: two agents in turn, the first with a model and a tool. */
export const CONVENTIONS: Record<string, SpanGiven[]> = {
  "the conventions for generative AI": [
    { id: 1, at: 0, for: 100, attributes: { "http.request.method": "POST" } },
    {
      id: 2,
      parent: 1,
      at: 1,
      for: 90,
      attributes: {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": "desk",
        "gen_ai.conversation.id": "th",
      },
    },
    {
      id: 3,
      parent: 2,
      at: 2,
      for: 40,
      attributes: { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "plan" },
    },
    {
      id: 4,
      parent: 3,
      at: 3,
      for: 10,
      attributes: {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.output_tokens": 2,
      },
    },
    {
      id: 5,
      parent: 3,
      at: 20,
      for: 5,
      attributes: { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "look" },
      error: "down",
    },
    {
      id: 6,
      parent: 2,
      at: 50,
      for: 20,
      attributes: { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "write" },
    },
  ],
  OpenInference: [
    { id: 2, at: 1, for: 90, name: "desk", attributes: { "openinference.span.kind": "CHAIN", "session.id": "th" } },
    { id: 3, parent: 2, at: 2, for: 40, name: "plan", attributes: { "openinference.span.kind": "AGENT" } },
    {
      id: 4,
      parent: 3,
      at: 3,
      for: 10,
      attributes: {
        "openinference.span.kind": "LLM",
        "llm.model_name": "gpt-4o",
        "llm.provider": "openai",
        "llm.token_count.prompt": 7,
        "llm.token_count.completion": 2,
      },
    },
    {
      id: 5,
      parent: 3,
      at: 20,
      for: 5,
      attributes: { "openinference.span.kind": "TOOL", "tool.name": "look" },
      error: "down",
    },
    { id: 6, parent: 2, at: 50, for: 20, name: "write", attributes: { "openinference.span.kind": "CHAIN" } },
  ],
  OpenLLMetry: [
    {
      id: 2,
      at: 1,
      for: 90,
      name: "desk.workflow",
      attributes: {
        "traceloop.span.kind": "workflow",
        "traceloop.entity.name": "desk",
        "traceloop.association.properties.session_id": "th",
      },
    },
    {
      id: 3,
      parent: 2,
      at: 2,
      for: 40,
      name: "plan.task",
      attributes: { "traceloop.span.kind": "task", "traceloop.entity.name": "plan" },
    },
    {
      id: 4,
      parent: 3,
      at: 3,
      for: 10,
      name: "openai.chat",
      attributes: {
        "llm.request.type": "chat",
        "gen_ai.system": "openai",
        "gen_ai.response.model": "gpt-4o",
        "gen_ai.usage.prompt_tokens": 7,
        "gen_ai.usage.completion_tokens": 2,
      },
    },
    {
      id: 5,
      parent: 3,
      at: 20,
      for: 5,
      attributes: { "traceloop.span.kind": "tool", "traceloop.entity.name": "look" },
      error: "down",
    },
    {
      id: 6,
      parent: 2,
      at: 50,
      for: 20,
      attributes: { "traceloop.span.kind": "task", "traceloop.entity.name": "write" },
    },
  ],
};
