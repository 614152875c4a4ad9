import { Annotation, Command, END, MemorySaver, START, StateGraph } from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import {
  createFeedbackNode,
  evaluatorFeedback,
  FeedbackCollector,
  submitEvaluation,
} from "../../src/feedback/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import { WorkflowTracer } from "../../src/tracing/index.js";
import { segment } from "./support.js";

async function setUp() {
  const store = createMemoryStore();
  await store.append("trace", [segment("w1")]);
  return new FeedbackCollector({ store });
}

describe("createFeedbackNode", () => {
  async function graphOf(collector: FeedbackCollector, maxAsks?: number) {
    const State = Annotation.Root({ answer: Annotation<string>, done: Annotation<boolean> });
    return new StateGraph(State)
      .addNode(
        "feedback",
        createFeedbackNode<typeof State.State>({ collector, question: (s) => `Was ${s.answer} right?`, maxAsks }),
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

  it("goes on without an answer", async () => {
    const collector = await setUp();
    const graph = await graphOf(collector);
    await graph.invoke({ answer: "42" }, config);
    expect((await graph.invoke(new Command({ resume: false }), config)).done).toBe(true);
    expect((await collector.getFeedback("w1")).history).toEqual([]);
  });

  it("takes a plain text as a comment", async () => {
    const collector = await setUp();
    const graph = await graphOf(collector);
    await graph.invoke({ answer: "42" }, config);
    expect((await graph.invoke(new Command({ resume: "too long" }), config)).done).toBe(true);
    expect((await collector.getFeedback("w1")).current).toMatchObject([{ comment: "too long", userId: "user" }]);
  });

  it("tells a wrong answer by asking again, counts it, and takes the right one", async () => {
    const collector = await setUp();
    const graph = await graphOf(collector);
    await graph.invoke({ answer: "42" }, config);
    for (const [resume, problem] of [
      [{ cat: { score: 42 } }, /cat\.score = 42; expected at most 10/],
      [7, /FEEDBACK_INVALID/],
    ] as const) {
      const again = (await graph.invoke(new Command({ resume }), config)) as { __interrupt__?: { value: unknown }[] };
      expect(again.__interrupt__?.[0]?.value).toMatchObject({
        question: "Was 42 right?",
        problem: expect.stringMatching(problem),
      });
    }
    expect(collector.counters()).toEqual({ stored: 0, refused: { FEEDBACK_INVALID: 2 } });
    expect((await graph.invoke(new Command({ resume: { cat: { score: 4 } } }), config)).done).toBe(true);
    expect((await collector.getFeedback("w1")).history).toMatchObject([{ cat: { score: 4 } }]);
    expect(collector.counters()).toEqual({ stored: 1, refused: { FEEDBACK_INVALID: 2 } });
  });

  it("asks as often as `maxAsks` allows", async () => {
    const collector = await setUp();
    const graph = await graphOf(collector, 1);
    await graph.invoke({ answer: "42" }, config);
    expect((await graph.invoke(new Command({ resume: { cat: { score: 11 } } }), config)).done).toBe(true);
    expect(collector.counters().refused).toEqual({ FEEDBACK_INVALID: 1 });
  });

  it("lets the graph go on after three wrong answers, and says that they are lost", async () => {
    const collector = await setUp();
    const graph = await graphOf(collector);
    await graph.invoke({ answer: "42" }, config);
    for (let i = 0; i < 2; i++) await graph.invoke(new Command({ resume: { thumbs: "sideways" } }), config);
    expect((await graph.invoke(new Command({ resume: { thumbs: "sideways" } }), config)).done).toBe(true);
    expect((await collector.getFeedback("w1")).history).toEqual([]);
    expect(collector.counters().refused).toEqual({ FEEDBACK_INVALID: 3 });
  });
});

describe("createFeedbackNode in a wrapped graph", () => {
  it("finds the run of an invocation that names none, also when it is resumed", async () => {
    const store = createMemoryStore();
    const tracer = new WorkflowTracer({ store });
    const collector = new FeedbackCollector({
      store,
      knows: (id) => tracer.knows(id),
      identify: (config) => tracer.identify(config),
    });
    const State = Annotation.Root({ answer: Annotation<string> });
    const graph = tracer.wrap(
      new StateGraph(State)
        .addNode("feedback", createFeedbackNode<typeof State.State>({ collector, userId: "alice" }))
        .addEdge(START, "feedback")
        .addEdge("feedback", END)
        .compile({ checkpointer: new MemorySaver() }),
      { workflowType: "asking" },
    );
    const config = { configurable: { thread_id: "t1" } };
    const stopped = (await graph.invoke({ answer: "42" }, config)) as {
      __interrupt__?: { value: { workflowId: string } }[];
    };
    const workflowId = stopped.__interrupt__?.[0]?.value.workflowId as string;
    expect(workflowId).not.toBe("t1");
    await graph.invoke(new Command({ resume: { cat: { score: 8 }, userId: undefined } }), config);
    expect((await collector.getFeedback(workflowId)).current).toMatchObject([{ userId: "alice", cat: { score: 8 } }]);
    // The run was not stored yet when it was judged; the statistics know its type all the same.
    await tracer.close();
    expect((await collector.getFeedbackStatistics()).byWorkflowType).toMatchObject({ asking: { judgements: 1 } });
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

  it("are taken in the forms of openevals and LangSmith, as their types say", async () => {
    const collector = await setUp();
    // The parameter types of openevals' exactMatch and createLLMAsJudge.
    const exactMatch = async (_: { outputs: unknown; referenceOutputs?: unknown }) => ({
      key: "exact_match",
      score: true,
    });
    const llmAsJudge = async (
      _: Record<string, unknown>,
    ): Promise<{ key: string; score: number } & Record<string, unknown>> => ({
      key: "judge",
      score: 0.5,
      metadata: {},
    });
    await submitEvaluation(collector, "w1", exactMatch, { outputs: 1, referenceOutputs: 1 });
    await submitEvaluation(collector, "w1", llmAsJudge, { inputs: "q", outputs: "a" });
    await submitEvaluation(collector, "w1", () => ({ results: [{ key: "listed", score: 1 }] }), {});
    const raters = (await collector.getFeedback("w1")).current.map((r) => r.userId);
    expect(raters).toEqual(["evaluator:exact_match", "evaluator:judge", "evaluator:listed"]);
  });

  it.each([7, Number.NaN, "", "0.5", []])("refuse the score %j", (score) => {
    expect(() => evaluatorFeedback("w1", { key: "k", score: score as number })).toThrow(/\[0,1\]/);
  });

  it.each<[string, unknown, RegExp]>([
    ["no list of results", { results: null }, /null for the evaluator's answer; expected a list of objects/],
    ["a result that is none", { results: [null] }, /expected a list of objects/],
    ["no name", { score: 1 }, /the key undefined; expected a name of 1 to 100/],
    ["a long name", { key: "k".repeat(101), score: 1 }, /expected a name of 1 to 100/],
    ["a name that objects inherit by", JSON.parse('{"key":"__proto__","score":1}'), /expected a name/],
    ["a name twice", ["a", "b", "a"].map((key) => ({ key, score: 1 })), /the key "a" a second time/],
    ["a comment that is no text", { key: "k", score: 1, comment: { text: "x" } }, /comment .* expected a text/],
    ["nothing", undefined, /expected a list of objects/],
  ])("store nothing of an answer with %s", async (_, answer, message) => {
    const collector = await setUp();
    await expect(submitEvaluation(collector, "w1", () => answer as never, {})).rejects.toThrow(message);
    await expect(submitEvaluation(collector, "w1", () => answer as never, {})).rejects.toHaveProperty(
      "code",
      "FEEDBACK_INVALID",
    );
    expect((await collector.getFeedback("w1")).history).toEqual([]);
  });

  it("keep a long comment as far as it goes, no character in halves", () => {
    const [{ comment } = {}] = evaluatorFeedback("w1", { key: "k", score: 1, comment: `x${"😀".repeat(20_000)}` });
    expect(comment).toBe(`x${"😀".repeat(9999)}`);
  });

  it("leave out what has no score, whatever else it is", () => {
    expect(
      evaluatorFeedback("w1", [
        { key: "a", score: null, comment: "unsure" },
        { key: "a", score: 1 },
      ]),
    ).toHaveLength(1);
  });

  it("refuse a score out of range", () => {
    expect(() => evaluatorFeedback("w1", { key: "helpfulness", score: 7 })).toThrow(/score 7.*\[0,1\]/s);
  });
});
