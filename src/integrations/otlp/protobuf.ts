import { LearningError, messageOf } from "../../core/index.js";

type Light = typeof import("protobufjs/light.js");
type Loader = () => Promise<Light & { default?: Light }>;

/** OTLP as protobuf: requests in the shape of OTLP/JSON (ids in base64), and answers. */
export interface OtlpProtobuf {
  /** The spans' part of an ExportTraceServiceRequest. @throws where the bytes are none */
  request(bytes: Uint8Array): Record<string, unknown>;
  /** An ExportTraceServiceResponse. */
  response(rejected: number, why: string): Uint8Array;
  /** A google.rpc.Status, as OTLP/HTTP tells errors. */
  status(message: string): Uint8Array;
}

const many = (type: string, id: number) => ({ rule: "repeated", type, id });
const one = (type: string, id: number) => ({ type, id });
/** The fields that are read, with the numbers of opentelemetry-proto 1.x, which never change. Others are passed over. */
const MESSAGES = {
  Request: { fields: { resourceSpans: many("ResourceSpans", 1) } },
  ResourceSpans: { fields: { scopeSpans: many("ScopeSpans", 2) } },
  ScopeSpans: { fields: { spans: many("Span", 2) } },
  Span: {
    fields: {
      traceId: one("bytes", 1),
      spanId: one("bytes", 2),
      parentSpanId: one("bytes", 4),
      name: one("string", 5),
      startTimeUnixNano: one("fixed64", 7),
      endTimeUnixNano: one("fixed64", 8),
      attributes: many("KeyValue", 9),
      status: one("SpanStatus", 15),
    },
  },
  SpanStatus: { fields: { message: one("string", 2), code: one("int32", 3) } },
  KeyValue: { fields: { key: one("string", 1), value: one("AnyValue", 2) } },
  AnyValue: {
    fields: {
      stringValue: one("string", 1),
      boolValue: one("bool", 2),
      intValue: one("int64", 3),
      doubleValue: one("double", 4),
      arrayValue: one("ArrayValue", 5),
    },
  },
  ArrayValue: { fields: { values: many("AnyValue", 1) } },
  Response: { fields: { partialSuccess: one("PartialSuccess", 1) } },
  PartialSuccess: { fields: { rejectedSpans: one("int64", 1), errorMessage: one("string", 2) } },
  Status: { fields: { code: one("int32", 1), message: one("string", 2) } },
};

/** Protobuf's side of OTLP, by the optional peer `protobufjs`. @throws INTEGRATION_FAILED without it */
export async function otlpProtobuf(load?: Loader): Promise<OtlpProtobuf> {
  const { Root } = await loaded(load);
  const root = Root.fromJSON({ nested: MESSAGES });
  const [request, response, status] = ["Request", "Response", "Status"].map((name) => root.lookupType(name));
  if (!request || !response || !status) throw new Error("the messages of OTLP lack one that they declare");
  return {
    request: (bytes) => request.toObject(request.decode(bytes), { longs: String, bytes: String }),
    response: (rejected, why) =>
      response
        .encode(rejected === 0 ? {} : { partialSuccess: { rejectedSpans: rejected, errorMessage: why } })
        .finish(),
    status: (message) => status.encode({ message }).finish(),
  };
}

/** The tag of field 1, by which every request begins. */
const FIRST_FIELD = 0x0a;

/**
 * The requests in a file of protobuf: one, or several that each stand behind their length in four bytes, as the
 * Collector's file exporter writes them. Undefined where it holds neither.
 */
export function protobufMessages(content: Buffer): Buffer[] | undefined {
  const messages: Buffer[] = [];
  let at = 0;
  while (at + 4 < content.length && content[at + 4] === FIRST_FIELD) {
    const end = at + 4 + content.readUInt32BE(at);
    if (end > content.length) break;
    messages.push(content.subarray(at + 4, end));
    at = end;
  }
  if (messages.length > 0 && at === content.length) return messages;
  return content[0] === FIRST_FIELD ? [content] : undefined;
}

async function loaded(load: Loader | undefined): Promise<Light> {
  try {
    // Within a `try`: so bundlers see that it need not be there.
    const light: Awaited<ReturnType<Loader>> = load ? await load() : await import("protobufjs/light.js");
    return light.default ?? light; // CommonJS comes as `default` where its names are not seen
  } catch (cause) {
    throw new LearningError("INTEGRATION_FAILED", {
      received: `spans as protobuf, and no package protobufjs (${messageOf(cause)})`,
      expected: "the optional peer that reads protobuf",
      remedy: "Run: npm install protobufjs, or send JSON: OTEL_EXPORTER_OTLP_PROTOCOL=http/json",
      cause,
    });
  }
}
