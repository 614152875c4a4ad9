import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/core/index.js";
import type { FeedbackInput } from "../../src/feedback/index.js";
import type { ComponentContext } from "../../src/learning/component.js";
import { evaluatorsComponent } from "../../src/learning/components/evaluators.js";
import { type EvaluatorSettings, resolveConfig } from "../../src/learning/config.js";
import { createRng } from "../../src/math/rng.js";
import { createMemoryStore } from "../../src/store/index.js";
import { type RunsToJudgeInput, runsToJudge } from "../../src/worker/jobs/runs-to-judge.js";
import { CollectedFacts } from "../../src/worker/state.js";
import { decision, judged, segment } from "../feedback/support.js";

const NOW = "2026-01-03T00:00:00.000Z";
const node = (update?: string, input?: string) => ({
  ...{
    name: "n",
    path: [],
    step: 1,
    taskId: "t",
    attempt: 1,
    startedAt: NOW,
    durationMs: 1,
    status: "success" as const,
  },
  ...(update !== undefined && { update }),
  ...(input !== undefined && { input }),
});
const at = (i: number) => new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString();

/** Finished runs `w0`, `w1`, ..., each with an output. */
function world(runs: number) {
  const state = new CollectedFacts();
  for (let i = 0; i < runs; i++)
    state.add({
      trace: [segment(`w${i}`, { startedAt: at(i), nodes: [node(`"out ${i}"`)] })],
      decision: [decision(`w${i}`, `d${i}`, { context: { topic: `t${i}` } })],
    });
  const choose = (change: Partial<RunsToJudgeInput> = {}) =>
    runsToJudge.run(
      { reward: {}, name: "judge", share: 0.2, maxPerDay: 1000, most: 1000, now: NOW, seed: 1, ...change },
      { state, cancelled: () => false, progress() {} },
    );
  const say = (i: number, userId: string, value: number, when = NOW) =>
    state.add({
      feedback: [
        judged(`w${i}`, {
          ...{ userId, at: when, ratings: { quality: value } },
          source: userId.startsWith("evaluator:") ? "evaluator" : "human",
        }),
      ],
    });
  return { state, choose, say };
}

describe("the runs that an evaluator judges", () => {
  it("are a share of those nobody judged, each drawn once for good, the newest first, with what is known of them", async () => {
    const { choose, state } = world(1000);
    const { runs } = await choose();
    expect(runs.length).toBeGreaterThan(150);
    expect(runs.length).toBeLessThan(250);
    expect((await choose({ most: 10 })).runs).toEqual(runs.slice(0, 10));
    const [first] = runs;
    expect(Number(first?.workflowId.slice(1))).toBeGreaterThan(980);
    expect(first).toMatchObject({
      outputs: `"out ${first?.workflowId.slice(1)}"`,
      inputs: expect.stringContaining("topic"),
    });
    state.add({ trace: [segment("asked", { startedAt: at(2000), nodes: [node("{}", "in")] })] });
    expect((await choose({ share: 1, most: 1 })).runs).toEqual([{ workflowId: "asked", inputs: "in", outputs: "{}" }]);
  });

  it("keep to the day's budget, and none is judged twice", async () => {
    const { choose, say } = world(300);
    const first = (await choose({ maxPerDay: 20 })).runs;
    expect(first).toHaveLength(20);
    for (const { workflowId } of first) say(Number(workflowId.slice(1)), "evaluator:judge/tone", 0.5);
    const spent = await choose({ maxPerDay: 20 });
    expect(spent).toMatchObject({ runs: [], today: 20 });
    const next = (await choose({ maxPerDay: 20, now: "2026-01-05T00:00:00.000Z" })).runs;
    expect(next).toHaveLength(20);
    expect(next.some((r) => first.some((f) => f.workflowId === r.workflowId))).toBe(false);
    // Another's judgements are not its own.
    expect((await choose({ name: "jud", maxPerDay: 20 })).runs).toHaveLength(20);
  });

  it("are half of them such that people judged, until it is known how it differs", async () => {
    const { choose, say } = world(600);
    for (let i = 0; i < 200; i++) say(i, "alice", 0.7);
    const byPeople = (runs: readonly { workflowId: string }[]) =>
      runs.filter((r) => Number(r.workflowId.slice(1)) < 200).length;
    const mixed = (await choose({ most: 40 })).runs;
    expect([mixed.length, byPeople(mixed)]).toEqual([40, 20]);
    const alone = (await choose({ most: 40, share: 0 })).runs;
    expect([alone.length, byPeople(alone)]).toEqual([40, 40]);
    for (let i = 0; i < 100; i++) say(i, "evaluator:judge", 0.7, at(i));
    const enough = await choose({ most: 40 });
    expect([enough.pairs, byPeople(enough.runs)]).toEqual([100, 0]);
  });

  it("are no others while it does not tell what people say", async () => {
    const { choose, say } = world(400);
    const rng = createRng(3);
    for (let i = 0; i < 60; i++) {
      const human = rng.next();
      say(i, "alice", human);
      say(i, "evaluator:judge", 1 - human, at(i));
      say(i, "evaluator:blind", rng.next() < 0.5 ? 0.2 : 0.8, at(i));
    }
    const helpful = await choose();
    expect(helpful.findings["evaluator:judge"]).toMatchObject({ pairs: 60, helps: true });
    expect(helpful.findings["evaluator:judge"]?.agreement.raw.kappa).toBeLessThan(-0.8);
    expect(helpful.runs.length).toBeGreaterThan(20);
    const blind = await choose({ name: "blind" });
    if (!blind.findings["evaluator:blind"]?.helps) expect(blind.runs).toEqual([]);
    expect(Object.keys(blind.findings)).toEqual(["evaluator:blind"]);
  });

  it("are counted where their output was not captured, and are none that go on", async () => {
    const state = new CollectedFacts();
    state.add({
      trace: [segment("dark", { nodes: [node()] }), segment("open", { status: "interrupted", nodes: [node("{}")] })],
    });
    const input = { reward: {}, name: "j", share: 1, maxPerDay: 5, most: 5, now: NOW, seed: 1 };
    const found = await runsToJudge.run(input, { state, cancelled: () => false, progress() {} });
    expect(found).toMatchObject({ runs: [], unseen: 1 });
  });
});

describe("evaluators in a cycle", () => {
  const run = (runs: number, settings: Omit<EvaluatorSettings, "name">, clock = new ManualClock()) => {
    const stored: FeedbackInput[] = [];
    const { documents } = createMemoryStore();
    const asked = Array.from({ length: runs }, (_, i) => ({ workflowId: `w${i}`, inputs: "q", outputs: `${i}` }));
    const worker = { run: async () => ({ runs: asked, today: 3, pairs: 0, unseen: 0, findings: {} }) };
    const component = evaluatorsComponent({
      evaluators: [{ name: "judge", ...settings }],
      reward: {},
      submit: async (f) => stored.push(f),
    });
    const signal = new AbortController().signal;
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const report = component.run({ documents, worker, clock, logger, seed: 1, signal } as unknown as ComponentContext);
    return { report, stored };
  };

  it("store their word as an evaluator's, under their own name", async () => {
    const one = run(6, { evaluate: async ({ outputs }) => ({ key: "quality", score: Number(outputs) / 10 }) });
    expect(await one.report).toMatchObject({
      state: "done",
      samples: 6,
      message: "judge: 6 runs judged, 9 of 100 within a day",
      warnings: [],
      details: { judge: { judged: 6, unscored: 0, today: 9 } },
    });
    expect(one.stored[5]).toMatchObject({ workflowId: "w5", userId: "evaluator:judge", source: "evaluator" });
    const several = run(1, {
      evaluate: () => [
        { key: "tone", score: 1 },
        { key: "facts", score: false },
      ],
    });
    await several.report;
    expect(several.stored.map((f) => f.userId)).toEqual(["evaluator:judge/tone", "evaluator:judge/facts"]);
  });

  it("end after failures in a row, say why, and are not waited for without end", async () => {
    let asked = 0;
    const failing = run(40, {
      evaluate: () => {
        asked++;
        throw new Error("429");
      },
    });
    expect((await failing.report).warnings?.[0]).toMatch(/judge failed on 4 of 4 runs: 429/);
    expect(asked).toBe(4);
    const clock = new ManualClock();
    const silent = run(1, { evaluate: () => new Promise<never>(() => {}), timeoutMs: 50 }, clock);
    await new Promise(setImmediate);
    clock.advance(50);
    expect((await silent.report).warnings?.[0]).toMatch(/no judgement within 50 ms/);
  });

  it.each<[string, EvaluatorSettings["evaluate"]]>([
    [
      "fails on",
      ({ outputs }) =>
        Number(/\d+/.exec(String(outputs))?.[0]) > 20 ? Promise.reject(new Error("too long")) : { key: "q", score: 1 },
    ],
    [
      "gives no score for",
      ({ outputs }) => ({ key: "q", score: Number(/\d+/.exec(String(outputs))?.[0]) > 20 ? null : 1 }),
    ],
  ])("pay for a run that one %s once a day, and come to the others", async (_, evaluate) => {
    const { state } = world(30);
    const clock = new ManualClock(Date.parse(NOW));
    let asked = 0;
    // Each cycle is another process: what was paid for is remembered beyond a restart.
    const component = () =>
      evaluatorsComponent({
        evaluators: [
          {
            ...{ name: "judge", share: 1, maxPerDay: 28 },
            evaluate: (input) => {
              asked++;
              return evaluate(input);
            },
          },
        ],
        reward: {},
        submit: async (f) =>
          state.add({ feedback: [judged(f.workflowId, { ...f, at: new Date(clock.now()).toISOString() } as never)] }),
      });
    const context = {
      worker: {
        run: async (_: string, input: RunsToJudgeInput) =>
          runsToJudge.run(input, { state, cancelled: () => false, progress() {} }),
      },
      documents: createMemoryStore().documents,
      ...{ clock, seed: 1, signal: new AbortController().signal },
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    } as unknown as ComponentContext;
    const scored = () => [...state.feedback.values()].flat().length;
    for (let cycle = 0; cycle < 12; cycle++) await component().run(context);
    expect({ asked, scored: scored() }).toEqual({ asked: 28, scored: 19 });
    clock.advance(86_400_001);
    for (let cycle = 0; cycle < 6; cycle++) await component().run(context);
    expect({ asked, scored: scored() }).toEqual({ asked: 39, scored: 21 });
  });

  it("have names of their own", () => {
    const evaluate = () => [];
    expect(() =>
      resolveConfig({
        evaluators: [
          { name: "a", evaluate },
          { name: "a", evaluate },
        ],
      }),
    ).toThrow(/evaluators of different names/);
    expect(() => resolveConfig({ evaluators: [{ name: "a b", evaluate }] })).toThrow(/1 to 60 letters/);
  });
});
