import { Annotation, Command, END, MemorySaver, START, StateGraph } from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import {
  createFeedbackNode,
  evaluatorFeedback,
  FeedbackCollector,
  submitEvaluation,
} from "../../src/feedback/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import { segment } from "./support.js";

async function setUp() {
  const store = createMemoryStore();
  await store.append("trace", [segment("w1")]);
  return new FeedbackCollector({ store });
}

describe("createFeedbackNode", () => {
  async function graphOf(collector: FeedbackCollector) {
    const State = Annotation.Root({ answer: Annotation<string>, done: Annotation<boolean> });
    return new StateGraph(State)
      .addNode(
        "feedback",
        createFeedbackNode<typeof State.State>({ collector, question: (s) => `Was ${s.answer} right?` }),
      )
      .addNode("end", () => ({ done: true }))
      .addEdge(START, "feedback")
      .addEdge("feedback", "end")
      .addEdge("end", END)
      .compile({ checkpointer: new MemorySaver() });
  }
  const config = { configurable: { thread_id: "t1" }, metadata: { workflowId: "w1" } };

  it("interrupts, stores the answer the graph is resumed with, and goes on", async () => {
    const collector = await setUp();
    const graph = await graphOf(collector);
    const stopped = (await graph.invoke({ answer: "42" }, config)) as { __interrupt__?: { value: unknown }[] };
    expect(stopped.__interrupt__?.[0]?.value).toEqual({
      type: "feedback-request",
      workflowId: "w1",
      question: "Was 42 right?",
    });
    const result = await graph.invoke(new Command({ resume: { cat: { score: 8 }, userId: "alice" } }), config);
    expect(result.done).toBe(true);
    expect((await collector.getFeedback("w1")).current).toMatchObject([{ userId: "alice", cat: { score: 8 } }]);
  });

  it.each([[{ cat: { score: 99 } }], [false], ["nonsense"]])("lets the graph go on after %j", async (resume) => {
    const collector = await setUp();
    const graph = await graphOf(collector);
    await graph.invoke({ answer: "42" }, config);
    expect((await graph.invoke(new Command({ resume }), config)).done).toBe(true);
    expect((await collector.getFeedback("w1")).history).toEqual([]);
  });
});

describe("evaluators", () => {
  it("submit each score under their own name and source", async () => {
    const collector = await setUp();
    await submitEvaluation(
      collector,
      "w1",
      async ({ outputs }) => [
        { key: "conciseness", score: String(outputs).length < 10, comment: "short" },
        { key: "similarity", score: 0.4 },
        { key: "skipped", score: null },
      ],
      { outputs: "yes" },
    );
    expect((await collector.getFeedback("w1")).current).toMatchObject([
      { userId: "evaluator:conciseness", source: "evaluator", ratings: { conciseness: 1 }, comment: "short" },
      { userId: "evaluator:similarity", source: "evaluator", ratings: { similarity: 0.4 } },
    ]);
  });

  it("refuse a score out of range", () => {
    expect(() => evaluatorFeedback("w1", { key: "helpfulness", score: 7 })).toThrow(/score 7.*\[0,1\]/s);
  });
});
