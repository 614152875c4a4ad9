import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CollectiveLearningLoop, UserFeedback } from "langgraph-collective-learning";
import { createMemoryStore } from "langgraph-collective-learning/store";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { smallWorld } from "../../src/environments/index.js";
import { gateStateOf } from "../../src/learning/gate-states.js";
import { trainedAsideKey } from "../../src/learning/trained-aside.js";
import { config, input, scripted, sentinel } from "../sentinel/support/crew.js";

const folder = mkdtempSync(join(tmpdir(), "train-orchestrator-"));
const agents = [
  scripted("researcher", ["research"]),
  scripted("linguist", ["language"]),
  scripted("weaver", ["narrative", "language"]),
];
const quick = {
  totalSteps: 1024,
  evaluateEvery: 512,
  comparisonEpisodes: 10,
  algorithm: { kind: "ppo", hidden: [8], epochs: 2, learningRate: 0.01 },
} as const;
/** Under which doing as little as possible pays, so that the baseline is soon beaten. */
const thrift = { completion: 0, satisfaction: 0, tokens: 500 };
const store = createMemoryStore();
const noted = () => store.documents.get(trainedAsideKey("sentinel"));
let loop: CollectiveLearningLoop;
const graph = sentinel({ agents, exploration: 0.4 }).compile({ name: "atlas" });

beforeAll(async () => {
  loop = await CollectiveLearningLoop.open({
    storagePath: folder,
    store,
    orchestrator: graph,
    minSamplesForLearning: 5,
  });
  for (let run = 0; run < 10; run++) {
    const workflowId = `run-${run}`;
    await graph.invoke(input, { ...config, metadata: { workflowId } });
    await loop.feedback.submitFeedback(new UserFeedback(workflowId, "ann").setRatings({ satisfaction: run / 10 }));
  }
});
afterAll(async () => {
  await loop.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("training a Sentinel's policy in the worker", () => {
  it("makes its simulator from the older traces, and publishes nothing that does not beat the baseline", async () => {
    const shares: number[] = [];
    const trained = await loop.trainOrchestrator({
      ...quick,
      agents,
      workflowType: "atlas",
      onProgress: (s) => shares.push(s),
    });
    expect(trained.fit).toMatchObject({ traces: 6 });
    expect(trained.fit?.goodness.map((g) => g.what)).toContain("failures");
    expect(Object.keys(trained.comparison.gains)).toEqual(["random", "baseline"]);
    expect(trained.comparison.gains["baseline"]?.low).toBeLessThanOrEqual(0);
    expect([trained.version, loop.registry.names(), shares.at(-1)]).toEqual([undefined, [], 1]);
    const out = await sentinel({ agents, policy: trained.artifact }).compile().invoke(input, config);
    expect(out.fallbacks).toEqual({});
    expect(out.steps.some((s) => s.source === "policy")).toBe(true);
  });

  it("publishes what does, unpromoted, and puts it on trial by whole runs", async () => {
    const { version, comparison } = await loop.trainOrchestrator({ ...quick, agents, reward: thrift });
    expect(comparison.gains["baseline"]?.low).toBeGreaterThan(0);
    expect(loop.registry.versions("policy/sentinel").map((v) => [v.version, v.lineage.rows > 20])).toEqual([
      [version, true],
    ]);
    expect(loop.registry.champion("policy/sentinel")).toBeUndefined();
    expect(await noted()).toMatchObject({ version });
    const { steps } = await loop.triggerLearningCycle();
    const judged = steps.find((s) => s.component === "routing/sentinel");
    expect(judged).toMatchObject({ state: "done", details: { judged: "trial" } });
    expect(loop.registry.onTrial("policy/sentinel")).toMatchObject({ version, unit: "run" });
    expect(loop.registry.champion("policy/sentinel")).toBeUndefined();
    expect(await noted()).toBeUndefined();
  });

  it("is not given up for what is learned from the rows that come meanwhile", async () => {
    const version = loop.registry.onTrial("policy/sentinel")?.version;
    for (let run = 10; run < 34; run++) {
      const workflowId = `run-${run}`;
      await graph.invoke(input, { ...config, metadata: { workflowId } });
      await loop.feedback.submitFeedback(new UserFeedback(workflowId, "ann").setRatings({ satisfaction: 0.5 }));
    }
    const { steps } = await loop.triggerLearningCycle();
    expect(steps.find((s) => s.component === "routing/sentinel")?.message).toMatch(/^on trial: gain/);
    expect((await gateStateOf(store, "sentinel"))?.trial).toMatchObject({ version, trainedAside: true });
    expect(loop.registry.onTrial("policy/sentinel")).toMatchObject({ version });
  });

  it("lets another one take the place of a version whose trial shows no promise", async () => {
    const tried = loop.registry.onTrial("policy/sentinel")?.version;
    const { version } = await loop.trainOrchestrator({ ...quick, agents, reward: thrift, seed: 2 });
    expect(version).not.toBe(tried);
    const { steps } = await loop.triggerLearningCycle();
    const message = steps.find((s) => s.component === "routing/sentinel")?.message;
    expect(message).toContain(`trained aside, it replaces ${tried}`);
    expect(loop.registry.onTrial("policy/sentinel")).toMatchObject({ version, unit: "run" });
    expect(await noted()).toBeUndefined();
  });

  it("compares with what serves, in a world of one's own", async () => {
    const first = loop.registry.onTrial("policy/sentinel");
    await loop.registry.promote("policy/sentinel", first?.version as string, "by hand");
    const { comparison, fit } = await loop.trainOrchestrator({ ...quick, world: smallWorld() });
    expect(Object.keys(comparison.gains)).toEqual(["random", "baseline", "incumbent"]);
    // What was learned to do little earns little where work is paid.
    expect(comparison.returns["incumbent"]?.mean).toBeLessThan(comparison.returns["baseline"]?.mean);
    expect(fit).toBeUndefined();
  });

  it("trains on where what was promoted cannot be read, and says so", async () => {
    const { version } = await loop.registry.publish("policy/damaged", "routing-policy", { policy: "of no kind" }, {
      rows: 0,
    } as never);
    await loop.registry.promote("policy/damaged", version, "by hand");
    const { comparison, incumbentUnreadable } = await loop.trainOrchestrator({
      ...quick,
      decisionPoint: "damaged",
      world: smallWorld(),
    });
    expect(Object.keys(comparison.gains)).toEqual(["random", "baseline"]);
    expect(incumbentUnreadable).toMatch(/ARTIFACT|snapshot|policy/);
  });

  it("refuses traces that have no work to simulate", async () => {
    const graph = loop.wrap(sentinel({ scanner: undefined }).compile(), { workflowType: "given" });
    await graph.invoke(
      { goal: "g", tasks: [{ id: "1", title: "1" }] },
      { ...config, metadata: { workflowId: "given" } },
    );
    await expect(loop.trainOrchestrator({ ...quick, agents, workflowType: "given" })).rejects.toThrow(
      /1 traces in which no scan found work/,
    );
  });

  it("stops when told to, and refuses what cannot be", async () => {
    const stop = new AbortController();
    const long = { ...quick, agents, reward: thrift, totalSteps: 100_000, evaluateEvery: 100_000 };
    const { stopped, steps, version } = await loop.trainOrchestrator({
      ...long,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    expect([stopped, version]).toEqual(["cancelled", undefined]);
    expect(steps).toBeLessThan(100_000);
    await expect(loop.trainOrchestrator({})).rejects.toThrow(/no world; expected one of them/);
    await expect(loop.trainOrchestrator({ ...quick, agents: [scripted("nobody", [])] })).rejects.toThrow(
      /traces without a run of nobody/,
    );
  });

  it.each([
    [{ totalStep: 500 }, /CONFIG_UNKNOWN_KEY.*unknown key "totalStep".*Did you mean "totalSteps"/],
    [{ totalSteps: 0 }, /TRAINING_INVALID.*received 0 for totalSteps/],
    [{ comparisonEpisodes: 0 }, /received 0 for comparisonEpisodes/],
    [{ algorithm: { kind: "ddpg" } }, /"ddpg" for algorithm.kind; expected ppo or dqn/],
    [{ algorithm: { kind: "dqn", gama: 1 } }, /unknown key "gama".*Did you mean "gamma"/],
    [{ reward: { complete: 2 } }, /unknown key "complete".*Did you mean "completion"/],
    [{ reward: { time: -1 } }, /received -1 for time; expected a finite number from 0/],
    [{ rules: { parallel: 2 } }, /unknown key "parallel".*Did you mean "parallelism"/],
    [{ budget: { steps: 0 } }, /received 0 for steps/],
  ])("refuses %j before anything is trained", async (change, message) => {
    await expect(loop.trainOrchestrator({ ...quick, agents, ...change } as never)).rejects.toThrow(message);
  });
});
