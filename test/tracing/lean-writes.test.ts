import { Runnable, type RunnableConfig } from "@langchain/core/runnables";
import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import * as newest from "@langchain/langgraph";
import { EphemeralValue, LastValue } from "@langchain/langgraph/channels";
import { Channel, Pregel } from "@langchain/langgraph/pregel";
import * as old from "langgraph-oldest";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import type { PregelShape } from "../../src/tracing/internals.js";
import { withLeanWrites } from "../../src/tracing/tap/lean-writes.js";
import { type AnyGraph, type Library, say, stateOf, thread } from "./battery/case.js";
import { tracing } from "./support.js";

const oldest = old as unknown as Library;

/** The thread that code of the host finds itself in. */
const here = () => AsyncLocalStorageProviderSingleton.getRunnableConfig()?.configurable?.thread_id as string;

/** What a graph's code notes, run bare and wrapped in both ways. */
async function noted(build: (note: (at: string) => void) => AnyGraph, input: unknown = { n: 0 }) {
  const all: Record<string, string[]> = {};
  for (const way of ["bare", "tap", "callbacks"] as const) {
    const notes: string[] = [];
    const graph = build((at) => notes.push(`${at} in ${here()}`));
    const { tracer } = tracing(way === "bare" ? {} : { capture: way });
    const run = way === "bare" ? graph : tracer.wrap(graph, { workflowType: "lean" });
    await run.invoke(input, thread());
    all[way] = notes;
  }
  return all as { bare: string[]; tap: string[]; callbacks: string[] };
}

/** How many run contexts a run of a graph composes. */
async function contexts(graph: AnyGraph): Promise<number> {
  const spy = vi.spyOn(AsyncLocalStorageProviderSingleton, "runWithConfig");
  try {
    await graph.invoke({ n: 0 }, thread());
    return spy.mock.calls.length;
  } finally {
    spy.mockRestore();
  }
}

describe.each([
  ["newest", newest],
  ["oldest", oldest],
])("writes of a wrapped graph, %s LangGraph", (_, lib) => {
  const chain = () =>
    new lib.StateGraph(stateOf(lib))
      .addNode("a", say("a"))
      .addNode("b", say("b"))
      .addEdge(lib.START, "a")
      .addEdge("a", "b")
      .addEdge("b", lib.END)
      .compile() as AnyGraph;

  it.each(["tap", "callbacks"] as const)("need no run context of their own, by %s", async (capture) => {
    const bare = await contexts(chain());
    const wrapped = await contexts(tracing({ capture }).tracer.wrap(chain(), { workflowType: "lean" }));
    // Three nodes: what START, a and b write (mapped, three times) and the edges of START and a (b's is none).
    expect(bare - wrapped).toBe(3 * 2 + 2);
  });

  it("leave the graph that was wrapped as it was", async () => {
    const graph = chain();
    const before = await contexts(graph);
    tracing().tracer.wrap(graph, { workflowType: "lean" });
    expect(await contexts(graph)).toBe(before);
  });

  it("are those of the bare graph in updateState and for commands", async () => {
    const results: unknown[] = [];
    for (const wrap of [false, true]) {
      const graph = new lib.StateGraph(stateOf(lib))
        .addNode("a", () => new lib.Command({ goto: "b", update: { n: 2, log: ["a"], other: 1 } }), { ends: ["b"] })
        .addNode("b", say("b"))
        .addEdge(lib.START, "a")
        .compile({ checkpointer: new lib.MemorySaver() });
      const run = wrap ? tracing().tracer.wrap(graph, { workflowType: "lean" }) : graph;
      await run.invoke({ n: 0 }, thread());
      await run.updateState(thread(), { n: 5, log: ["by hand"] }, "a");
      const { values, next } = await run.getState(thread());
      results.push([values, next]);
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[1]).toEqual([{ n: 5, log: ["a", "b", "by hand"] }, []]);
  });

  it("fail as those of the bare graph", async () => {
    const graph = new lib.StateGraph(stateOf(lib))
      .addNode("a", () => "no object" as never)
      .addEdge(lib.START, "a")
      .compile();
    const wrapped = tracing().tracer.wrap(graph, { workflowType: "lean" });
    const failure = await graph.invoke({ n: 0 }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "InvalidUpdateError" });
    await expect(wrapped.invoke({ n: 0 })).rejects.toMatchObject({
      name: "InvalidUpdateError",
      message: (failure as Error).message,
    });
  });
});

describe("code of the host keeps its run context", () => {
  it("in what validates a state schema", async () => {
    const seen = await noted((note) => {
      const State = new newest.StateSchema({
        n: z.number().refine((n) => {
          note(`refine ${n}`);
          return true;
        }),
      });
      return new newest.StateGraph(State)
        .addNode("a", () => ({ n: 1 }))
        .addEdge(newest.START, "a")
        .compile() as unknown as AnyGraph;
    });
    expect(seen.bare).toContain("refine 1 in t1");
    expect(seen.tap).toEqual(seen.bare);
    expect(seen.callbacks).toEqual(seen.bare);
  });

  it("in conditional edges, whatever runs them", async () => {
    const seen = await noted((note) => {
      class Told extends Runnable<unknown, string> {
        lc_namespace = ["test"];
        override readonly name = "told";
        async invoke(_: unknown, config?: RunnableConfig): Promise<string> {
          note(`runnable (config of ${config?.configurable?.thread_id})`);
          return "b";
        }
      }
      const toB = () => {
        note("function");
        return "b";
      };
      return new newest.StateGraph(stateOf(newest))
        .addNode("a", say("a"))
        .addNode("b", say("b"))
        .addEdge(newest.START, "a")
        .addConditionalEdges("a", toB, ["b"])
        .addConditionalEdges("a", new Told(), ["b"])
        .compile() as unknown as AnyGraph;
    });
    expect(seen.bare.toSorted()).toEqual(["function in t1", "runnable (config of t1) in t1"]);
    expect(seen.tap).toEqual(seen.bare);
    expect(seen.callbacks).toEqual(seen.bare);
  });

  it("in a result that is a runnable itself", async () => {
    const seen = await noted((note) => {
      class Result extends Runnable {
        lc_namespace = ["test"];
        n = 1;
        async invoke(): Promise<{ n: number }> {
          note("result");
          return { n: 2 };
        }
      }
      class Giving extends Runnable {
        lc_namespace = ["test"];
        async invoke(): Promise<Result> {
          return new Result();
        }
      }
      return new newest.StateGraph(stateOf(newest))
        .addNode("a", new Giving())
        .addEdge(newest.START, "a")
        .compile() as unknown as AnyGraph;
    });
    expect(seen.bare).toEqual(["result in t1"]);
    expect(seen.tap).toEqual(seen.bare);
    expect(seen.callbacks).toEqual(seen.bare);
  });

  it("in the writers of a graph made by hand", async () => {
    const seen = await noted((note) => {
      class Mapping extends Runnable<string, string> {
        lc_namespace = ["test"];
        async invoke(text: string): Promise<string> {
          note("mapping");
          return text.toUpperCase();
        }
      }
      const shout = Channel.subscribeTo("in").pipe(Channel.writeTo(["plain"], { out: new Mapping() }));
      return new Pregel({
        nodes: { shout },
        channels: {
          in: new EphemeralValue<string>(),
          out: new LastValue<string>(),
          plain: new LastValue<string>(),
        },
        inputChannels: "in",
        outputChannels: "out",
      }) as unknown as AnyGraph;
    }, "hello");
    expect(seen.bare).toEqual(["mapping in t1"]);
    expect(seen.tap).toEqual(seen.bare);
    expect(seen.callbacks).toEqual(seen.bare);
  });
});

it("what is not known is left alone", () => {
  class Unknown {
    trace = false;
    writes = [];
    _write() {}
  }
  const writer = new Unknown();
  const node = { triggers: [], bound: {}, writers: [writer], getWriters: () => [writer] } as never;
  expect(withLeanWrites(node, {} as PregelShape).writers[0]).toBe(writer);
  const old = { triggers: [], bound: {}, writers: [writer] } as never;
  expect(withLeanWrites(old, {} as PregelShape)).toBe(old);
});
