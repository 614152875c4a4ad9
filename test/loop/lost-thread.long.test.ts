import { afterEach, describe, expect, it } from "vitest";
import { defaultLogger, ManualClock } from "../../src/core/index.js";
import type { LearningComponent } from "../../src/learning/component.js";
import { resolveConfig } from "../../src/learning/config.js";
import { createFactCollector } from "../../src/learning/cycle/collector.js";
import { createLearningGraph } from "../../src/learning/cycle/graph.js";
import { openPointBook } from "../../src/learning/points.js";
import { createRoutingLearner } from "../../src/learning/routing-learner.js";
import { type LearningWorker, startLearningWorker } from "../../src/learning/thread/host.js";
import { createWorkShare } from "../../src/learning/work.js";
import { createRng } from "../../src/math/rng.js";
import { openRegistry } from "../../src/registry/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import { aDecision, aFeedback, aTrace } from "../support/facts.js";

const built = new URL("../../dist/worker/main.js", import.meta.url);
const workers: LearningWorker[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((w) => w.close()));
});

const logger = defaultLogger({ LEARNING_LOG: "off" });

/** A store with 300 rated decisions of a fallback that explores, and a worker with its collector. */
async function threeHundred(clock = new ManualClock()) {
  const store = createMemoryStore({ clock });
  const rng = createRng(3);
  for (let i = 0; i < 300; i++) {
    const at = new Date(clock.now() + i * 1000).toISOString();
    const [topic, chosen] = [rng.next() < 0.5 ? "invoice" : "crash", rng.next() < 0.75 ? "x" : "y"];
    const ids = { workflowId: `w${i}`, at };
    const probabilities = [0.75, 0.25];
    const propensity = chosen === "x" ? 0.75 : 0.25;
    await store.append("decision", [
      aDecision({ ...ids, decisionId: `d${i}`, context: { topic }, chosen, propensity, probabilities }),
    ]);
    const outcome = (topic === "invoice") === (chosen === "x") ? 1 : 0;
    await store.append("feedback", [aFeedback({ ...ids, feedbackId: `f${i}`, outcome })]);
  }
  const worker = startLearningWorker({ logger, entry: built });
  workers.push(worker);
  return { store, worker, collector: createFactCollector(store, worker, 64) };
}

/** A cycle over such a store with one component. */
async function cycleWith(component: LearningComponent) {
  const clock = new ManualClock();
  const { store, worker, collector } = await threeHundred(clock);
  const points = await openPointBook(store.documents);
  points.declare({ name: "triage", destinations: ["x", "y"], exploration: 0.5, learn: {} });
  const registry = await openRegistry({ ...store, clock });
  const context = {
    documents: store.documents,
    registry,
    worker,
    clock,
    logger,
    seed: 1,
    keepVersions: 5,
    signal: new AbortController().signal,
  };
  const routing = createRoutingLearner({ config: resolveConfig({ enableRlTraining: false }), store, points });
  const graph = createLearningGraph({
    flush: async () => {},
    collector,
    components: [component],
    context,
    routing,
    work: createWorkShare({ store, clock, logger, erasures: collector.erasures, intervalMs: 1 }),
    force: true,
  }).compile();
  return graph.invoke({});
}

describe("a learning thread that is lost during a cycle", () => {
  it("fails the learner it died under; those after it learn from all facts again", async () => {
    const result = await cycleWith({
      name: "greedy",
      async run({ worker }) {
        const job = worker.run("patterns.analyze", { options: {}, rows: { reward: {} } });
        await Promise.all([job, worker.restart()]);
        return { state: "done", samples: 0, message: "never" };
      },
    });
    expect(result.steps).toMatchObject([
      { component: "greedy", state: "failed", message: expect.stringMatching(/WORKER_FAILED/) },
      { component: "routing/triage", state: "done", message: expect.stringMatching(/^promoted v1/) },
    ]);
    expect(result.judged[0]?.status).toMatchObject({ decisions: 300, rated: 300 });
  });
});

describe("a question to the learning thread, such as a report", () => {
  it("is asked again, over all facts, where the thread is ended under it", async () => {
    const { worker, collector } = await threeHundred();
    let asked = 0;
    const points = await collector.withFacts(async () => {
      const job = worker.run("routing.survey", { reward: {} });
      if (++asked === 1) await Promise.all([job, worker.restart()]);
      return job;
    });
    expect([asked, points[0]?.decisions]).toEqual([2, 300]);
    // What was answered over an empty memory counts for nothing either.
    const again = await collector.withFacts(async () => {
      if (++asked === 3) await worker.restart();
      return worker.run("routing.survey", { reward: {} });
    });
    expect([asked, again[0]?.decisions]).toEqual([4, 300]);
  });

  it("fails for what is wrong with itself, and when the worker is closed", async () => {
    const { worker, collector } = await threeHundred();
    let asked = 0;
    const ask = () => {
      asked++;
      // @ts-expect-error: a job that does not exist.
      return worker.run("no such job", {});
    };
    await expect(collector.withFacts(ask)).rejects.toThrow(/unknown job/);
    expect(asked).toBe(1);
    await worker.close();
    await expect(collector.withFacts(ask)).rejects.toThrow(/closed worker/);
  });

  it("is given few traces at a time, so that the host is not held up", async () => {
    const store = createMemoryStore();
    await store.append(
      "trace",
      Array.from({ length: 100 }, (_, i) => aTrace({ workflowId: `w${i}`, segmentId: `s${i}` })),
    );
    const sizes: number[] = [];
    const worker = startLearningWorker({ logger, entry: built });
    workers.push(worker);
    const run: LearningWorker["run"] = (job, input, options) => {
      sizes.push((input as { trace?: unknown[] }).trace?.length ?? 0);
      return worker.run(job, input, options);
    };
    const collector = createFactCollector(store, { ...worker, run, generation: 0 }, 256);
    expect(await collector.collect()).toMatchObject({ traces: 100, held: { runsWithTraces: 100 } });
    expect(Math.max(...sizes)).toBeLessThanOrEqual(32);
  });

  it("may come while a cycle collects", async () => {
    const { worker, collector } = await threeHundred();
    const survey = () => worker.run("routing.survey", { reward: {} });
    const [, points, second] = await Promise.all([
      collector.collect(),
      collector.withFacts(survey),
      collector.collect(),
    ]);
    expect(points[0]?.decisions).toBe(300);
    expect(second).toMatchObject({ decisions: 0, feedback: 0, held: { decisions: 300 } });
  });
});
