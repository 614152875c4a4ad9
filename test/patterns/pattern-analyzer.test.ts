import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { createRng } from "../../src/math/rng.js";
import { PatternAnalyzer } from "../../src/patterns/index.js";
import { createMemoryStore, type LearningStore } from "../../src/store/index.js";
import { WorkflowTracer } from "../../src/tracing/index.js";
import { aFeedback } from "../support/facts.js";
import { supportRuns } from "./support/logs.js";
import { aSegment } from "./support/traces.js";

/** Runs in which reading before the draft makes a good result likely. */
async function fill(store: LearningStore, count: number, seed: string, effect = 0.5): Promise<void> {
  const rng = createRng(seed);
  for (const c of supportRuns(count, seed)) {
    const id = `${seed}/${c.id}`;
    const good = c.activities.includes("read");
    await store.append("trace", [aSegment(id, c.activities)]);
    await store.append("feedback", [
      aFeedback({ feedbackId: id, workflowId: id, outcome: rng.next() < 0.3 + (good ? effect : 0) ? 1 : 0 }),
    ]);
  }
}

describe("PatternAnalyzer", () => {
  it("finds in a store what distinguishes good runs, and recommends it with runs and certainty", async () => {
    const store = createMemoryStore();
    await fill(store, 250, "a");
    const analyzer = new PatternAnalyzer({ store }, { permutations: 199 });
    const report = await analyzer.analyzePatterns();
    expect(report).toMatchObject({
      runs: 250,
      ratedRuns: 250,
      rewardBasis: "judged",
      dataFrom: "2026-01-01T00:00:00.000Z",
    });
    const advice = await analyzer.getPatternRecommendations({ workflowType: "support" });
    const read = advice.find((a) => a.kind === "prefer" && a.activities.includes("read"));
    expect(read?.certainty).toBeGreaterThanOrEqual(0.95);
    expect(read?.text).toMatch(
      /^support: runs with .*read.* earn [01]\.\d\d, others 0\.\d\d \(\d+ of 250 rated runs\)$/,
    );
    const next = await analyzer.getPatternRecommendations({ workflowType: "support", path: ["triage"] });
    expect(next.some((a) => a.next === "read")).toBe(true);
    expect(await analyzer.getPatternRecommendations({ workflowType: "sales" })).toEqual([]);
    expect(report.maps.support?.edges.length).toBeGreaterThan(5);
  });

  it("recommends nothing rather than guess", async () => {
    const store = createMemoryStore();
    const empty = new PatternAnalyzer(store);
    expect(await empty.getPatternRecommendations()).toEqual([]);
    expect(await empty.getOptimalWorkflowPattern("support")).toBeUndefined();
    expect(await empty.getOptimalAgentCombination("support")).toBeUndefined();
    await fill(store, 60, "chance", 0);
    expect(await empty.getPatternRecommendations()).toEqual([]);
    expect(await empty.getOptimalWorkflowPattern("support")).toBeUndefined();
  });

  it("keeps its results until something new comes in, and then equals a fresh analysis", async () => {
    const store = createMemoryStore();
    await fill(store, 60, "a");
    const analyzer = new PatternAnalyzer(store, { permutations: 99 });
    const first = await analyzer.analyzePatterns();
    expect(await analyzer.analyzePatterns()).toBe(first);
    expect(await analyzer.analyzePatterns({ fdr: 0.2 })).not.toBe(first);
    await fill(store, 40, "b");
    // A run that was resumed, and a judgement that changed.
    await store.append("trace", [
      aSegment("a/support-1", ["send"], { segmentId: "again", resumed: true, startedAt: "2026-01-02T00:00:00.000Z" }),
    ]);
    await store.append("feedback", [aFeedback({ feedbackId: "new", workflowId: "a/support-2", outcome: 0.5 })]);
    const grown = await analyzer.analyzePatterns();
    const fresh = await new PatternAnalyzer(store, { permutations: 99 }).analyzePatterns();
    expect(grown.runs).toBe(100);
    expect(grown.maps.support?.events).toBe(fresh.maps.support?.events);
    expect(new Map(grown.patterns.map((p) => [`${p.kind} ${p.activities}`, p.difference]))).toEqual(
      new Map(fresh.patterns.map((p) => [`${p.kind} ${p.activities}`, p.difference])),
    );
  });

  it("takes feedback that came before any trace", async () => {
    const store = createMemoryStore();
    await store.append("feedback", [aFeedback({ workflowId: "early", outcome: 0.9 })]);
    const analyzer = new PatternAnalyzer(store);
    expect((await analyzer.analyzePatterns()).runs).toBe(0);
    await store.append("trace", [aSegment("early", ["a"])]);
    expect((await analyzer.analyzePatterns({ minRated: 1 })).ratedRuns).toBe(1);
  });

  it("names the best way and the best team when they are surely better", async () => {
    const store = createMemoryStore();
    const rng = createRng("ways");
    for (let i = 0; i < 160; i++) {
      const path = i % 2 ? ["plan", "write"] : ["write"];
      await store.append("trace", [aSegment(`w${i}`, path)]);
      await store.append("feedback", [
        aFeedback({ feedbackId: `f${i}`, workflowId: `w${i}`, outcome: rng.next() < (i % 2 ? 0.9 : 0.3) ? 1 : 0 }),
      ]);
    }
    const analyzer = new PatternAnalyzer(store);
    expect(await analyzer.getOptimalWorkflowPattern("support")).toMatchObject({
      activities: ["plan", "write"],
      ratedRuns: 80,
    });
    expect(await analyzer.getOptimalAgentCombination("support")).toMatchObject({ agents: ["plan", "write"] });
    expect(await analyzer.getOptimalAgentCombination("support", { maxAgents: 1 })).toBeUndefined();
  });

  it("learns who is to blame from people who said so", async () => {
    const store = createMemoryStore();
    for (let i = 0; i < 20; i++) {
      await store.append("trace", [aSegment(`w${i}`, ["ann", "bob", "ann"], { status: "error" })]);
      await store.append("feedback", [
        aFeedback({ feedbackId: `f${i}`, workflowId: `w${i}`, outcome: 0, tags: ["responsible:bob"] }),
      ]);
    }
    const analyzer = new PatternAnalyzer(store);
    const report = await analyzer.analyzePatterns();
    expect(report.blames[0]).toMatchObject({ agent: "bob", basis: "labels", basedOn: 20 });
    expect(analyzer.attributeFailure({ workflowType: "support", steps: ["cyd", "bob"] })[0]?.agent).toBe("bob");
  });

  it("works on a tracer alone, with what it still buffers", async () => {
    const tracer = new WorkflowTracer({ store: createMemoryStore(), buffer: { processHooks: false } });
    const graph = new StateGraph(Annotation.Root({ text: Annotation<string> }))
      .addNode("answer", () => ({ text: "hello" }))
      .addEdge(START, "answer")
      .compile();
    await tracer.wrap(graph, { workflowType: "mail" }).invoke({ text: "hi" });
    const report = await new PatternAnalyzer(tracer).analyzePatterns();
    expect(report).toMatchObject({ runs: 1, rewardBasis: "success", ratedRuns: 1 });
    expect(report.maps.mail?.activities.map((a) => a.name)).toEqual(["answer"]);
    await tracer.close();
  });

  it("answers from a report made elsewhere", async () => {
    const store = createMemoryStore();
    await fill(store, 250, "a");
    const report = await new PatternAnalyzer(store, { permutations: 199 }).analyzePatterns();
    const other = new PatternAnalyzer();
    other.adopt(JSON.parse(JSON.stringify(report)));
    expect((await other.getPatternRecommendations({ workflowType: "support" })).length).toBeGreaterThan(0);
  });
});
