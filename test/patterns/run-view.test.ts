import { describe, expect, it } from "vitest";
import type { NodeExecution, Trace } from "../../src/core/index.js";
import { viewRun } from "../../src/patterns/index.js";
import { aTrace } from "./support/traces.js";

const node = (name: string, second: number, change: Partial<NodeExecution> = {}): NodeExecution => ({
  name,
  path: [],
  step: second,
  taskId: `${name}${second}`,
  attempt: 1,
  startedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
  durationMs: 100,
  status: "success",
  ...change,
});

describe("a trace as a run", () => {
  it("is in order of start, with retries as one execution and parallel nodes by name", () => {
    const trace: Trace = aTrace("w", {
      nodes: [
        node("__start__", 0),
        node("z", 2, { step: 2 }),
        node("plan", 1, { taskId: "p", status: "error" }),
        node("plan", 1, { taskId: "p", attempt: 2, durationMs: 50 }),
        node("a", 2, { step: 2 }),
        node("inner", 3, { path: ["team"] }),
      ],
    });
    const view = viewRun(trace);
    expect(view.cases.nodes.activities).toEqual(["plan", "a", "z", "team/inner"]);
    expect(view.cases.nodes.durationMs?.[0]).toBe(150);
    expect(view.metrics).toMatchObject({ nodes: 4, retries: 1, agents: 4 });
    expect(view.attempts[0]).toEqual({ node: "plan", before: [], failed: true });
    expect(view.attempts[2]).toEqual({ node: "z", before: ["plan", "a"], failed: false });
    expect(view.succeeded).toBe(true);
  });

  it("takes agents from hand-offs, else from who called models", () => {
    const nodes = [node("router", 1), node("ann", 2), node("ann", 3), node("bob", 4)];
    const handed = viewRun(
      aTrace("w", { nodes, interactions: [{ from: "ann", to: "bob", kind: "handoff", step: 3 }] }),
    );
    expect(handed.cases.agents.activities).toEqual(["ann", "bob"]);
    const call = {
      node: "router",
      path: [],
      startedAt: nodes[0]?.startedAt,
      durationMs: 1,
      tokensIn: 2,
      tokensOut: 3,
      tokensCached: 0,
      costUsd: 0.5,
    };
    const called = viewRun(aTrace("w", { nodes, modelCalls: [call] }));
    expect(called.cases.agents.activities).toEqual(["router"]);
    expect(called.metrics).toMatchObject({ tokensIn: 2, costUsd: 0.5 });
    const { costUsd: _, ...unpriced } = call;
    expect(viewRun(aTrace("w", { nodes, modelCalls: [call, unpriced] })).metrics).not.toHaveProperty("costUsd");
    expect(viewRun(aTrace("w", { nodes })).metrics).toMatchObject({ modelCalls: 0, costUsd: 0 });
  });

  it("names the agent in whose work a run failed, and leaves unfinished runs undecided", () => {
    const nodes = [node("ann", 1), node("bob", 2, { status: "error" })];
    expect(viewRun(aTrace("w", { nodes, status: "error" })).failedAt).toEqual({ agent: "bob", step: 1 });
    expect(viewRun(aTrace("w", { nodes, status: "interrupted" })).succeeded).toBeUndefined();
  });
});
