import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { tool } from "@langchain/core/tools";
import { LangChainTracer } from "@langchain/core/tracers/tracer_langchain";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import * as lib from "@langchain/langgraph";
import { traceable } from "langsmith/traceable";
import { describe, expect, it } from "vitest";
import { type AnyGraph, stateOf } from "./battery/case.js";
import { tracing } from "./support.js";

const graphOf = (node: () => unknown, options: object = {}) =>
  new lib.StateGraph(stateOf(lib))
    .addNode("node", node as () => { log: string[] }, options)
    .addEdge(lib.START, "node")
    .compile() as unknown as AnyGraph & object;

/** Answers when it is told to. */
class Slow extends BaseChatModel {
  constructor(private readonly answer: Promise<void>) {
    super({});
  }
  _llmType() {
    return "slow";
  }
  async _generate(): Promise<never> {
    await this.answer;
    throw new Error("nobody waits any more");
  }
}

describe.each(["tap", "callbacks"] as const)("by %s", (capture) => {
  const run = async (node: () => unknown, options?: object, config?: object) => {
    const { tracer, trace } = tracing({ capture });
    await tracer
      .wrap(graphOf(node, options), { workflowType: "t" })
      .invoke({ n: 0 }, config)
      .catch(() => {});
    return trace();
  };

  it("a model's stream that is left, and one nobody waits for, are calls that did not finish", async () => {
    const left = await run(async () => {
      for await (const _ of await new FakeListChatModel({ responses: ["one two three"] }).stream("q")) break;
      return {};
    });
    expect(left.modelCalls).toMatchObject([{ node: "node", unfinished: true }]);
    let done = () => {};
    const answer = new Promise<void>((resolve) => {
      done = resolve;
    });
    const raced = await run(async () => {
      const asked = new Slow(answer).invoke("q");
      asked.catch(() => {});
      await new Promise((resolve) => setImmediate(resolve));
      return {};
    });
    done();
    expect(raced).toMatchObject({ status: "success", modelCalls: [{ node: "node", unfinished: true }] });
  });

  it("a tool that its node's timeout leaves behind did not end well", async () => {
    let done: (text: string) => void = () => {};
    const slow = tool(
      () =>
        new Promise<string>((resolve) => {
          done = resolve;
        }),
      { name: "slow", description: "waits", schema: { type: "object", properties: {} } as never },
    );
    const trace = await run(
      async () => {
        await slow.invoke({});
        return {};
      },
      { timeout: 30 },
    );
    done("late");
    expect(trace).toMatchObject({ status: "error", toolCalls: [{ name: "slow", node: "node" }] });
    const [call] = trace.toolCalls;
    expect(call?.unfinished ?? call?.error).toBeTruthy();
  });

  it("what goes on below a parent that was not told belongs to its node", async () => {
    const client = { createRun: async () => {}, updateRun: async () => {}, awaitPendingTraceBatches: async () => {} };
    const ask = traceable(async () => new FakeListChatModel({ responses: ["one"] }).invoke("q"), {
      name: "ask",
      tracingEnabled: true,
      client: client as never,
    });
    const langSmith = new LangChainTracer({ client: client as never, projectName: "p" });
    const trace = await run(
      async () => {
        await ask();
        return {};
      },
      {},
      { callbacks: [langSmith] },
    );
    expect(trace.modelCalls.map((call) => [call.node, call.unfinished])).toEqual([["node", undefined]]);
  });
});

it("events whose parent the handler does not know are found by their namespace", async () => {
  const { tracer, trace } = tracing();
  const handler = tracer.handler({ workflowType: "t" });
  const host = graphOf((async (_: unknown, config: lib.LangGraphRunnableConfig) => {
    const about = { langgraph_checkpoint_ns: config.configurable?.checkpoint_ns, langgraph_node: "node" };
    handler.handleChatModelStart({}, [], "call", "unknown parent", {}, [], about);
    handler.handleLLMEnd({ generations: [] }, "call");
    return {};
  }) as never);
  await host.invoke({ n: 0 }, { callbacks: [handler] });
  expect((await trace()).modelCalls).toMatchObject([{ node: "node" }]);
});

it("a graph that reports no node says so", async () => {
  const { tracer, trace } = tracing({ capture: "callbacks" });
  const graph = graphOf(() => ({}));
  const wrapped = tracer.wrap(graph, { workflowType: "t" });
  await wrapped.invoke(null, { configurable: {} }).catch(() => {});
  expect((await trace()).gaps).toContain("no node of the graph reported itself");
});
