import type { SpanContext } from "@opentelemetry/api";
import { otelApi } from "./api.js";

/** W3C's `traceparent`; undefined where a tracer makes no real spans. */
export function traceparentOf(span: SpanContext): string | undefined {
  if (!otelApi().isSpanContextValid(span)) return undefined;
  return `00-${span.traceId}-${span.spanId}-${(span.traceFlags & 0xff).toString(16).padStart(2, "0")}`;
}

/** What a `traceparent` names; undefined for anything else. */
export function spanContextIn(traceparent: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent ?? "") ?? [];
  if (!traceId || !spanId || !flags) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}
