import { CollectiveLearningLoop, type LearningReport } from "langgraph-collective-learning";
import { afterEach, describe, expect, it } from "vitest";
import { defaultLogger } from "../../src/core/index.js";
import type { TrainedChallenger } from "../../src/evaluation/point/challenger.js";
import { type LearningWorker, startLearningWorker } from "../../src/learning/thread/host.js";
import { createRng } from "../../src/math/rng.js";
import { createMemoryStore } from "../../src/store/index.js";
import { judgeRouting } from "../../src/worker/jobs/judge-routing.js";
import { analyzePatterns } from "../../src/worker/jobs/patterns.js";
import { trainRouting } from "../../src/worker/jobs/train-routing.js";
import { CollectedFacts } from "../../src/worker/state.js";
import { aSegment } from "../patterns/support/traces.js";
import { aDecision, aFeedback, asTexts } from "../support/facts.js";

const built = new URL("../../dist/worker/main.js", import.meta.url);
const workers: LearningWorker[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((w) => w.close()));
});

/** Rated runs through nodes in many orders, with a decision each. */
function facts(runs: number) {
  const rng = createRng(7);
  return Array.from({ length: runs }, (_, i) => {
    const workflowId = `w${i}`;
    const at = new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString();
    const path = Array.from({ length: 10 }, () => "abcdef"[rng.int(6)]);
    const chosen = rng.next() < 0.5 ? "x" : "y";
    const ids = { workflowId, at };
    return {
      trace: aSegment(workflowId, path),
      decision: aDecision({ ...ids, decisionId: `d${i}`, chosen, propensity: 0.5, probabilities: [0.5, 0.5] }),
      feedback: aFeedback({ ...ids, feedbackId: `f${i}`, outcome: chosen === "x" ? 1 : 0 }),
    };
  });
}

const inputOf = (all: ReturnType<typeof facts>) => ({
  trace: all.map((f) => f.trace),
  decision: all.map((f) => f.decision),
  feedback: all.map((f) => f.feedback),
});
const rows = { reward: {} };

describe("a learning job that is asked to stop", () => {
  it("ends while it mines, and the thread lives on with its memory", async () => {
    const worker = startLearningWorker({
      logger: defaultLogger({ LEARNING_LOG: "off" }),
      entry: built,
      graceMs: 60_000,
    });
    workers.push(worker);
    await worker.run("facts.ingest", asTexts(inputOf(facts(3000))));
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    const analysis = worker.run("patterns.analyze", { options: {}, rows }, { signal: stop.signal, onProgress });
    await expect(analysis).rejects.toThrow(/WORKER_FAILED.*stopped as asked/);
    expect(worker.generation).toBe(0);
    await expect(worker.run("facts.ingest", {})).resolves.toMatchObject({ runsWithTraces: 3000 });
  });

  it("goes on from there the next time, to the same report", async () => {
    const state = new CollectedFacts();
    state.add(inputOf(facts(400)));
    const progress = () => {};
    for (const steps of [0, 1, 150, 399, 500, 900, 1300]) {
      let left = steps;
      const context = { state, progress, cancelled: () => left-- <= 0 };
      expect(() => analyzePatterns.run({ options: {}, rows }, context)).toThrow("stopped as asked");
    }
    const after = await analyzePatterns.run({ options: {}, rows }, { state, progress, cancelled: () => false });
    const other = new CollectedFacts();
    other.add(inputOf(facts(400)));
    const whole = await analyzePatterns.run({ options: {}, rows }, { state: other, progress, cancelled: () => false });
    expect(after).toEqual(whole);
  });

  it("looks up while it trains, continues and judges", async () => {
    const state = new CollectedFacts();
    state.add(inputOf(facts(300)));
    const stopAfter = (steps: number) => {
      let left = steps;
      return { state, progress: () => {}, cancelled: () => left-- <= 0 };
    };
    const never = { state, progress: () => {}, cancelled: () => false };
    const input = { decisionPoint: "triage", rows, learn: {}, seed: 1, trainShare: 0.6, minSamples: 10 };
    expect(() => trainRouting.run(input, stopAfter(50))).toThrow("stopped as asked");
    const [fresh] = (await trainRouting.run(input, never)) as [TrainedChallenger];
    const at = fresh.dataTo;
    const champion = { version: "v1", artifact: fresh.artifact, dataTo: at, publishedAt: at, since: at };
    expect(() => trainRouting.run({ ...input, champion }, stopAfter(20))).toThrow("stopped as asked");
    const gate = { riskLevel: 0.05, minimumEffect: 0, trainShare: 0.6, cluster: "run" as const };
    const judge = { decisionPoint: "triage", rows, exploration: 0.1, gate, now: "2026-02-01T00:00:00.000Z" };
    expect(() => judgeRouting.run({ ...judge, challengers: [fresh] }, stopAfter(30))).toThrow("stopped as asked");
    const fullFit = { dataTo: at, at: "2026-02-01T00:00:00.000Z" };
    const [refresh] = (await trainRouting.run({ ...input, champion, fullFit }, never)) as [TrainedChallenger];
    expect(refresh.kind).toBe("refresh");
    const continuing = { ...judge, champion, challengers: [refresh] };
    expect(() => judgeRouting.run(continuing, stopAfter(30))).toThrow("stopped as asked");
  });
});

describe("stopLearning", () => {
  it.each(["collecting", "training"])(
    "during %s ends the cycle cleanly, and a report asked for meanwhile is whole",
    async (phase) => {
      const store = createMemoryStore();
      const all = facts(300);
      for (const kind of ["trace", "decision", "feedback"] as const)
        await store.append(
          kind,
          all.map((f) => f[kind] as never),
        );
      let stopped: Promise<void> | undefined;
      let report: Promise<LearningReport> | undefined;
      const now = () => {
        if (stopped) return;
        report = loop.createReport();
        stopped = loop.stopLearning();
      };
      const read: typeof store.read = (kind, query) => {
        if (phase === "collecting" && kind === "feedback") now();
        return store.read(kind, query);
      };
      const get: typeof store.documents.get = (key) => {
        if (phase === "training" && key === "gate/triage") now();
        return store.documents.get(key);
      };
      const watched = { ...store, read, documents: { ...store.documents, get } };
      const loop = await CollectiveLearningLoop.open({ store: watched, storagePath: "unused" });
      loop.router({ decisionPoint: "triage", destinations: ["x", "y"], context: () => ({}), fallback: (): "x" => "x" });
      const cycle = await loop.triggerLearningCycle();
      await stopped;
      expect(cycle.stopped).toBe(true);
      expect((await report)?.points[0]).toMatchObject({ decisionPoint: "triage", decisions: 300, rated: 300 });
      const status = await loop.getLearningStatus();
      expect([status.cyclesCompleted, status.cycleRunning]).toEqual([0, false]);
      const next = await loop.triggerLearningCycle();
      expect(next.steps.filter((step) => step.state === "failed")).toEqual([]);
      expect(next.steps.map((step) => step.component)).toContain("routing/triage");
      await loop.close();
    },
  );
});
