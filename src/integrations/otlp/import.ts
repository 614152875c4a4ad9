import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { checkArgument } from "../../core/arguments.js";
import { isLearningError, LearningError, messageOf, refuseUnknownKeys, type TraceSegment } from "../../core/index.js";
import type { LearningStore } from "../../store/index.js";
import type { PriceTable } from "../../tracing/index.js";
import { appendSegment } from "../foreign/append-new.js";
import type { ForeignSpan } from "../foreign/foreign-span.js";
import { segmentOfSpans } from "../foreign/segment-of-spans.js";
import { outermostWork } from "../foreign/tree.js";
import { jsonIn } from "../foreign/values.js";
import { foreignSpan } from "./foreign.js";
import { type OtlpSpan, spansIn } from "./otlp-json.js";
import { otlpProtobuf, protobufMessages } from "./protobuf.js";

/** What a gzipped file begins with. */
const GZIP = [0x1f, 0x8b];

/** How spans of OTLP are read. */
export interface OtlpOptions {
  store: LearningStore;
  /** What kind of work the traces are (default: the name of each trace's outermost span). */
  workflowType?: string;
  /** Prices of models in US dollars per million tokens (default: those of the tracer). */
  prices?: PriceTable;
}

/** What such options may hold. */
export const OTLP_OPTIONS: readonly (keyof OtlpOptions)[] = ["store", "workflowType", "prices"];

/** What an import of spans brought. */
export interface OtlpImported {
  /** Traces that are runs in the store now. */
  imported: number;
  /** Traces that were there already. */
  known: number;
  /** Traces without any span of generative AI. */
  skipped: number;
  /** Spans without ids, or without a time of their beginning. */
  unreadable: number;
}

/**
 * Reads a file of OTLP into a store, gzipped or not: JSON (one request, or one on each line) or protobuf (one request, or
 * several, each behind its length), as the OpenTelemetry Collector's file exporter writes both. Spans by the conventions
 * for generative AI, by OpenInference or by OpenLLMetry become runs; what they do not tell stands in `gaps`. Imported
 * again, nothing is doubled.
 * @throws INTEGRATION_FAILED when the file cannot be read or is neither, and for protobuf without the package `protobufjs`
 * @example await importOtlp("./spans.jsonl", { store, workflowType: "support" });
 */
export async function importOtlp(file: string, options: OtlpOptions): Promise<OtlpImported> {
  checkArgument(options, "options", { store: { read: "function", append: "function" } }, "CONFIG_INVALID");
  refuseUnknownKeys(options, OTLP_OPTIONS, "options of importOtlp");
  const spans: OtlpSpan[] = [];
  let unreadable = 0;
  for (const request of await requestsIn(file)) {
    const read = spansIn(request);
    for (const span of read.spans) spans.push(span);
    unreadable += read.unreadable;
  }
  const counts = await appendTraces(spans, options);
  return { ...counts, unreadable: counts.unreadable + unreadable };
}

/** Appends the traces that spans make. */
export async function appendTraces(spans: readonly OtlpSpan[], options: OtlpOptions): Promise<OtlpImported> {
  const counts: OtlpImported = { imported: 0, known: 0, skipped: 0, unreadable: 0 };
  const traces = new Map<string, ForeignSpan[]>();
  for (const span of spans) {
    const read = foreignSpan(span);
    const trace = traces.get(span.traceId);
    if (!read) counts.unreadable += 1;
    else if (trace) trace.push(read);
    else traces.set(span.traceId, [read]);
  }
  for (const [traceId, trace] of traces)
    for (const segment of segmentsOf(traceId, trace, options)) {
      if (!segment) counts.skipped += 1;
      else if (await appendSegment(options.store, segment, segment.segmentId.slice("otlp-".length)))
        counts.imported += 1;
      else counts.known += 1;
    }
  return counts;
}

/** Each outermost piece of work of a trace is a run: a server's request may run several. */
function segmentsOf(traceId: string, spans: ForeignSpan[], options: OtlpOptions): (TraceSegment | undefined)[] {
  const roots = outermostWork(spans);
  const ids = new Set(spans.map((s) => s.id));
  const groups = roots.length > 1 ? roots : [spans];
  return groups.map((group) => {
    const lost = group.filter((s) => s.parentId !== undefined && !ids.has(s.parentId));
    const gaps = lost.some((s) => s.kind !== "other")
      ? [`${lost.length} spans lack the span that they stood below`]
      : [];
    const works = new Set(group.flatMap((s) => (s.kind === "work" ? s.id : [])));
    const named = group.find((s) => s.kind === "work" && !works.has(s.parentId ?? ""));
    return segmentOfSpans({
      traceId,
      id: groups.length > 1 && named ? `${traceId}-${named.id}` : traceId,
      spans: group,
      workflowType: options.workflowType ?? named?.name ?? "unnamed",
      prefix: "otlp",
      gaps,
      prices: options.prices,
    });
  });
}

async function requestsIn(file: string): Promise<unknown[]> {
  try {
    const bytes = await readFile(file);
    const isPacked = bytes[0] === GZIP[0] && bytes[1] === GZIP[1];
    return await requestsOf(isPacked ? gunzipSync(bytes) : bytes);
  } catch (cause) {
    if (isLearningError(cause)) throw cause;
    throw new LearningError("INTEGRATION_FAILED", {
      received: `${file}: ${messageOf(cause)}`,
      expected: "a file of OTLP: JSON or protobuf, one request or several, gzipped or not",
      remedy:
        "Export the spans as the Collector's file exporter does (format json or proto, no zstd), and import that file.",
      cause,
    });
  }
}

async function requestsOf(content: Buffer): Promise<unknown[]> {
  try {
    return jsonIn(content.toString("utf8"));
  } catch (noJson) {
    const messages = protobufMessages(content);
    if (!messages) throw noJson;
    const protobuf = await otlpProtobuf();
    return messages.map((bytes) => protobuf.request(bytes));
  }
}
