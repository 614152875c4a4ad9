import { Command, END, interrupt, MemorySaver, START, StateGraph, StateSchema } from "@langchain/langgraph";
import {
  CollectiveLearningLoop,
  createMemoryStore,
  type Decision,
  type LearningStore,
  ManualClock,
} from "langgraph-collective-learning";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const State = new StateSchema({ said: z.string().optional() });

/** A process: `first` decides, then it is waited for a word, then `second` decides. */
async function aProcess(store: LearningStore, checkpointer: MemorySaver, clock: ManualClock) {
  const loop = await CollectiveLearningLoop.open({ store, clock, seed: 1 });
  const router = (decisionPoint: string, destinations: string[]) =>
    loop.router({ decisionPoint, destinations, context: () => ({}), fallback: () => destinations[0] ?? "" });
  const graph = loop.wrap(
    new StateGraph(State)
      .addNode("one", () => ({}))
      .addNode("wait", () => ({ said: String(interrupt("what?")) }))
      .addNode("other", () => ({}))
      .addNode("again", () => ({ said: String(interrupt("sure?")) }))
      .addEdge(START, "one")
      .addConditionalEdges("one", router("first", ["wait", "other"]), ["wait", "other"])
      .addConditionalEdges("wait", router("second", ["again", END]), ["again", END])
      .addConditionalEdges("again", router("third", [END, "other"]), [END, "other"])
      .addEdge("other", END)
      .compile({ checkpointer }),
    { workflowType: "talk" },
  );
  return { loop, graph };
}

async function decisionsIn(store: LearningStore): Promise<Decision[]> {
  const all: Decision[] = [];
  for await (const { facts } of store.read("decision")) all.push(...facts);
  return all.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.index - b.index));
}

describe.each([
  ["without an id of the caller's", {}],
  ["under the caller's id", { metadata: { workflowId: "talk-1" } }],
])("a run that is resumed in another process %s", (_, more) => {
  it("knows what was chosen before, back and forth, and goes on counting", async () => {
    const store = createMemoryStore();
    const checkpointer = new MemorySaver();
    const clock = new ManualClock();
    const a = await aProcess(store, checkpointer, clock);
    const b = await aProcess(store, checkpointer, clock);
    const config = { configurable: { thread_id: "t" }, ...more };
    const step = async ({ graph, loop }: typeof a, input: object) => {
      clock.advance(1000);
      await graph.invoke(input, config);
      await loop.flush();
    };
    // What an earlier run of the thread chose is that one's business, under whatever id.
    for (const input of [{}, new Command({ resume: "yes" }), new Command({ resume: "sure" })]) await step(a, input);
    const earlier = (await decisionsIn(store)).length;
    await step(a, {});
    await step(b, new Command({ resume: "yes" }));
    await step(a, new Command({ resume: "sure" }));
    const decisions = (await decisionsIn(store)).slice(earlier);
    expect(new Set(decisions.map((d) => d.workflowId)).size).toBe(1);
    const begun = decisions[0]?.index ?? 0;
    expect(decisions.map((d) => [d.decisionPoint, d.index - begun, d.context])).toEqual([
      ["first", 0, {}],
      ["second", 1, { "chosen at first": "wait" }],
      ["third", 2, { "chosen at first": "wait", "chosen at second": "again" }],
    ]);
    await a.loop.close();
    await b.loop.close();
  });
});
