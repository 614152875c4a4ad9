import { Command, END, interrupt, MemorySaver, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { counterfactual, createCommandRouter, createRouter } from "../../src/routing/index.js";
import { createWorld } from "./support/world.js";

const State = new StateSchema({
  topic: z.string(),
  tries: z.number().default(0),
  solved: z.string().optional(),
  sent: z.string().optional(),
});
type S = typeof State.State;
const thread = { configurable: { thread_id: "t1" } };
const base = { context: (s: S) => ({ topic: s.topic }), destinations: ["billing", "tech"] as const };

let world: ReturnType<typeof createWorld>;
let ran: string[];
beforeEach(() => {
  world = createWorld();
  ran = [];
});

function build(saver: MemorySaver | false = new MemorySaver()) {
  const router = createRouter({ ...base, decisionPoint: "triage", fallback: () => "billing" }, world.deps);
  return new StateGraph(State)
    .addNode("read", (s) => {
      ran.push("read");
      return { tries: s.tries + 1 };
    })
    .addNode("billing", () => ({ solved: "billing" }))
    .addNode("tech", () => {
      ran.push("tech");
      return { solved: "tech" };
    })
    .addNode("send", (s) => {
      ran.push("send");
      return { sent: `answer of ${s.solved}` };
    })
    .addEdge(START, "read")
    .addConditionalEdges("read", router, router.destinations)
    .addEdge("billing", "send")
    .addEdge("tech", "send")
    .addEdge("send", END)
    .compile({ checkpointer: saver });
}

describe("counterfactual replay", () => {
  const stubs = { send: (s: Record<string, unknown>) => ({ sent: `stub of ${s.solved}` }) };
  const reward = (v: Record<string, unknown>) => (v.solved === "tech" ? 1 : 0);

  it("takes the other way in a copy of the thread, and pairs the outcomes", async () => {
    const graph = build();
    await graph.invoke({ topic: "crash" }, thread);
    const decision = world.sink.written[0];
    const before = await graph.getState(thread);
    ran.length = 0;
    const pair = await counterfactual(graph, { decision, destination: "tech", pure: ["tech"], stubs, reward });
    expect(pair.factual).toMatchObject({ destination: "billing", reward: 0 });
    expect(pair.factual.values).toMatchObject({ solved: "billing", sent: "answer of billing" });
    expect(pair.counterfactual).toMatchObject({ destination: "tech", reward: 1 });
    expect(pair.counterfactual.values).toMatchObject({ solved: "tech", sent: "stub of tech", tries: 1 });
    expect(pair.decisions[0]).toMatchObject({
      decisionId: decision.decisionId,
      chosen: "tech",
      origin: { kind: "counterfactual", workflowId: decision.workflowId },
    });
    expect(ran).toEqual(["tech"]);
    expect(world.sink.written).toHaveLength(1);
    expect(await graph.getState(thread)).toEqual(before);
  });

  it("refuses to run what is not declared", async () => {
    const graph = build();
    await graph.invoke({ topic: "crash" }, thread);
    const decision = world.sink.written[0];
    ran.length = 0;
    const run = (request: object) => counterfactual(graph, { decision, destination: "tech", ...request });
    await expect(run({})).rejects.toThrow("REPLAY_REFUSED] received the undeclared nodes send, tech");
    await expect(run({ pure: ["tech"] })).rejects.toThrow("the undeclared nodes send,");
    await expect(run({ pure: ["tehc"] })).rejects.toThrow("Did you mean tech");
    await expect(run({ destination: "billing" })).rejects.toThrow("another candidate than billing");
    await expect(run({ destination: "sales" })).rejects.toThrow("billing, tech");
    await expect(run({ pur: [] })).rejects.toThrow('Did you mean "pure"');
    await expect(run({ decision: { ...decision, decisionId: "x" } })).rejects.toThrow("does not hold");
    await expect(counterfactual(build(false), { decision, destination: "tech" })).rejects.toThrow("a checkpointer");
    expect(ran).toEqual([]);
  });

  it("refuses a destination that was not allowed", async () => {
    const graph = build();
    await graph.invoke({ topic: "crash" }, thread);
    const decision = { ...world.sink.written[0], mask: [true, false] };
    await expect(counterfactual(graph, { decision, destination: "tech", pure: ["tech"], stubs })).rejects.toThrow(
      /REPLAY_REFUSED.*mask did not allow/,
    );
  });

  it("leaves later decisions of the run to the policy, and replays Command routers", async () => {
    const router = createCommandRouter(
      { ...base, decisionPoint: "loop", destinations: ["work", END], fallback: (s) => (s.tries < 2 ? "work" : END) },
      world.deps,
    );
    const graph = new StateGraph(State)
      .addNode("work", (s) => ({ tries: s.tries + 1 }))
      .addNode("loop", router, { ends: router.ends })
      .addEdge(START, "loop")
      .addEdge("work", "loop")
      .compile({ checkpointer: new MemorySaver() });
    await graph.invoke({ topic: "x" }, thread);
    expect(world.sink.written.map((d) => d.chosen)).toEqual(["work", "work", END]);
    const last = world.sink.written[2];
    const more = await counterfactual(graph, { decision: last, destination: "work", pure: ["work"] });
    expect(more.counterfactual.values.tries).toBe(3);
    expect(more.decisions.map((d) => d.chosen)).toEqual(["work", END]);
    const first = world.sink.written[0];
    const none = await counterfactual(graph, { decision: first, destination: END });
    expect(none.counterfactual.values.tries ?? 0).toBe(0);
    expect(none.decisions).toHaveLength(1);
  });

  it("refuses unfinished runs and replays that stop at an interrupt", async () => {
    const router = createRouter({ ...base, decisionPoint: "triage", fallback: () => "billing" }, world.deps);
    const ask = (name: string) => () => ({ solved: name + interrupt("ok?") });
    const graph = new StateGraph(State)
      .addNode("read", () => ({}))
      .addNode("billing", ask("billing"))
      .addNode("tech", ask("tech"))
      .addEdge(START, "read")
      .addConditionalEdges("read", router, router.destinations)
      .compile({ checkpointer: new MemorySaver() });
    await graph.invoke({ topic: "x" }, thread);
    const request = { decision: world.sink.written[0], destination: "tech", pure: ["tech"] };
    await expect(counterfactual(graph, request)).rejects.toThrow("not finished");
    await graph.invoke(new Command({ resume: "!" }), thread);
    await expect(counterfactual(graph, request)).rejects.toThrow("stopped before tech");
    const stubs = { tech: () => ({ solved: "stub" }) };
    expect((await counterfactual(graph, { ...request, pure: [], stubs })).counterfactual.values.solved).toBe("stub");
  });
});
