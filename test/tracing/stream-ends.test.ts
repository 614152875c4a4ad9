import * as lib from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { say, stateOf } from "./battery/case.js";
import { collect, tracing } from "./support.js";

function chain(last: (n: number) => object, compile: object = {}) {
  return new lib.StateGraph(stateOf(lib))
    .addNode("a", say("a"))
    .addNode("b", (s) => last(s.n))
    .addEdge(lib.START, "a")
    .addEdge("a", "b")
    .addEdge("b", lib.END)
    .compile(compile);
}

const fail = () => {
  throw new Error("no luck");
};

describe.each(["tap", "callbacks"] as const)("the end of a stream by %s", (capture) => {
  it("is that of the run when several chunks are asked for at once", async () => {
    const { tracer, segments } = tracing({ capture });
    const wrapped = tracer.wrap(chain(fail), { workflowType: "t" });
    const stream = await wrapped.stream({ n: 0 }, { streamMode: "updates" });
    const asked = Array.from({ length: 5 }, () => stream.next());
    const settled = await Promise.allSettled(asked);
    expect(settled.map((s) => s.status)).toContain("rejected");
    const [segment] = await segments();
    expect(segment).toMatchObject({ status: "error", error: { message: "no luck" } });
    expect(segment!.nodes.map((n) => n.status)).toEqual(["success", "error"]);
  });

  it("is told once to a reader that is slower than the graph", async () => {
    const { tracer, segments } = tracing({ capture });
    const wrapped = tracer.wrap(
      chain(() => ({ log: ["b"] })),
      { workflowType: "t" },
    );
    const stream = await wrapped.stream({ n: 0 }, { streamMode: "updates" });
    await stream.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await collect(stream)).toHaveLength(1);
    expect((await segments()).map((s) => [s.status, s.nodes.length])).toEqual([["success", 2]]);
  });

  it("is a failure where the run fails before its first step", async () => {
    const { tracer, segments } = tracing({ capture });
    const wrapped = tracer.wrap(chain(fail), { workflowType: "t" });
    await expect(wrapped.invoke({ n: 0 }, { recursionLimit: 0 })).rejects.toThrow("recursionLimit");
    expect((await segments()).map((s) => s.status)).toEqual(["error"]);
  });

  it("is a failure where the last checkpoint cannot be kept", async () => {
    const { tracer, segments } = tracing({ capture });
    const saver = new lib.MemorySaver();
    const put = saver.put.bind(saver);
    saver.put = async (...given) => {
      if ((given[2] as { step: number }).step >= 2) throw new Error("disk full");
      return put(...given);
    };
    const graph = chain(() => ({ log: ["b"] }), { checkpointer: saver });
    const config = { configurable: { thread_id: "1" } };
    const wrapped = tracer.wrap(graph, { workflowType: "t" });
    await expect(wrapped.invoke({ n: 0 }, config)).rejects.toThrow("disk full");
    // Also where several chunks behind the failure were asked for at once.
    const stream = await wrapped.stream({ n: 0 }, { configurable: { thread_id: "2" }, streamMode: "updates" });
    const settled = await Promise.allSettled(Array.from({ length: 5 }, () => stream.next()));
    expect(settled.map((s) => s.status).slice(2)).toEqual(["rejected", "rejected", "rejected"]);
    expect((await segments()).map((s) => [s.status, s.error?.message])).toEqual([
      ["error", "disk full"],
      ["error", "disk full"],
    ]);
  });
});
