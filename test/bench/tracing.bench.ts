import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import { LangChainTracer } from "@langchain/core/tracers/tracer_langchain";
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { createRng, shuffled } from "langgraph-collective-learning";
import { observeWithSpans } from "langgraph-collective-learning/opentelemetry";
import { createMemoryStore, openFileStore } from "langgraph-collective-learning/store";
import { WorkflowTracer } from "langgraph-collective-learning/tracing";
import { collectGarbage } from "../support/collect-garbage.js";
import { type Bench, median, quantile, round } from "./support/bench.js";

const NODES = 10;

type Update = { text: string; items: { id: number; label: string }[] };

/**
 * Trivial nodes in a row, each writing about 1 KB of state.
 * @param around what stands for a node's function
 */
function chain(nodes: number, around = (_name: string, node: () => Update) => node) {
  const State = Annotation.Root({
    text: Annotation<string>({ reducer: (_, b) => b, default: () => "" }),
    items: Annotation<{ id: number; label: string }[]>({ reducer: (_, b) => b, default: () => [] }),
  });
  const update = {
    text: "lorem ipsum dolor sit amet ".repeat(15),
    items: Array.from({ length: 12 }, (_, id) => ({ id, label: `item number ${id} of a list of dozens` })),
  };
  const builder = new StateGraph(State) as unknown as {
    addNode(name: string, f: () => typeof update): unknown;
    addEdge(from: string, to: string): unknown;
    compile(): { invoke(input: object, config?: object): Promise<unknown> };
  };
  for (let i = 0; i < nodes; i++) {
    const name = `n${i}`;
    builder.addNode(
      name,
      around(name, () => update),
    );
  }
  builder.addEdge(START, "n0");
  for (let i = 1; i < nodes; i++) builder.addEdge(`n${i - 1}`, `n${i}`);
  builder.addEdge(`n${nodes - 1}`, END);
  return { graph: builder.compile(), bytes: JSON.stringify(update).length };
}

/**
 * The least that records the same: each node notes its times and what it wrote as JSON, and each run appends one line to
 * a file. Written into the nodes by hand, for this graph alone: no edges, failures, retries, redaction or limits.
 */
function byHand(file: string) {
  let nodes: object[] = [];
  const lines: string[] = [];
  const { graph } = chain(NODES, (name, node) => () => {
    const startedAt = performance.now();
    const update = node();
    const durationMs = performance.now() - startedAt;
    nodes.push({ name, step: nodes.length, startedAt, durationMs, status: "success", update: JSON.stringify(update) });
    return update;
  });
  return {
    invoke: async (input: object) => {
      nodes = [];
      const result = await graph.invoke(input);
      lines.push(JSON.stringify({ workflowId: `run-${lines.length}`, nodes }));
      return result;
    },
    flush: () => appendFile(file, `${lines.splice(0).join("\n")}\n`),
  };
}

class Noop extends BaseCallbackHandler {
  readonly name = "noop";
  constructor() {
    super({ _awaitHandler: true });
  }
  override handleChainStart(): void {}
  override handleChainEnd(): void {}
  override handleChainError(): void {}
  override handleLLMStart(): void {}
  override handleLLMEnd(): void {}
  override handleToolStart(): void {}
  override handleToolEnd(): void {}
}

/** LangSmith's own tracer with a client that takes everything and sends nothing. */
function stubbedTracer(): LangChainTracer {
  const client = { createRun: async () => {}, updateRun: async () => {}, awaitPendingTraceBatches: async () => {} };
  const tracer = new LangChainTracer({ client: client as never, projectName: "bench" });
  tracer.awaitHandlers = true;
  return tracer;
}

/** OpenTelemetry's own spans, ended and given to an exporter that takes everything and sends nothing. */
function spans() {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const exporter = {
    export: (_: unknown, done: (r: { code: number }) => void) => done({ code: 0 }),
    shutdown: async () => {},
  };
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  return observeWithSpans({ tracer: provider.getTracer("bench") });
}

/**
 * Microseconds per node for which the event loop is busy: what the run and everything beside it in the process
 * waits for. Writing to the store counts with all that it does in the loop (traces go to a real file store, synced, in the
 * same process, and each way waits for its own), but not the time in which the disk works and the loop is free.
 * Beside it the processor time of all threads, in which V8's collector threads weigh more than anything
 * written here. All ways in a random order within each repetition, so that drift hits all alike; the
 * overheads are medians of the paired differences from the bare graph.
 */
const bench: Bench = async ({ quick }) => {
  const folder = await mkdtemp(join(tmpdir(), "bench-tracing-"));
  const store = await openFileStore({
    traces: join(folder, "t"),
    feedback: join(folder, "f"),
    models: join(folder, "m"),
  });
  const { graph, bytes } = chain(NODES);
  console.log(`state per node: ${bytes} bytes, updates captured, ${NODES} nodes`);
  const tracerOf = (options: object) => new WorkflowTracer({ store, buffer: { processHooks: false }, ...options });
  const tap = tracerOf({ calls: false });
  const tapCalls = tracerOf({ calls: true });
  const callbacks = tracerOf({ capture: "callbacks" });
  const off = tracerOf({ enabled: false });
  const withSpans = tracerOf({ calls: true, observer: spans() });
  const handling = tracerOf({});
  const handler = handling.handler({ workflowType: "bench", graph });
  const noop = new Noop();
  const official = stubbedTracer();
  const wrapped = (tracer: WorkflowTracer) => {
    const traced = tracer.wrap(graph, { workflowType: "bench" });
    return { invoke: (input: object) => traced.invoke(input), flush: () => tracer.flush() };
  };
  const ways: Record<string, { invoke(input: object): Promise<unknown>; flush?(): Promise<unknown> }> = {
    bare: graph,
    // Wrapped, but nothing recorded: what wrapping itself does to a graph's speed.
    off: wrapped(off),
    tap: wrapped(tap),
    tapWithCalls: wrapped(tapCalls),
    // As `tapWithCalls`, with live spans beside.
    otel: wrapped(withSpans),
    callbacks: wrapped(callbacks),
    // For those who cannot wrap.
    handler: {
      invoke: (input) => graph.invoke(input, { callbacks: [handler] }),
      flush: () => handling.flush(),
    },
    byHand: byHand(join(folder, "by-hand")),
    noop: { invoke: (input) => graph.invoke(input, { callbacks: [noop] }) },
    langchainTracer: { invoke: (input) => graph.invoke(input, { callbacks: [official] }) },
  };
  // About as many as run back to back in the writer's own interval of 250 ms.
  const runs = quick ? 25 : 60;
  const repetitions = quick ? 7 : 80;
  const rng = createRng(1);
  const names = Object.keys(ways);
  const times: Record<string, number[]> = Object.fromEntries(names.map((n) => [n, []]));
  const processor: Record<string, number[]> = Object.fromEntries(names.map((n) => [n, []]));
  const measure = async (name: string) => {
    const way = ways[name];
    // Nobody sweeps up after the one before. (A full collection would throw compiled code away.)
    collectGarbage({ type: "minor" });
    const loop = performance.eventLoopUtilization();
    const cpu = process.cpuUsage();
    for (let i = 0; i < runs; i++) await way.invoke({ text: "start" });
    await way.flush?.();
    const { user, system } = process.cpuUsage(cpu);
    const { active } = performance.eventLoopUtilization(loop);
    processor[name].push((user + system) / runs / NODES);
    return (active * 1000) / runs / NODES;
  };
  // Until the engine has compiled what it will.
  for (let r = 0; r < 4; r++) for (const name of names) await measure(name);
  for (const name of names) processor[name] = [];
  for (let r = 0; r < repetitions; r++) for (const name of shuffled(names, rng)) times[name].push(await measure(name));
  const over = (name: string, of = times) => of[name].map((t, i) => t - of.bare[i]!);
  const figures: Record<string, number> = { bareUs: round(median(times.bare), 1) };
  for (const name of names.slice(1)) {
    const us = round(median(over(name)), 1);
    figures[`${name}Us`] = us;
    console.log(
      `${name.padEnd(16)} ${us < 0 ? "" : "+"}${us} us/node (quartiles ${round(quantile(over(name), 0.25), 1)} .. ${round(quantile(over(name), 0.75), 1)}; all threads ${round(median(over(name, processor)), 1)})`,
    );
  }
  await Promise.all([tap, tapCalls, callbacks, withSpans].map((tracer) => tracer.flush()));

  // Memory: many runs through one wrapped graph (a short one, for the sake of time), with a store that forgets.
  const memory = createMemoryStore();
  const lean = new WorkflowTracer({ store: { ...memory, append: async () => {} }, buffer: { processHooks: false } });
  const long = lean.wrap(chain(3).graph, { workflowType: "bench" });
  const total = quick ? 1500 : 100_000;
  const settle = async () => {
    await lean.flush();
    for (let i = 0; i < 3; i++) collectGarbage();
    const { rss, heapUsed } = process.memoryUsage();
    return { rss: rss / 2 ** 20, heap: heapUsed / 2 ** 20 };
  };
  const play = async (count: number) => {
    for (let i = 0; i < count; i++) await long.invoke({ text: "start" });
  };
  await play(total / 5);
  const before = await settle();
  await play(total);
  const after = await settle();
  const rssGrowthMiB = round(after.rss - before.rss, 1);
  const heapGrowthMiB = round(after.heap - before.heap, 1);
  console.log(`after ${total} runs more: resident +${rssGrowthMiB} MiB, live heap +${heapGrowthMiB} MiB`);
  for (const tracer of [off, withSpans, tap, tapCalls, callbacks, handling, lean]) await tracer.close();
  await store.close();
  await rm(folder, { recursive: true });
  return {
    ...figures,
    rssGrowthMiB,
    heapGrowthMiB,
    memoryRuns: total,
    /** Aim: at most 0.12. */
    tapShareOfBare: round(figures.tapUs / figures.bareUs),
    /** What no recorder can do without, as the same shares. */
    byHandShareOfBare: round(figures.byHandUs / figures.bareUs),
    byHandShareOfLangchainTracer: round(figures.byHandUs / figures.langchainTracerUs),
    tapShareOfLangchainTracer: round(figures.tapUs / figures.langchainTracerUs),
    callbacksOverNoop: round(figures.callbacksUs / figures.noopUs),
    handlerOverNoop: round(figures.handlerUs / figures.noopUs),
    dropped: lean.counters().dropped + tap.counters().dropped,
  };
};

export default bench;
