import { isRecord } from "../../core/is-object.js";

/** A span as OTLP/JSON gives it, its attributes as plain values. */
export interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  startMs: number | undefined;
  endMs: number | undefined;
  attributes: Record<string, unknown>;
  /** Set where the span failed. */
  failed: { message: string } | undefined;
}

/** The spans of an ExportTraceServiceRequest, or of several; what has no ids is counted. */
export function spansIn(request: unknown): { spans: OtlpSpan[]; unreadable: number } {
  const spans: OtlpSpan[] = [];
  let unreadable = 0;
  for (const resource of listOf(request, "resourceSpans", "resource_spans"))
    for (const scope of listOf(resource, "scopeSpans", "scope_spans"))
      for (const span of listOf(scope, "spans")) {
        const read = spanOf(span);
        if (read) spans.push(read);
        else unreadable += 1;
      }
  return { spans, unreadable };
}

function spanOf(span: unknown): OtlpSpan | undefined {
  if (!isRecord(span)) return undefined;
  const traceId = idOf(span.traceId ?? span.trace_id, 16);
  const spanId = idOf(span.spanId ?? span.span_id, 8);
  if (traceId === undefined || spanId === undefined) return undefined;
  const status = isRecord(span.status) ? span.status : {};
  const failed = status.code === 2 || status.code === "STATUS_CODE_ERROR";
  return {
    traceId,
    spanId,
    parentSpanId: idOf(span.parentSpanId ?? span.parent_span_id, 8),
    name: typeof span.name === "string" ? span.name : "",
    startMs: timeOf(span.startTimeUnixNano ?? span.start_time_unix_nano),
    endMs: timeOf(span.endTimeUnixNano ?? span.end_time_unix_nano),
    attributes: attributesOf(span.attributes),
    failed: failed ? { message: typeof status.message === "string" ? status.message : "" } : undefined,
  };
}

/** Ids are hexadecimal in OTLP/JSON; some writers keep protobuf's base64. */
function idOf(id: unknown, bytes: number): string | undefined {
  if (typeof id !== "string" || id === "") return undefined;
  if (id.length === 2 * bytes && /^[0-9a-f]+$/i.test(id)) return id.toLowerCase();
  const decoded = Buffer.from(id, "base64");
  return decoded.length === bytes ? decoded.toString("hex") : undefined;
}

/** Nanoseconds since the epoch, as a text or a number, in milliseconds. */
function timeOf(nanos: unknown): number | undefined {
  const text = typeof nanos === "number" ? String(Math.round(nanos)) : nanos;
  if (typeof text !== "string" || !/^\d{1,20}$/.test(text) || /^0+$/.test(text)) return undefined;
  return Number(BigInt(text) / 1000n) / 1000;
}

function attributesOf(list: unknown): Record<string, unknown> {
  const attributes: Record<string, unknown> = Object.create(null);
  if (Array.isArray(list))
    for (const entry of list)
      if (isRecord(entry) && typeof entry.key === "string") attributes[entry.key] = plainValue(entry.value);
  return attributes;
}

function plainValue(value: unknown): unknown {
  if (!isRecord(value)) return undefined;
  if ("intValue" in value) return Number(value.intValue);
  const array = isRecord(value.arrayValue) ? value.arrayValue.values : undefined;
  if (Array.isArray(array)) return array.map(plainValue);
  return value.stringValue ?? value.doubleValue ?? value.boolValue;
}

function listOf(from: unknown, ...names: string[]): unknown[] {
  if (!isRecord(from)) return [];
  const list = names.map((name) => from[name]).find(Array.isArray);
  return list ?? [];
}
