import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import { FakeStreamingChatModel } from "@langchain/core/utils/testing";
import * as lib from "@langchain/langgraph";
import { createSupervisor } from "@langchain/langgraph-supervisor";
import { createHandoffTool, createSwarm } from "@langchain/langgraph-swarm";
import { createAgent, createMiddleware, tool } from "langchain";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { tracing } from "./support.js";

/** A chat model that says what the script says, call by call, with token counts. */
class Script extends FakeStreamingChatModel {
  private at = 0;
  constructor(private readonly lines: AIMessage[]) {
    super({ responses: [] });
  }
  override bindTools(): this {
    return this;
  }
  override async _generate(_messages: BaseMessage[]) {
    const message = this.lines[this.at++ % this.lines.length];
    const copy = new AIMessage({
      content: message.content,
      tool_calls: message.tool_calls,
      usage_metadata: {
        input_tokens: 100,
        output_tokens: 10,
        total_tokens: 110,
        input_token_details: { cache_read: 40 },
      },
      response_metadata: { model_name: "gpt-4o-mini-2024-07-18" },
    });
    return { generations: [{ text: String(copy.content), message: copy }] };
  }
}

const call = (name: string, args: object = {}) =>
  new AIMessage({
    content: "",
    tool_calls: [{ name, args: args as Record<string, unknown>, id: `call-${name}`, type: "tool_call" }],
  });
const done = (text: string) => new AIMessage(text);

const add = tool(({ a, b }) => String(a + b), {
  name: "add",
  description: "adds",
  schema: z.object({ a: z.number(), b: z.number() }),
});
const fail = tool(
  () => {
    throw new Error("no such number");
  },
  { name: "fail", description: "fails", schema: z.object({}) },
);

describe.each(["tap", "callbacks"] as const)("agents by %s", (capture) => {
  it("createAgent with tools, middleware and a tool that fails", async () => {
    const make = () =>
      createAgent({
        model: new Script([call("add", { a: 1, b: 2 }), done("three")]),
        tools: [add, fail],
        middleware: [createMiddleware({ name: "quiet", beforeModel: () => undefined })],
      });
    const { tracer, trace } = tracing({ capture });
    const agent = tracer.wrap(make(), { workflowType: "agent" });
    const input = { messages: [{ role: "user" as const, content: "1+2?" }] };
    const texts = (result: { messages: BaseMessage[] }) => result.messages.map((m) => m.content);
    expect(texts(await agent.invoke(input))).toEqual(texts(await make().invoke(input)));
    const run = await trace();
    expect(run.status).toBe("success");
    expect(run.nodes.map((n) => n.name)).toEqual([
      "quiet.before_model",
      "model_request",
      "tools",
      "quiet.before_model",
      "model_request",
    ]);
    expect(run.modelCalls.length).toBe(2);
    expect(run.modelCalls[0]).toMatchObject({
      node: "model_request",
      model: "gpt-4o-mini-2024-07-18",
      tokensIn: 100,
      tokensOut: 10,
      tokensCached: 40,
    });
    expect(run.modelCalls[0]?.costUsd).toBeCloseTo((60 * 0.15 + 40 * 0.075 + 10 * 0.6) / 1e6, 12);
    expect(run.toolCalls).toMatchObject([{ name: "add", node: "tools" }]);
    await agent.withConfig({ tags: ["again"] }).invoke(input);
    expect((await trace()).tags).toContain("again");
  });

  it("calls: false leaves model and tool calls out", async () => {
    const { tracer, trace } = tracing({ capture, calls: false });
    const agent = createAgent({ model: new Script([call("add", { a: 1, b: 2 }), done("3")]), tools: [add] });
    await tracer.wrap(agent, { workflowType: "agent" }).invoke({ messages: "1+2?" });
    const run = await trace();
    expect([run.nodes.length, run.modelCalls.length, run.toolCalls.length]).toEqual([3, 0, 0]);
  });

  it("a supervisor hands to an agent and gets it back", async () => {
    const worker = createAgent({ name: "worker", model: new Script([done("worked")]), tools: [add] });
    const supervisor = createSupervisor({
      agents: [worker.graph] as never,
      llm: new Script([call("transfer_to_worker"), done("all done")]),
    });
    const { tracer, trace } = tracing({ capture });
    const wrapped = tracer.wrap(supervisor.compile(), { workflowType: "supervisor" });
    const result = await wrapped.invoke({ messages: [{ role: "user", content: "work" }] });
    expect((result as { messages: BaseMessage[] }).messages.at(-1)?.content).toBe("all done");
    const run = await trace();
    expect(run.status).toBe("success");
    expect(run.nodes.filter((n) => n.path.length === 0).map((n) => n.name)).toEqual([
      "supervisor",
      "worker",
      "supervisor",
    ]);
    expect(run.nodes.filter((n) => n.path[0] === "worker").length).toBeGreaterThan(0);
    expect(run.modelCalls.length).toBe(3);
    expect(run.interactions).toMatchObject([
      { from: "supervisor", to: "worker", kind: "handoff" },
      { from: "worker", to: "supervisor", kind: "return" },
    ]);
  });

  it("a swarm hands over between agents", async () => {
    const alice = createAgent({
      name: "alice",
      model: new Script([call("transfer_to_bob"), done("alice")]),
      tools: [createHandoffTool({ agentName: "bob" })],
    });
    const bob = createAgent({ name: "bob", model: new Script([done("I am bob")]), tools: [add] });
    const swarm = createSwarm({ agents: [alice.graph, bob.graph] as never, defaultActiveAgent: "alice" });
    const { tracer, trace } = tracing({ capture });
    const wrapped = tracer.wrap(swarm.compile(), { workflowType: "swarm" });
    const result = await wrapped.invoke({ messages: [{ role: "user", content: "bob?" }] });
    expect((result as { messages: BaseMessage[] }).messages.at(-1)?.content).toBe("I am bob");
    const run = await trace();
    expect(run.interactions).toContainEqual(expect.objectContaining({ from: "alice", to: "bob", kind: "handoff" }));
    expect(run.nodes.filter((n) => n.path.length === 0).map((n) => [n.name, n.status])).toEqual([
      ["alice", "success"],
      ["bob", "success"],
    ]);
  });
});

it.each(["tap", "callbacks"] as const)(
  "calls in functional tasks count once, for the innermost, by %s",
  async (capture) => {
    const { tracer, trace } = tracing({ capture });
    const [model, search] = [
      new Script([new AIMessage("hm")]),
      tool(async () => "found", { name: "search", schema: z.object({}) }),
    ];
    const inner = lib.task("inner", async () => model.invoke("more"));
    const outer = lib.task("outer", async () => {
      await search.invoke({});
      return inner();
    });
    const main = lib.entrypoint("main", async (text: string) => {
      await model.invoke(text);
      return outer();
    });
    await tracer.wrap(main, { workflowType: "t" }).invoke("hello");
    const { modelCalls, toolCalls } = await trace();
    expect(modelCalls.map((c) => [[...c.path, c.node].join("/"), c.tokensIn])).toEqual([
      ["main", 100],
      ["main/outer/inner", 100],
    ]);
    expect(toolCalls.map((c) => [...c.path, c.node].join("/"))).toEqual(["main/outer"]);
  },
);
