import { gunzipSync } from "node:zlib";
import { checkArgument, textArgument } from "../../core/arguments.js";
import {
  type Clock,
  isLearningError,
  type Logger,
  messageOf,
  refuseUnknownKeys,
  systemClock,
} from "../../core/index.js";
import { isRecord } from "../../core/is-object.js";
import { type BodyLimits, bearerOf, bodyWithin, isSecret } from "../../core/requests.js";
import { appendTraces, OTLP_OPTIONS, type OtlpImported, type OtlpOptions } from "./import.js";
import { type OtlpSpan, spansIn } from "./otlp-json.js";
import { type OtlpProtobuf, otlpProtobuf } from "./protobuf.js";

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
  /** How long a body may take to arrive, in milliseconds (default 10,000). */
  bodyTimeoutMs?: number;
  clock?: Clock;
  logger?: Logger;
}

/** What the options hold. */
const OPTIONS = {
  store: { append: "function", read: "function" },
  workflowType: "text?",
  token: "text?",
  idleMs: "number?",
  maxSpans: "number?",
  maxBytes: "number?",
  bodyTimeoutMs: "number?",
  clock: "object?",
  logger: "object?",
} as const;
const KEYS = [...new Set([...OTLP_OPTIONS, ...Object.keys(OPTIONS)])];

/** Takes spans over HTTP. */
export interface OtlpHandler {
  /** Answers a request of OTLP/HTTP, JSON or protobuf, as for the path `/v1/traces`; the answer is of the same kind. */
  (request: Request): Promise<Response>;
  /** Takes what waits as it is; resolves when it is stored. */
  flush(): Promise<OtlpImported>;
}

interface Waiting {
  spans: OtlpSpan[];
  lastMs: number;
}

/** What a body is written in. */
interface Form {
  read(bytes: Buffer): unknown;
  accepted(rejected: number, why: string): Response;
  refused(status: number, message: string): Response;
}

const JSON_FORM: Form = {
  read: (bytes) => JSON.parse(bytes.toString("utf8")),
  accepted: (rejectedSpans, errorMessage) =>
    Response.json(rejectedSpans === 0 ? {} : { partialSuccess: { rejectedSpans, errorMessage } }),
  refused: (status, message) => Response.json({ message }, { status }),
};

function protobufForm(protobuf: OtlpProtobuf): Form {
  const of = (bytes: Uint8Array, status: number) =>
    new Response(new Uint8Array(bytes), { status, headers: { "content-type": "application/x-protobuf" } });
  return {
    read: (bytes) => protobuf.request(bytes),
    accepted: (rejected, why) => of(protobuf.response(rejected, why), 200),
    refused: (status, message) => of(protobuf.status(message), status),
  };
}

/**
 * An HTTP handler for exporters of OTLP: JSON (`OTEL_EXPORTER_OTLP_PROTOCOL=http/json`), and protobuf where the optional
 * peer `protobufjs` is installed. Spans come in pieces: those of a trace wait until its root has come, or no more do.
 * @example const handle = createOtlpHandler({ store, workflowType: "support", token: process.env.OTLP_TOKEN });
 */
export function createOtlpHandler(options: OtlpHandlerOptions): OtlpHandler {
  checkArgument(options, "options", OPTIONS, "CONFIG_INVALID");
  refuseUnknownKeys(options, KEYS, "options of createOtlpHandler");
  // An empty token would let in whoever gives none.
  if (options.token !== undefined) textArgument(options.token, "token");
  return otlpHandler(options, otlpProtobuf);
}

/** The handler, with the way to load what reads protobuf. */
export function otlpHandler(options: OtlpHandlerOptions, load: () => Promise<OtlpProtobuf>): OtlpHandler {
  const { clock = systemClock, idleMs = 60_000, maxSpans = 100_000, maxBytes = 16 * 2 ** 20 } = options;
  const limits: BodyLimits = { bytes: maxBytes, timeoutMs: options.bodyTimeoutMs ?? 10_000, clock };
  const waiting = new Map<string, Waiting>();
  let protobuf: Form | undefined;
  const protobufOf = async () => {
    protobuf ??= protobufForm(await load());
    return protobuf;
  };

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
    if (request?.method !== "POST") return JSON_FORM.refused(405, "POST spans here");
    if (options.token !== undefined && !isSecret(bearerOf(request) ?? "", options.token))
      return JSON_FORM.refused(401, "a token is asked for");
    const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
    if (type !== "application/json" && type !== "application/x-protobuf")
      return JSON_FORM.refused(415, "send OTLP as application/json or application/x-protobuf");
    let form = JSON_FORM;
    try {
      if (type !== "application/json") form = await protobufOf();
    } catch (error) {
      if (!isLearningError(error)) throw error;
      options.logger?.error("spans could not be read", { code: error.code, reason: error.message });
      return Response.json({ code: error.code, message: error.message }, { status: 415 });
    }
    const body = await bodyOf(request, limits);
    if (body === "too large") return form.refused(413, `more than ${maxBytes} bytes`);
    if (body === "too slow") return form.refused(408, `the body took longer than ${limits.timeoutMs} ms`);
    if (body === "cut off") return form.refused(400, "the body was cut off");
    const parsed = body && readAs(form, body);
    if (!isExport(parsed)) return form.refused(400, `the body is no ${type}`);
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
      return form.refused(503, "the spans could not be stored");
    }
    return form.accepted(unreadable, "no ids");
  };
  return Object.assign(handle, { flush: () => take(() => true) });
}

/** The body, unpacked; undefined where it cannot be. */
async function bodyOf(
  request: Request,
  limits: BodyLimits,
): Promise<Awaited<ReturnType<typeof bodyWithin>> | undefined> {
  const bytes = await bodyWithin(request, limits);
  if (typeof bytes === "string" || request.headers.get("content-encoding") !== "gzip") return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: limits.bytes });
  } catch (error) {
    return (error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE" ? "too large" : undefined;
  }
}

/** Whether it can be a request of OTLP: an object, whose spans, if any, are a list. */
function isExport(parsed: unknown): boolean {
  if (!isRecord(parsed)) return false;
  const spans = parsed["resourceSpans"] ?? parsed["resource_spans"];
  return spans === undefined || spans === null || Array.isArray(spans);
}

function readAs(form: Form, body: Buffer): unknown {
  try {
    return form.read(body);
  } catch {
    return undefined; // told as what it is not
  }
}
