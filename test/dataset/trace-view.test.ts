import { describe, expect, it } from "vitest";
import type { EdgeTaken, NodeExecution } from "../../src/core/index.js";
import { joinSegments, successMetrics } from "../../src/dataset/index.js";
import { at, segment } from "../store/facts.js";

const node = (name: string, step: number, more: Partial<NodeExecution> = {}): NodeExecution => ({
  name,
  path: [],
  step,
  taskId: `${name}${step}`,
  attempt: 1,
  startedAt: at(step),
  durationMs: 10,
  status: "success",
  ...more,
});
const edge = (from: string, to: string, step: number, more: Partial<EdgeTaken> = {}): EdgeTaken => ({
  from,
  to,
  kind: "static",
  path: [],
  step,
  started: true,
  ...more,
});

describe("joinSegments", () => {
  const first = segment(1, {
    segmentId: "a",
    status: "interrupted",
    durationMs: 20,
    nodes: [node("x", 1)],
    edges: [edge("x", "y", 1, { started: false }), edge("x", "z", 1, { kind: "join", started: false })],
    tags: ["t"],
    keepProbability: 0.5,
  });
  const second = segment(1, {
    segmentId: "b",
    startedAt: at(90_000),
    resumed: true,
    status: "error",
    error: { name: "E", message: "m" },
    durationMs: 30,
    nodes: [node("y", 2), node("z", 4)],
    threadId: "th",
    keepProbability: 1,
  });

  it("puts a run together from its segments, in any order, each once", () => {
    const joined = joinSegments([second, first, second]);
    expect(joined).toMatchObject({
      segments: ["a", "b"],
      status: "error",
      durationMs: 50,
      threadId: "th",
      tags: ["t"],
    });
    expect(joined?.error?.name).toBe("E");
    expect(joined?.nodes.map((n) => n.name)).toEqual(["x", "y", "z"]);
    expect(joined?.edges.map((e) => e.started)).toEqual([true, true]);
    // It failed in the end, and would have been kept whatever the draw said.
    expect(joined?.keepProbability).toBe(1);
    expect(joined).not.toHaveProperty("segmentId");
  });

  it("forgets an error that a later segment overcame, and knows nothing of nothing", () => {
    const overcome = joinSegments([
      { ...second, startedAt: at(0), resumed: false },
      segment(1, { segmentId: "c", startedAt: at(99_000) }),
    ]);
    expect(overcome?.status).toBe("success");
    expect(overcome).not.toHaveProperty("error");
    expect(joinSegments([])).toBeUndefined();
  });
});

describe("successMetrics", () => {
  const metrics = (nodes: NodeExecution[], edges: EdgeTaken[] = [], more: object = {}) =>
    successMetrics(joinSegments([segment(1, { nodes, edges, ...more })]) as never);

  it("counts what happened", () => {
    const call = {
      path: [],
      startedAt: at(1),
      durationMs: 1,
      tokensIn: 5,
      tokensOut: 2,
      tokensCached: 0,
      costUsd: 0.25,
    };
    const m = metrics([node("a", 1, { status: "error" }), node("a", 1, { attempt: 2 })], [], {
      modelCalls: [call, call],
      toolCalls: [{ name: "t", path: [], startedAt: at(1), durationMs: 1, error: { name: "E", message: "" } }],
    });
    expect(m).toMatchObject({
      nodes: 2,
      errors: 1,
      retries: 1,
      modelCalls: 2,
      toolErrors: 1,
      tokensIn: 10,
      costUsd: 0.5,
    });
    expect(m.success).toBe(1);
    expect(m.averageNodeMs).toBe(10);
  });

  it("efficiency is the share of useful time: repeats in later steps count half, failures nothing, hosts not at all", () => {
    expect(metrics([node("a", 1), node("b", 2)]).efficiency).toBe(1);
    expect(metrics([node("a", 1, { durationMs: 5 }), node("b", 2, { durationMs: 15 })]).efficiency).toBe(1);
    expect(metrics([node("a", 1), node("a", 1)]).efficiency).toBe(1);
    expect(metrics([node("a", 1), node("a", 2)]).efficiency).toBe(0.75);
    expect(metrics([node("a", 1), node("b", 2, { status: "error" })]).efficiency).toBe(0.5);
    expect(metrics([node("h", 1, { durationMs: 100 }), node("x", 1, { path: ["h"] })]).averageNodeMs).toBe(10);
    expect(metrics([]).efficiency).toBe(1);
  });

  it("coordination falls with hand-overs that never start and with ping-pong", () => {
    expect(metrics([], [edge("a", "b", 1)]).coordination).toBe(1);
    expect(metrics([], [edge("a", "b", 1), edge("a", "c", 1, { started: false })]).coordination).toBe(0.5);
    const handoff = (from: string, to: string) => ({ from, to, kind: "handoff" as const, step: 1 });
    const edges = [edge("a", "b", 1), edge("b", "a", 2)];
    expect(metrics([], edges, { interactions: [handoff("a", "b"), handoff("b", "a")] }).coordination).toBe(0);
    expect(metrics([], edges, { interactions: [handoff("a", "b"), handoff("b", "c")] }).coordination).toBe(1);
    expect(metrics([], [edge("__start__", "a", 0), edge("a", "__end__", 1)]).coordination).toBe(1);
  });
});
