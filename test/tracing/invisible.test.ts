import * as lib from "@langchain/langgraph";
import { expect, it } from "vitest";
import { type AnyGraph, say, stateOf } from "./battery/case.js";
import { collect, tracing } from "./support.js";

/** All keys of a value and what it holds, symbols included; objects of classes count by name. */
function keysIn(value: unknown, seen = new Set<unknown>()): string[] {
  if (typeof value === "function") return Reflect.ownKeys(value).map(String);
  if (typeof value !== "object" || value === null || seen.has(value)) return [];
  seen.add(value);
  const proto = Object.getPrototypeOf(value);
  if (proto !== Object.prototype && proto !== null && !Array.isArray(value)) return [];
  return Reflect.ownKeys(value).flatMap((key) => [
    String(key),
    ...keysIn((value as Record<PropertyKey, unknown>)[key], seen),
  ]);
}

const OURS = /collective|learning/i;

it.each([{ calls: false }, { calls: true }, { capture: "callbacks" as const }])(
  "nothing of capture stands in configs, with %o",
  async (options) => {
    const { tracer, segments } = tracing(options);
    const seen: unknown[] = [];
    class Saver extends lib.MemorySaver {
      override put(...args: Parameters<lib.MemorySaver["put"]>): ReturnType<lib.MemorySaver["put"]> {
        seen.push(args[0], args[2]);
        return super.put(...args);
      }
      override putWrites(...args: Parameters<lib.MemorySaver["putWrites"]>): ReturnType<lib.MemorySaver["putWrites"]> {
        seen.push(args[0]);
        return super.putWrites(...args);
      }
      override getTuple(...args: Parameters<lib.MemorySaver["getTuple"]>): ReturnType<lib.MemorySaver["getTuple"]> {
        seen.push(args[0]);
        return super.getTuple(...args);
      }
    }
    const task = lib.task("task", async () => "done");
    const sub = new lib.StateGraph(stateOf(lib)).addNode("x", say("x")).addEdge(lib.START, "x").compile();
    const graph = new lib.StateGraph(stateOf(lib))
      .addNode("a", async (_, config) => {
        seen.push({ ...config });
        await task();
        await sub.invoke({ n: 0 });
        return { log: ["a"] };
      })
      .addNode("sub", sub)
      .addEdge(lib.START, "a")
      .addConditionalEdges(
        "a",
        (_, config) => {
          seen.push({ ...config });
          return "sub";
        },
        ["sub"],
      )
      .compile({ checkpointer: new Saver() });
    const wrapped = tracer.wrap(graph, { workflowType: "t" });
    const config = {
      configurable: { thread_id: "t" },
      streamMode: ["debug" as const, "checkpoints" as const],
      subgraphs: true,
    };
    for await (const chunk of await wrapped.stream({ n: 0 }, config)) seen.push(chunk);
    expect(seen.length).toBeGreaterThan(20);
    expect(seen.flatMap((value) => keysIn(value)).filter((key) => OURS.test(key) || key.startsWith("Symbol("))).toEqual(
      [],
    );
    expect((await segments())[0]?.nodes.length).toBeGreaterThan(2);
  },
);

it("a retried node streams its debug chunks as the bare graph does", async () => {
  const graphOf = () => {
    let tries = 0;
    return new lib.StateGraph(stateOf(lib))
      .addNode(
        "a",
        () => {
          tries += 1;
          if (tries === 1) throw new Error("once more");
          return { log: ["a"] };
        },
        { retryPolicy: { maxAttempts: 2, initialInterval: 1, jitter: false, logWarning: false } },
      )
      .addEdge(lib.START, "a")
      .compile({ checkpointer: new lib.MemorySaver() }) as unknown as AnyGraph & object;
  };
  const config = { configurable: { thread_id: "t" }, streamMode: "debug" };
  const { tracer } = tracing();
  const bare = await collect(await graphOf().stream({ n: 0 }, config));
  const wrapped = tracer.wrap(graphOf(), { workflowType: "t" });
  expect(await collect(await wrapped.stream({ n: 0 }, config))).toEqual(bare);
});
