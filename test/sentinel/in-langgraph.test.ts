import { AIMessage } from "@langchain/core/messages";
import {
  Annotation,
  Command,
  END,
  interrupt,
  MemorySaver,
  MessagesAnnotation,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { ORCHESTRATOR_ACTIONS } from "../../src/orchestration/index.js";
import { createSentinelOrchestrator } from "../../src/sentinel/index.js";
import { config, input, scripted, sentinel } from "./support/crew.js";

describe("in LangGraph's hands", () => {
  const thread = (id: string) => ({ ...config, configurable: { thread_id: id } });

  it("asks a person before chosen actions, and does what the person says", async () => {
    const graph = sentinel({ approval: ["requestInspiration", "completeTask"] }).compile({
      checkpointer: new MemorySaver(),
    });
    const asked: unknown[] = [];
    let out = await graph.invoke(input, thread("t"));
    const answers = [false, true, true, true, { action: "completeTask" as const }];
    for (const answer of answers) {
      const [request] = (out as { __interrupt__?: { value: { action: string } }[] }).__interrupt__ ?? [];
      if (!request) break;
      asked.push(request.value.action);
      out = await graph.invoke(new Command({ resume: answer }) as never, thread("t"));
    }
    expect(asked[0]).toBe("requestInspiration");
    expect(asked.at(-1)).toBe("completeTask");
    const humans = out.steps.filter((s) => s.source === "human");
    expect(humans.length).toBe(asked.length);
    expect(humans[0]?.action).not.toBe("requestInspiration");
    expect(out.finalReport?.tasks.accepted).toBe(6);
  });

  it("goes on from a checkpoint after an interrupt inside an agent", async () => {
    let calls = 0;
    const asking = new StateGraph(MessagesAnnotation)
      .addNode("ask", () => {
        calls++;
        return { messages: [new AIMessage(`told ${interrupt("which river?")}`)] };
      })
      .addEdge(START, "ask")
      .addEdge("ask", END)
      .compile();
    const agents = [{ name: "asker", capabilities: [], runnable: asking as never }, scripted("other", [])];
    const graph = createSentinelOrchestrator({ agents }).compile({ checkpointer: new MemorySaver() });
    const tasks = [
      { id: "1", title: "1" },
      { id: "2", title: "2" },
    ];
    await graph.invoke({ goal: "g", tasks }, thread("i"));
    const held = await graph.getState(thread("i"));
    expect(held.next).toEqual(["asker"]);
    const out = await graph.invoke(new Command({ resume: "the Lethe" }) as never, thread("i"));
    expect(out.finalReport?.results.map((r) => r.content).sort()).toEqual(["other: 2", "told the Lethe"]);
    expect(calls).toBe(2);
  });

  it("pays an agent that remembers its earlier runs for each run once", async () => {
    const usage = { input_tokens: 60, output_tokens: 40, total_tokens: 100 };
    const remembering = new StateGraph(MessagesAnnotation)
      .addNode("say", () => ({
        messages: [new AIMessage({ content: "hm", usage_metadata: usage }), new AIMessage("yes")],
      }))
      .addEdge(START, "say")
      .addEdge("say", END)
      .compile({ checkpointer: true });
    const agents = [{ name: "mindful", capabilities: [], runnable: remembering as never }];
    const graph = createSentinelOrchestrator({ agents }).compile({ checkpointer: new MemorySaver() });
    const tasks = ["1", "2", "3"].map((id) => ({ id, title: id }));
    const out = await graph.invoke({ goal: "g", tasks }, thread("m"));
    expect(out.agentResponses.map((r) => r.tokens)).toEqual([100, 100, 100]);
  });

  it("starts anew on a thread that has finished", async () => {
    const graph = sentinel().compile({ checkpointer: new MemorySaver() });
    await graph.invoke(input, thread("s"));
    const again = await graph.invoke({ goal: "another", tasks: [{ id: "x", title: "X" }] }, thread("s"));
    expect(again.finalReport).toMatchObject({ goal: "another", tasks: { accepted: 1, open: 0 } });
    expect(again.steps[0]?.step).toBe(0);
  });

  it("streams each node's update", async () => {
    const nodes: string[] = [];
    for await (const update of await sentinel()
      .compile()
      .stream(input, { ...config, streamMode: "updates" }))
      nodes.push(...Object.keys(update));
    expect(nodes[0]).toBe("begin");
    expect(nodes.at(-1)).toBe("completeTask");
    expect(new Set(nodes).size).toBeGreaterThan(8);
    expect(nodes).toContain("weaver");
  });

  it("works as a subgraph", async () => {
    const State = Annotation.Root({
      goal: Annotation<string>,
      tasks: Annotation<{ id: string; title: string }[]>,
      finalReport: Annotation<{ meanQuality: number } | null>,
      verdict: Annotation<string>,
    });
    const parent = new StateGraph(State)
      .addNode("sentinel", sentinel().compile())
      .addNode("judge", (s) => ({ verdict: s.finalReport && s.finalReport.meanQuality > 0.5 ? "good" : "bad" }))
      .addEdge(START, "sentinel")
      .addEdge("sentinel", "judge")
      .addEdge("judge", END)
      .compile();
    const out = await parent.invoke({ goal: "nested", tasks: [{ id: "x", title: "X" }] }, config);
    expect(out.verdict).toBe("good");
  });

  it("draws every node and edge", async () => {
    const drawn = await sentinel().compile().getGraphAsync();
    const names = Object.keys(drawn.nodes);
    for (const node of [...ORCHESTRATOR_ACTIONS, "control", "advisor", "researcher"]) expect(names).toContain(node);
    expect(drawn.edges.some((e) => e.source === "dispatchMultipleAgents" && e.target === "weaver")).toBe(true);
  });
});

it.each([
  ["a reserved name", [scripted("control", [])], /agent named "control"/],
  ["no Runnable", [{ name: "a", capabilities: [], runnable: {} as never }], /a\.runnable = \{\}/],
  ["a broken concurrency", [scripted("a", [], undefined, { concurrency: 0 })], /a\.concurrency = 0/],
])("refuses %s", (_name, agents, message) => {
  expect(() => createSentinelOrchestrator({ agents })).toThrow(message);
});

it("refuses to approve what is no action", () => {
  expect(() => sentinel({ approval: ["launch" as never] })).toThrow(/approval of "launch"/);
});
