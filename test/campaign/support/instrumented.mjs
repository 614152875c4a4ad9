// A LangGraph graph under the instrumentation of another vendor, whose spans go by the vendor's exporter over HTTP into our
// OTLP handler. Prints what ran and what came in. `node instrumented.mjs openinference|openllmetry json|protobuf`
import { createServer } from "node:http";
import * as callbackManagerModule from "@langchain/core/callbacks/manager";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { toNodeListener } from "langgraph-collective-learning/feedback";
import { createOtlpHandler } from "langgraph-collective-learning/otlp";
import { createMemoryStore } from "langgraph-collective-learning/store";
import { z } from "zod";

const [vendor, form] = process.argv.slice(2);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

const store = createMemoryStore();
const handle = createOtlpHandler({ store, workflowType: "desk" });
const statuses = [];
const counted = async (request) => {
  const response = await handle(request);
  statuses.push(response.status);
  return response;
};
const server = createServer(toNodeListener(counted));
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${server.address().port}/v1/traces`;
const { OTLPTraceExporter } = await import(`@opentelemetry/exporter-trace-otlp-${form === "json" ? "http" : "proto"}`);

// Spans are kept until the graph has ended, and sent in one go by the vendor-neutral exporter.
const kept = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(kept)] });
if (vendor === "openinference") {
  const { LangChainInstrumentation } = await import("@arizeai/openinference-instrumentation-langchain");
  new LangChainInstrumentation({ tracerProvider: provider }).manuallyInstrument(callbackManagerModule);
} else {
  const { LangChainInstrumentation } = await import("@traceloop/instrumentation-langchain");
  const instrumentation = new LangChainInstrumentation();
  instrumentation.setTracerProvider(provider);
  instrumentation.manuallyInstrument({ callbackManagerModule });
}

class Model extends BaseChatModel {
  _llmType() {
    return "scripted";
  }
  async _generate() {
    const usage_metadata = { input_tokens: 7, output_tokens: 2, total_tokens: 9 };
    const message = new AIMessage({ content: "a plan", usage_metadata, response_metadata: { model_name: "gpt-4o" } });
    return {
      generations: [{ text: "a plan", message }],
      llmOutput: { tokenUsage: { promptTokens: 7, completionTokens: 2, totalTokens: 9 } },
    };
  }
}
const look = tool(async ({ q }) => `found ${q}`, {
  name: "look",
  description: "looks",
  schema: z.object({ q: z.string() }),
});
const down = tool(
  async () => {
    throw new Error("down");
  },
  { name: "down", description: "fails", schema: z.object({}) },
);
const State = Annotation.Root({ log: Annotation({ reducer: (a, b) => a.concat(b), default: () => [] }) });
const ran = { nodes: 0, models: 0, tools: 0, failedTools: 0 };
const inner = new StateGraph(State)
  .addNode("deep", async () => {
    ran.nodes += 1;
    ran.tools += 1;
    return { log: [await look.invoke({ q: "owls" })] };
  })
  .addEdge(START, "deep")
  .compile();
const graph = new StateGraph(State)
  .addNode("plan", async () => {
    ran.nodes += 1;
    ran.models += 1;
    return { log: [(await new Model({}).invoke("plan")).text] };
  })
  .addNode("research", inner)
  .addNode("write", async () => {
    ran.nodes += 1;
    ran.tools += 1;
    ran.failedTools += 1;
    return { log: [await down.invoke({}).catch((e) => e.message)] };
  })
  .addEdge(START, "plan")
  .addConditionalEdges("plan", () => "research", ["research", END])
  .addEdge("research", "write")
  .addEdge("write", END)
  .compile();

const runs = 3;
const config = (i) => ({ configurable: { thread_id: `thread-${i}` } });
// What `withWorkflow` of OpenLLMetry's SDK does; without it each span of its instrumentation is a trace of its own.
const inWorkflow = (i) =>
  provider.getTracer("app").startActiveSpan("desk.workflow", async (span) => {
    span.setAttributes({ "traceloop.span.kind": "workflow", "traceloop.entity.name": "desk" });
    await graph.invoke({ log: [] }, config(i));
    span.end();
  });
for (let i = 0; i < runs; i++) await (vendor === "openllmetry" ? inWorkflow(i) : graph.invoke({ log: [] }, config(i)));
ran.nodes += runs; // the node that is a graph
const spans = kept.getFinishedSpans();
const exporter = new OTLPTraceExporter({ url });
const result = await new Promise((resolve) => exporter.export(spans, resolve));
const left = await handle.flush();
const segments = [];
for await (const { facts } of store.read("trace")) segments.push(...facts);
const sum = (of) => segments.reduce((n, s) => n + of(s), 0);
server.close();
server.closeAllConnections();
console.log(
  JSON.stringify({
    sent: { runs, ...ran, spans: spans.length },
    exporter: result.code,
    statuses,
    came: {
      runs: segments.length,
      nodes: sum((s) => s.nodes.length),
      models: sum((s) => s.modelCalls.length),
      tools: sum((s) => s.toolCalls.length),
      failedTools: sum((s) => s.toolCalls.filter((c) => c.error).length),
      tokens: sum((s) => s.modelCalls.reduce((n, c) => n + (c.tokensIn ?? 0) + (c.tokensOut ?? 0), 0)),
    },
    left,
    first: segments[0] && {
      nodes: segments[0].nodes.map((n) => [...n.path, n.name].join("/")),
      model: segments[0].modelCalls[0]?.model,
      threadId: segments[0].threadId,
      gaps: segments[0].gaps,
    },
  }),
);
