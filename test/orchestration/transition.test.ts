import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ActionOutcome, OrchestrationState, OrchestratorAction } from "../../src/orchestration/index.js";
import {
  advance,
  baselineAction,
  DEFAULT_REWARD,
  DEFAULT_RULES,
  initialState,
  legalActions,
  OBSERVATION_FIELDS,
  ORCHESTRATOR_ACTIONS,
  observationOf,
  observationVector,
  planAction,
  potential,
  stepReward,
  survey,
} from "../../src/orchestration/index.js";

const rules = { ...DEFAULT_RULES, loadWindowMs: 0 };
const start = () =>
  initialState({
    goal: "an atlas",
    agents: [
      { name: "linguist", capabilities: ["language"], durationMs: 100, quality: 0.8, reliability: 0.9 },
      { name: "weaver", capabilities: ["narrative", "language"], concurrency: 2, durationMs: 200, quality: 0.6 },
    ],
    territories: [{ id: "t", title: "Territory" }],
    tasks: [
      { id: "words", title: "Words", workflow: "w", capabilities: ["language"], priority: 0.4 },
      { id: "tale", title: "Tale", workflow: "w", capabilities: ["narrative"], dependsOn: ["words"], creative: true },
      { id: "song", title: "Song", capabilities: ["narrative"], priority: 1, creative: true },
    ],
    budget: { steps: 20, timeMs: 10_000 },
  });
const act = (state: OrchestrationState, action: OrchestratorAction, outcome: ActionOutcome = {}) =>
  advance(state, planAction(survey(state, rules), action), outcome, rules);
const run = (taskId: string, agent: string, ok: boolean, quality = 0.5) => ({
  taskId,
  agent,
  ok,
  durationMs: 100,
  tokens: 10,
  costUsd: 0.1,
  ...(ok ? { quality, content: `${taskId}!` } : { error: "no" }),
});
const legal = (state: OrchestrationState) => {
  const mask = legalActions(survey(state, rules));
  return ORCHESTRATOR_ACTIONS.filter((_, i) => mask[i]);
};

describe("transitions", () => {
  it("assigns by priority, fit and health, and keeps dependants waiting", () => {
    const { assignments, ready } = survey(start(), rules);
    expect(ready.map((t) => t.id)).toEqual(["song", "words"]);
    expect(assignments).toEqual([
      { taskId: "song", agent: "weaver", match: 1 },
      { taskId: "words", agent: "linguist", match: 1 },
    ]);
  });

  it("takes results through produced to accepted and frees what depends on them", () => {
    let s = act(start(), "dispatchMultipleAgents", {
      runs: [run("song", "weaver", true), run("words", "linguist", true)],
    });
    expect(s.spent).toEqual({ steps: 1, timeMs: 100, tokens: 20, costUsd: 0.2 });
    expect(survey(s, rules).ready).toEqual([]);
    expect(legal(s)).toEqual(["scanTerritories", "coordinateWorkflow", "monitorSystem", "requestInspiration"]);
    s = act(s, "coordinateWorkflow", { durationMs: 50 });
    expect(s.tasks.map((t) => t.status)).toEqual(["accepted", "waiting", "accepted"]);
    expect(s.workflows.map((w) => w.status)).toEqual(["active", "complete"]);
    expect(survey(s, rules).ready.map((t) => t.id)).toEqual(["tale"]);
    s = act(s, "completeTask");
    expect(s.report).toMatchObject({ reason: "chosen", tasks: { accepted: 2, open: 1, abandoned: 0 } });
    expect(legal(s)).toEqual(["completeTask"]);
  });

  it("reassigns a failure to another agent, then gives it up with all that builds on it", () => {
    let s = start();
    const agents: string[] = [];
    for (let i = 0; i < rules.maxAttempts; i++) {
      const plan = planAction(survey(s, rules), "dispatchMultipleAgents");
      const agent = plan.assignments.find((a) => a.taskId === "words")?.agent as string;
      agents.push(agent);
      s = act(s, "dispatchMultipleAgents", { runs: [run("words", agent, false)] });
      s = act(s, "coordinateWorkflow");
      if (i === 0) s = { ...s, tasks: s.tasks.map((t) => (t.id === "song" ? { ...t, priority: 0.1 } : t)) };
      if (i === 0) s = { ...s, agents: s.agents.map((a) => (a.name === "weaver" ? { ...a, slots: 2 } : a)) };
    }
    expect(agents.slice(0, 2)).toEqual(["linguist", "weaver"]);
    expect(s.tasks.map((t) => t.status)).toEqual(["abandoned", "abandoned", "waiting"]);
    expect(s.workflows[0]?.status).toBe("abandoned");
  });

  it("measures agents from their runs and retires one that fails when another can do its work", () => {
    let s = start();
    const only = s.tasks.filter((t) => t.id === "words");
    s = { ...s, tasks: only };
    for (let i = 0; i < 2; i++) {
      s = act(s, "dispatchSingleAgent", { runs: [run("words", "linguist", false)] });
      s = { ...s, tasks: only };
    }
    s = act(s, "monitorSystem");
    expect(s.agents[0]?.health).toEqual({ reliability: (0.9 * 2) / 4, quality: 0.8, durationMs: 100, runs: 2 });
    expect(s.agents[0]?.window.runs).toBe(0);
    s = act(s, "optimizeResources");
    expect(s.agents.map((a) => [a.status, a.slots])).toEqual([
      ["retired", 0],
      ["active", 2],
    ]);
    expect(survey(s, rules).assignments[0]?.agent).toBe("weaver");
    expect(legal(s)).not.toContain("optimizeResources");
  });

  it("brings a retired agent back for work that only it can do", () => {
    const retire = (name: string) => ({
      ...start(),
      agents: start().agents.map((a) => (a.name === name ? { ...a, status: "retired" as const, slots: 0 } : a)),
    });
    const scan = (s: OrchestrationState, capability: string) =>
      act(s, "scanTerritories", { found: { tasks: [{ id: "new", title: "New", capabilities: [capability] }] } });
    const states = (s: OrchestrationState) => s.agents.map((a) => [a.status, a.slots]);
    const tasks = start().tasks.filter((t) => t.id === "words");
    const weaverless = { ...retire("weaver"), tasks };
    expect(states(scan(weaverless, "language"))).toEqual([
      ["active", 1],
      ["retired", 0],
    ]);
    const back = scan(weaverless, "narrative");
    expect(states(back)).toEqual([
      ["active", 1],
      ["active", 1],
    ]);
    expect(survey(back, rules).assignments).toContainEqual({ taskId: "new", agent: "weaver", match: 1 });
  });

  it("moves slots to the agent whose work waits, up to its concurrency", () => {
    let s = start();
    s = act(s, "dispatchSingleAgent", { runs: [run("song", "weaver", true)] });
    s = act(act(s, "monitorSystem"), "optimizeResources");
    expect(s.agents.map((a) => a.slots)).toEqual([1, 2]);
  });

  it("gives fresh insights to creative work, once per use, until they are stale", () => {
    let s = act(start(), "requestInspiration", { insights: [{ id: "i", text: "echo" }], tokens: 5 });
    expect(legal(s)).not.toContain("requestInspiration");
    expect(survey(s, rules).assignments[0]).toMatchObject({ taskId: "song", insightId: "i" });
    s = act(s, "dispatchSingleAgent", { runs: [run("song", "weaver", true)] });
    expect(s.insights[0]?.usesLeft).toBe(rules.insightUses - 1);
    for (let i = 0; i < rules.insightLifetimeSteps; i++) s = { ...s, spent: { ...s.spent, steps: s.spent.steps + 1 } };
    expect(legal(s)).toContain("requestInspiration");
  });

  it("leaves only completion when a budget is reached", () => {
    const s = act(start(), "scanTerritories", { durationMs: 10_000, found: { exhausted: ["t"] } });
    expect(legal(s)).toEqual(["completeTask"]);
    expect(act(s, "completeTask").report?.reason).toBe("budget");
  });

  it.each([
    [
      "illegal action",
      () => planAction(survey(start(), rules), "coordinateWorkflow"),
      /coordinateWorkflow; expected an action that is legal/,
    ],
    ["no agents", () => initialState({ goal: "", agents: [] }), /received no agents/],
    [
      "unknown dependency",
      () =>
        initialState({
          goal: "",
          agents: [{ name: "a", capabilities: [] }],
          tasks: [{ id: "x", title: "X", dependsOn: ["y"] }],
        }),
      /x depends on y/,
    ],
    [
      "cycle",
      () =>
        initialState({
          goal: "",
          agents: [{ name: "a", capabilities: [] }],
          tasks: [
            { id: "x", title: "X", dependsOn: ["y"] },
            { id: "y", title: "Y", dependsOn: ["x"] },
          ],
        }),
      /x -> y -> x; expected dependencies without a cycle/,
    ],
    [
      "a task that is no task",
      () => act(start(), "scanTerritories", { found: { tasks: [{ id: "q", title: "Q", priority: 7 }] } }),
      /expected a task/,
    ],
  ])("refuses: %s", (_name, attempt, message) => {
    expect(attempt).toThrow(message);
  });
});

describe("properties of any legal run", () => {
  it("keeps observations in [0,1], an action legal, the baseline legal, and shaping a telescoping sum", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 60 }),
        (draws) => {
          let s = start();
          let shaped = 0;
          let plain = 0;
          let discount = 1;
          const weights = { ...DEFAULT_REWARD, discount: 0.9 };
          for (const u of draws) {
            const view = survey(s, rules);
            const mask = legalActions(view);
            const vector = observationVector(observationOf(view));
            expect(vector.length).toBe(OBSERVATION_FIELDS.length);
            expect(vector.every((v) => v >= 0 && v <= 1)).toBe(true);
            expect(mask[ORCHESTRATOR_ACTIONS.indexOf(baselineAction(view))]).toBe(true);
            const options = ORCHESTRATOR_ACTIONS.filter((_, i) => mask[i]);
            const action = options[Math.floor(u * options.length)];
            const plan = planAction(view, action);
            const after = advance(
              s,
              plan,
              {
                durationMs: u * 300,
                runs: plan.assignments.map((a, i) => run(a.taskId, a.agent, (u * 97 + i) % 1 > 0.3, u)),
                insights: action === "requestInspiration" ? [{ id: `i${s.spent.steps}`, text: "" }] : [],
                found: action === "scanTerritories" ? { exhausted: plan.territories } : {},
              },
              rules,
            );
            plain += discount * stepReward(s, after, weights);
            shaped += discount * stepReward(s, after, { ...weights, shaping: 0.7 });
            discount *= 0.9;
            s = after;
            if (s.report) break;
          }
          expect(s.report).toBeDefined();
          expect(shaped).toBeCloseTo(plain + 0.7 * -potential(start()), 9);
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });
});

describe("step reward", () => {
  it("adds what was accepted and takes what was spent and failed", () => {
    const before = act(start(), "dispatchSingleAgent", { runs: [run("song", "weaver", true, 0.5)] });
    expect(stepReward(start(), before)).toBeCloseTo(-0.5 * (100 / 10_000) - 0.5 * (10 / 100_000) - 0.5 * (0.1 / 1), 12);
    const after = act(before, "coordinateWorkflow", { durationMs: 1_000 });
    expect(stepReward(before, after)).toBeCloseTo(1 * 0.5 - 0.5 * 0.1, 12);
    const failed = act(start(), "dispatchSingleAgent", { runs: [run("song", "weaver", false)] });
    expect(stepReward(start(), failed)).toBeLessThan(stepReward(start(), before) - 0.09);
    const end = act(after, "completeTask");
    expect(stepReward(after, end)).toBeCloseTo(3 * (end.report?.satisfaction as number), 12);
    expect(stepReward(after, end, DEFAULT_REWARD, 0.25)).toBeCloseTo(0.75, 12);
  });

  it("weighs time, tokens and money by the scales where a run has no budget of them", () => {
    const unlimited = { ...start(), budget: { steps: 60 } };
    const after = act(unlimited, "dispatchSingleAgent", { runs: [run("song", "weaver", true, 0.5)] });
    const cost = (scales: object) => -stepReward(unlimited, after, { ...DEFAULT_REWARD, ...scales });
    const scales = { timeScaleMs: 1_000, tokenScale: 50, costScaleUsd: 0.2 };
    expect(cost(scales)).toBeCloseTo(0.5 * (100 / 1_000) + 0.5 * (10 / 50) + 0.5 * (0.1 / 0.2), 12);
  });
});

it("an agent without a prior that only ever failed keeps its declared quality, and can be tried again", () => {
  const trusting = { ...rules, priorRuns: 0 };
  const step = (state: OrchestrationState, action: OrchestratorAction, outcome: ActionOutcome = {}) =>
    advance(state, planAction(survey(state, trusting), action), outcome, trusting);
  let state = step(start(), "dispatchSingleAgent", { runs: [run("song", "weaver", false)] });
  state = step(step(state, "monitorSystem"), "coordinateWorkflow");
  expect(state.agents[1]?.health).toEqual({ reliability: 0, quality: 0.6, durationMs: 100, runs: 1 });
  expect(survey(state, trusting).assignments.map((a) => a.taskId)).toContain("song");
});
