import * as lib from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { tracing } from "./support.js";

const State = lib.Annotation.Root({
  text: lib.Annotation<string>({ reducer: (_, b) => b, default: () => "" }),
});

describe("sampling", () => {
  const graph = new lib.StateGraph(State)
    .addNode("a", (s) => {
      if (s.text === "fail") throw new Error("no");
      return { text: "x" };
    })
    .addEdge(lib.START, "a")
    .compile();

  it("keeps a share, drawn by the workflow id, with its probability; and all failures", async () => {
    const { tracer, segments } = tracing({ sampleRate: 0.25 });
    const wrapped = tracer.wrap(graph, { workflowType: "t" });
    for (let n = 0; n < 200; n++) await wrapped.invoke({ text: "" }, { metadata: { workflowId: `w${n}` } });
    for (let n = 0; n < 10; n++)
      await wrapped.invoke({ text: "fail" }, { metadata: { workflowId: `f${n}` } }).catch(() => {});
    const all = await segments();
    const kept = all.filter((s) => s.status === "success");
    expect(kept.length).toBeGreaterThan(30);
    expect(kept.length).toBeLessThan(75);
    expect(kept.every((s) => s.keepProbability === 0.25)).toBe(true);
    expect(all.filter((s) => s.status === "error").map((s) => s.keepProbability)).toEqual(Array(10).fill(1));
    expect(tracer.counters().sampledOut).toBe(200 - kept.length);
    const again = tracing({ sampleRate: 0.25 });
    const same = again.tracer.wrap(graph, { workflowType: "t" });
    for (let n = 0; n < 200; n++) await same.invoke({ text: "" }, { metadata: { workflowId: `w${n}` } });
    expect((await again.segments()).map((s) => s.workflowId)).toEqual(kept.map((s) => s.workflowId));
  });

  it("keeps what follows a kept failure, so that no run that ended well counts as failed", async () => {
    let isBroken = true;
    const flow = new lib.StateGraph(State)
      .addNode("ask", () => ({ text: String(lib.interrupt("?")) }))
      .addNode("b", () => {
        if (isBroken) throw new Error("no");
        return { text: "x" };
      })
      .addEdge(lib.START, "ask")
      .addEdge("ask", "b")
      .compile({ checkpointer: new lib.MemorySaver() });
    for (const metadata of [{}, { workflowId: "given" }]) {
      const { tracer, segments, trace } = tracing({ sampleRate: 0 });
      const wrapped = tracer.wrap(flow, { workflowType: "t" });
      const config = { configurable: { thread_id: JSON.stringify(metadata) }, metadata };
      isBroken = true;
      await wrapped.invoke({ text: "" }, config);
      await wrapped.invoke(new lib.Command({ resume: "yes" }), config).catch(() => {});
      isBroken = false;
      await wrapped.invoke(null, config);
      expect((await segments()).map((s) => [s.status, s.keepProbability, s.gaps.length])).toEqual([
        ["error", 1, 1],
        ["success", 1, 0],
      ]);
      expect(await trace()).toMatchObject({ status: "success", keepProbability: 1 });
    }
  });

  it.each(["tap", "callbacks"] as const)(
    "reads no state of a run that is left out for certain, by %s",
    async (capture) => {
      const seen: string[] = [];
      const redact = (value: unknown, path: string) => {
        seen.push(path);
        return value;
      };
      const options = { sampleRate: 0, keepFailures: false, captureState: "full", redact, capture } as const;
      const { tracer, segments } = tracing(options);
      await tracer.wrap(graph, { workflowType: "t" }).invoke({ text: "hello" }, { tags: ["a"] });
      expect(await segments()).toEqual([]);
      expect(tracer.counters().sampledOut).toBe(1);
      expect(seen).toEqual([]);
    },
  );

  it("may leave failures to the draw as well, and never touches decisions", async () => {
    const { tracer, segments, store } = tracing({ sampleRate: 0, keepFailures: false });
    const wrapped = tracer.wrap(graph, { workflowType: "t" });
    await wrapped.invoke({ text: "fail" }).catch(() => {});
    expect(await segments()).toEqual([]);
    tracer.record({
      schemaVersion: 1,
      decisionId: "d",
      workflowId: "w",
      decisionPoint: "p",
      at: "2026-01-01T00:00:00.000Z",
      index: 0,
      context: {},
      candidates: ["a"],
      chosen: "a",
      source: "fallback",
      mode: "shadow",
    });
    await tracer.flush();
    const found = [];
    for await (const { facts } of store.read("decision")) found.push(...facts);
    expect(found.length).toBe(1);
  });
});
