import { gunzipSync } from "node:zlib";
import { type Clock, type Logger, messageOf, systemClock } from "../../core/index.js";
import { bearerOf, bodyUpTo, isSecret } from "../../core/requests.js";
import { appendTraces, type OtlpImported, type OtlpOptions } from "./import.js";
import { type OtlpSpan, spansIn } from "./otlp-json.js";

/** Options of {@link createOtlpHandler}. */
export interface OtlpHandlerOptions extends OtlpOptions {
  /** What senders give as `authorization: Bearer TOKEN`; without it everybody may send. */
  token?: string;
  /** A trace whose root does not come is taken as it is after so long without a span of it (default 60,000 ms). */
  idleMs?: number;
  /** Spans that may wait for the rest of their traces (default 100,000); the oldest traces go first. */
  maxSpans?: number;
  /** Largest body, unpacked (default 16 MiB). */
  maxBytes?: number;
  clock?: Clock;
  logger?: Logger;
}

/** Takes spans over HTTP. */
export interface OtlpHandler {
  /** Answers a request of OTLP/HTTP with JSON, as for the path `/v1/traces`. */
  (request: Request): Promise<Response>;
  /** Takes what waits as it is; resolves when it is stored. */
  flush(): Promise<OtlpImported>;
}

interface Waiting {
  spans: OtlpSpan[];
  lastMs: number;
}

/**
 * An HTTP handler for exporters of OTLP/JSON (`OTEL_EXPORTER_OTLP_PROTOCOL=http/json`). Spans come in pieces: those of a
 * trace wait until its root has come, or no more do.
 * @example const handle = createOtlpHandler({ store, workflowType: "support", token: process.env.OTLP_TOKEN });
 */
export function createOtlpHandler(options: OtlpHandlerOptions): OtlpHandler {
  const { clock = systemClock, idleMs = 60_000, maxSpans = 100_000, maxBytes = 16 * 2 ** 20 } = options;
  const waiting = new Map<string, Waiting>();

  const take = async (isDue: (trace: Waiting) => boolean) => {
    const due: OtlpSpan[] = [];
    for (const [id, trace] of waiting)
      if (isDue(trace)) {
        waiting.delete(id);
        for (const span of trace.spans) due.push(span);
      }
    return appendTraces(due, options);
  };
  const handle = async (request: Request): Promise<Response> => {
    if (request.method !== "POST") return answer(405, "POST spans here");
    if (options.token !== undefined && !isSecret(bearerOf(request) ?? "", options.token))
      return answer(401, "a token is asked for");
    if (!/^application\/json\b/i.test(request.headers.get("content-type") ?? ""))
      return answer(415, "send OTLP as JSON: OTEL_EXPORTER_OTLP_PROTOCOL=http/json");
    const body = await bodyOf(request, maxBytes);
    if (body === "too large") return answer(413, `more than ${maxBytes} bytes`);
    const parsed = body === undefined ? undefined : jsonIn(body);
    if (parsed === undefined) return answer(400, "the body is no JSON");
    const { spans, unreadable } = spansIn(parsed);
    const now = clock.now();
    const complete = new Set<string>();
    for (const span of spans) {
      const trace = waiting.get(span.traceId) ?? { spans: [], lastMs: now };
      trace.spans.push(span);
      trace.lastMs = now;
      waiting.delete(span.traceId);
      waiting.set(span.traceId, trace);
      if (span.parentSpanId === undefined) complete.add(span.traceId);
    }
    let held = [...waiting.values()].reduce((sum, trace) => sum + trace.spans.length, 0);
    const isDue = ({ spans: of, lastMs }: Waiting) => {
      const due = complete.has(of[0]?.traceId ?? "") || now - lastMs >= idleMs || held > maxSpans;
      if (due) held -= of.length;
      return due;
    };
    try {
      await take(isDue);
    } catch (error) {
      options.logger?.error("spans could not be stored", { reason: messageOf(error) });
      return answer(503, "the spans could not be stored");
    }
    return Response.json(
      unreadable === 0 ? {} : { partialSuccess: { rejectedSpans: unreadable, errorMessage: "no ids" } },
    );
  };
  return Object.assign(handle, { flush: () => take(() => true) });
}

function answer(status: number, message: string): Response {
  return Response.json({ message }, { status });
}

/** The body as text; undefined where it cannot be unpacked. */
async function bodyOf(request: Request, maxBytes: number): Promise<string | "too large" | undefined> {
  const bytes = await bodyUpTo(request, maxBytes);
  if (!bytes) return "too large";
  if (request.headers.get("content-encoding") !== "gzip") return bytes.toString("utf8");
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes }).toString("utf8");
  } catch (error) {
    return (error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE" ? "too large" : undefined;
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
