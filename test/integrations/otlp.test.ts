import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { AIMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { fakeModel } from "langchain";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { ManualClock, type TraceSegment } from "../../src/core/index.js";
import { observeWithSpans } from "../../src/integrations/opentelemetry/index.js";
import { otlpHandler } from "../../src/integrations/otlp/handler.js";
import { createOtlpHandler, importOtlp } from "../../src/integrations/otlp/index.js";
import { otlpProtobuf } from "../../src/integrations/otlp/protobuf.js";
import { createMemoryStore, type LearningStore } from "../../src/store/index.js";
import { brief, tracing } from "../tracing/support.js";
import { CONVENTIONS, exported, hex, request, requestOf, type SpanGiven } from "./otlp-support.js";
import { telemetry } from "./telemetry.js";

const folder = mkdtempSync(join(tmpdir(), "otlp-"));
afterAll(() => rmSync(folder, { recursive: true }));
const fileOf = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

async function segmentsIn(store: LearningStore): Promise<TraceSegment[]> {
  const all: TraceSegment[] = [];
  for await (const { facts } of store.read("trace")) all.push(...facts);
  return all;
}

describe("spans of OTLP as runs", () => {
  it.each(Object.keys(CONVENTIONS))("by %s", async (name) => {
    const store = createMemoryStore();
    const file = fileOf("one.json", JSON.stringify(request(1, CONVENTIONS[name] ?? [])));
    expect(await importOtlp(file, { store })).toEqual({ imported: 1, known: 0, skipped: 0, unreadable: 0 });
    expect(await importOtlp(file, { store })).toEqual({ imported: 0, known: 1, skipped: 0, unreadable: 0 });
    const [segment] = await segmentsIn(store);
    expect(segment).toMatchObject({ workflowId: hex(1, 32), workflowType: "desk", threadId: "th", durationMs: 90 });
    expect(brief(segment as never)).toEqual({
      status: "success",
      nodes: ["1 plan:success", "2 write:success"],
      edges: ["0 __start__>plan:static~", "1 plan>write:static~", "2 write>__end__:static~"],
    });
    expect(segment?.modelCalls).toMatchObject([
      { node: "plan", path: [], provider: "openai", model: "gpt-4o", tokensIn: 7, tokensOut: 2, durationMs: 10 },
    ]);
    expect(segment?.modelCalls[0]?.costUsd).toBeGreaterThan(0);
    expect(segment?.toolCalls).toMatchObject([
      { node: "plan", name: "look", error: { name: "Error", message: "down" } },
    ]);
    expect(segment?.gaps).toContain("edges are inferred from the order of nodes: spans do not tell them");
    expect(segment?.gaps.some((gap) => gap.startsWith("1 spans are of no kind"))).toBe(false);
  });

  it("our own spans come back as the run they tell, and are known where that run is", async () => {
    const { tracer, finished } = telemetry();
    const { tracer: capture, store, segments } = tracing({ observer: observeWithSpans({ tracer }) });
    const State = Annotation.Root({ log: Annotation<string[]>({ reducer: (a, b) => a.concat(b), default: () => [] }) });
    const look = tool(async () => "found", { name: "look", schema: z.object({}) });
    const inner = new StateGraph(State)
      .addNode("deep", async () => ({
        log: [String((await fakeModel().respond(new AIMessage("hi")).invoke("q")).content)],
      }))
      .addEdge(START, "deep")
      .compile();
    const graph = new StateGraph(State)
      .addNode("host", inner)
      .addNode("next", async () => ({ log: [String(await look.invoke({}))] }))
      .addEdge(START, "host")
      .addEdge("host", "next")
      .compile();
    await capture.wrap(graph, { workflowType: "t" }).invoke({}, { metadata: { workflowId: "w" } });
    const [before] = await segments();
    const file = fileOf("own.json", JSON.stringify(exported(finished())));
    expect(await importOtlp(file, { store })).toMatchObject({ imported: 0, known: 1 });
    const elsewhere = createMemoryStore();
    expect(await importOtlp(file, { store: elsewhere })).toMatchObject({ imported: 1, known: 0 });
    const [after] = await segmentsIn(elsewhere);
    const short = (s: TraceSegment | undefined) => ({
      ...{ id: s?.workflowId, type: s?.workflowType, status: s?.status },
      nodes: s?.nodes.map((n) => [...n.path, n.name].join("/")).sort(),
      calls: [...(s?.modelCalls ?? []), ...(s?.toolCalls ?? [])].map((c) => c.node),
    });
    expect(short(after)).toEqual(short(before));
  });

  it("LangGraph's metadata say which spans are nodes, and their steps", async () => {
    const store = createMemoryStore();
    const metadata = (node: string, step: number) =>
      JSON.stringify({
        ...{ langgraph_node: node, langgraph_step: step, thread_id: "th" },
        langgraph_checkpoint_ns: `${node}:task-of-${node}`,
      });
    const kind = { "openinference.span.kind": "CHAIN" };
    const spans: SpanGiven[] = [
      // As OpenInference's instrumentation of LangChain.js tells a graph.
      {
        id: 1,
        at: 0,
        for: 9,
        name: "LangGraph",
        attributes: { ...kind, metadata: JSON.stringify({ thread_id: "th" }) },
      },
      {
        id: 9,
        parent: 1,
        at: 0,
        for: 1,
        name: "__start__",
        attributes: { ...kind, metadata: metadata("__start__", 0) },
      },
      { id: 2, parent: 1, at: 1, for: 1, name: "a", attributes: { ...kind, metadata: metadata("a", 1) } },
      { id: 3, parent: 2, at: 1, for: 1, name: "RunnableLambda", attributes: { ...kind, metadata: metadata("a", 1) } },
      { id: 4, parent: 1, at: 3, for: 1, name: "b", attributes: { ...kind, metadata: metadata("b", 2) } },
      { id: 5, parent: 1, at: 3, for: 1, name: "c", attributes: { ...kind, metadata: metadata("c", 2) } },
    ];
    await importOtlp(fileOf("lg.json", JSON.stringify(request(2, spans))), { store, workflowType: "support" });
    const [segment] = await segmentsIn(store);
    expect(segment?.threadId).toBe("th");
    expect(segment?.nodes.map((n) => [n.step, n.name, n.taskId])).toEqual([
      [1, "a", "task-of-a"],
      [2, "b", "task-of-b"],
      [2, "c", "task-of-c"],
    ]);
  });

  it("a file of protobuf, as one request or as the Collector writes several, packed or not, is read as one of JSON", async () => {
    const { tracer, finished } = telemetry();
    const { tracer: capture } = tracing({ observer: observeWithSpans({ tracer }) });
    const State = Annotation.Root({ n: Annotation<number> });
    const graph = new StateGraph(State)
      .addNode("think", () => ({ n: 1 }))
      .addEdge(START, "think")
      .compile();
    for (const n of [0, 1]) await capture.wrap(graph, { workflowType: "t" }).invoke({ n });
    const spans = [...finished()];
    const bytes = ProtobufTraceSerializer.serializeRequest(spans) as Uint8Array;
    /** Each request behind its length, big-endian. */
    const delimited = spans.flatMap((span) => {
      const request = ProtobufTraceSerializer.serializeRequest([span]) as Uint8Array;
      const length = Buffer.alloc(4);
      length.writeUInt32BE(request.length);
      return [length, request];
    });
    const read = async (name: string, content: string | Uint8Array) => {
      const store = createMemoryStore();
      expect(await importOtlp(fileOf(name, content), { store })).toMatchObject({ imported: 2, unreadable: 0 });
      return segmentsIn(store);
    };
    const json = await read("spans.json", JSON.stringify(exported(spans)));
    expect(json.map((s) => s.nodes.map((n) => n.name))).toEqual([["think"], ["think"]]);
    expect(await read("spans.binpb", bytes)).toEqual(json);
    expect(await read("spans.delimited", Buffer.concat(delimited))).toEqual(json);
    expect(await read("spans.binpb.gz", gzipSync(bytes))).toEqual(json);
    const refused = { code: "INTEGRATION_FAILED", received: expect.stringContaining("torn.binpb") };
    const torn = fileOf("torn.binpb", bytes.subarray(0, bytes.length - 3));
    await expect(importOtlp(torn, { store: createMemoryStore() })).rejects.toMatchObject(refused);
  });

  it("what is not told is a gap or counted, never guessed", async () => {
    const store = createMemoryStore();
    const agent = { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "a" };
    const lines = [
      JSON.stringify(
        request(3, [
          { id: 1, parent: 99, at: 0, attributes: agent },
          { id: 2, parent: 1, at: 1, for: 1, name: "SELECT" },
        ]),
      ),
      JSON.stringify(request(4, [{ id: 1, at: 0, for: 1, name: "GET /" }])),
      JSON.stringify(requestOf([{ name: "no ids" }, { traceId: hex(5, 32), spanId: hex(1, 16), attributes: [] }])),
    ];
    expect(await importOtlp(fileOf("lines.jsonl", `${lines.join("\n")}\n`), { store })).toEqual({
      ...{ imported: 1, known: 0, skipped: 1, unreadable: 2 },
    });
    const [segment] = await segmentsIn(store);
    expect(segment?.status).toBe("cancelled");
    expect(segment?.gaps.sort()).toEqual(
      [
        "1 spans are of no kind that is known here, and were left out",
        "1 spans lack the span that they stood below",
        "edges are inferred from the order of nodes: spans do not tell them",
        "some spans tell no end",
      ].sort(),
    );
    await expect(importOtlp(join(folder, "none.json"), { store })).rejects.toMatchObject({
      code: "INTEGRATION_FAILED",
    });
  });
});

describe("the handler of OTLP over HTTP", () => {
  const post = (body: BodyInit, headers: Record<string, string> = {}) =>
    new Request("http://host/v1/traces", {
      method: "POST",
      body,
      headers: { "content-type": "application/json", authorization: "Bearer secret", ...headers },
    });
  const all = CONVENTIONS.OpenInference ?? [];

  it("joins the pieces of a trace, whatever requests they come in", async () => {
    const store = createMemoryStore();
    const handle = createOtlpHandler({ store, token: "secret" });
    const first = await handle(post(JSON.stringify(request(1, all.slice(1)))));
    expect([first.status, await first.json()]).toEqual([200, {}]);
    expect(await segmentsIn(store)).toEqual([]);
    const packed = gzipSync(JSON.stringify(request(1, all.slice(0, 1))));
    expect((await handle(post(packed, { "content-encoding": "gzip" }))).status).toBe(200);
    const [segment] = await segmentsIn(store);
    expect(segment?.nodes.map((n) => n.name)).toEqual(["plan", "write"]);
    await handle(post(JSON.stringify(request(6, all.slice(1)))));
    expect(await handle.flush()).toMatchObject({ imported: 2 });
  });

  it("takes a trace whose root does not come after `idleMs`, and the oldest of more than `maxSpans`", async () => {
    const rootless = (run: number) => post(JSON.stringify(request(run, all.slice(1))));
    const [clock, store] = [new ManualClock(), createMemoryStore()];
    const handle = createOtlpHandler({ store, token: "secret", clock, idleMs: 1000 });
    await handle(rootless(1));
    clock.advance(1001);
    await handle(rootless(2));
    const taken = (await segmentsIn(store)).length;
    expect(taken).toBeGreaterThan(0);
    await handle.flush();
    expect(await segmentsIn(store)).toHaveLength(2 * taken);
    const few = createMemoryStore();
    const full = createOtlpHandler({ store: few, token: "secret", clock, maxSpans: all.length });
    await full(rootless(1));
    expect(await segmentsIn(few)).toHaveLength(0);
    await full(rootless(2));
    expect(await segmentsIn(few)).toHaveLength(taken);
  });

  it("reads protobuf as it reads JSON, as OpenTelemetry's own exporters write them", async () => {
    const { tracer, finished } = telemetry();
    const { tracer: capture } = tracing({ observer: observeWithSpans({ tracer }) });
    const State = Annotation.Root({ n: Annotation<number> });
    const graph = new StateGraph(State)
      .addNode("think", async () => {
        await fakeModel().respond(new AIMessage("hi")).invoke("q");
        return { n: 1 };
      })
      .addNode("fail", () => {
        throw new RangeError("no more");
      })
      .addEdge(START, "think")
      .addEdge("think", "fail")
      .compile();
    await expect(capture.wrap(graph, { workflowType: "t" }).invoke({ n: 0 })).rejects.toThrow("no more");
    const spans = [...finished()];
    const read = async (body: Uint8Array | undefined, headers: Record<string, string>, pack = false) => {
      const store = createMemoryStore();
      const handle = createOtlpHandler({ store, token: "secret" });
      const sent = pack ? gzipSync(body as Uint8Array) : new Uint8Array(body as Uint8Array);
      const response = await handle(post(sent, { ...headers, ...(pack && { "content-encoding": "gzip" }) }));
      expect(response.status).toBe(200);
      const answer = Buffer.from(await response.arrayBuffer());
      return { type: response.headers.get("content-type"), answer, segments: await segmentsIn(store) };
    };
    const json = await read(JsonTraceSerializer.serializeRequest(spans), {});
    const bytes = ProtobufTraceSerializer.serializeRequest(spans);
    const protobuf = await read(bytes, { "content-type": "application/x-protobuf" });
    expect(json.segments).toMatchObject([{ status: "error", nodes: [{ name: "think" }, { name: "fail" }] }]);
    expect(json.segments[0]?.modelCalls).toHaveLength(1);
    expect(protobuf.segments).toEqual(json.segments);
    expect(protobuf.type).toBe("application/x-protobuf");
    expect(ProtobufTraceSerializer.deserializeResponse(protobuf.answer)).toEqual({});
    const packed = await read(bytes, { "content-type": "application/x-protobuf" }, true);
    expect(packed.segments).toEqual(json.segments);
  });

  it("counts what protobuf holds without ids, in protobuf", async () => {
    const handle = createOtlpHandler({ store: createMemoryStore(), token: "secret" });
    // One resource with one scope with one span that has a name alone.
    const body = Uint8Array.of(0x0a, 0x07, 0x12, 0x05, 0x12, 0x03, 0x2a, 0x01, 0x61);
    const response = await handle(post(body, { "content-type": "application/x-protobuf" }));
    const { partialSuccess } = ProtobufTraceSerializer.deserializeResponse(
      new Uint8Array(await response.arrayBuffer()),
    );
    expect(Number(partialSuccess?.rejectedSpans)).toBe(1);
  });

  it("says what protobuf needs where that is not installed", async () => {
    const load = () => otlpProtobuf(() => Promise.reject(new Error("Cannot find package")));
    await expect(load()).rejects.toMatchObject({ code: "INTEGRATION_FAILED", remedy: /npm install protobufjs/ });
    const handle = otlpHandler({ store: createMemoryStore(), token: "secret" }, load);
    const response = await handle(post("", { "content-type": "application/x-protobuf" }));
    expect([response.status, await response.json()]).toMatchObject([415, { code: "INTEGRATION_FAILED" }]);
    expect((await handle(post("{}"))).status).toBe(200);
  });

  it("waits for a body as long as it was told, and no longer", async () => {
    const clock = new ManualClock(0);
    const handle = createOtlpHandler({ store: createMemoryStore(), token: "secret", clock, bodyTimeoutMs: 5000 });
    const body = new ReadableStream({}); // opens, and says nothing
    const request = new Request("http://host/v1/traces", {
      method: "POST",
      body,
      duplex: "half",
      headers: { "content-type": "application/json", authorization: "Bearer secret" },
    } as RequestInit);
    const answer = handle(request);
    while (clock.pending === 0) await Promise.resolve();
    clock.advance(5000);
    expect((await answer).status).toBe(408);
  });

  it.each([
    ["no token", 401, () => post("{}", { authorization: "" })],
    ["another method", 405, () => new Request("http://host/v1/traces")],
    ["another form", 415, () => post("x", { "content-type": "text/plain" })],
    ["no protobuf", 400, () => post("x", { "content-type": "application/x-protobuf" })],
    ["no JSON", 400, () => post("{")],
    ["a broken archive", 400, () => post("x", { "content-encoding": "gzip" })],
    ["too much", 413, () => post(" ".repeat(2000))],
    ["too much, packed", 413, () => post(gzipSync(" ".repeat(2000)), { "content-encoding": "gzip" })],
  ])("refuses %s with %i", async (_, status, make) => {
    const handle = createOtlpHandler({ store: createMemoryStore(), token: "secret", maxBytes: 1000 });
    expect((await handle(make())).status).toBe(status);
  });
});
