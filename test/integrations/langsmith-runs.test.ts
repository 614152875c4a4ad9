import { describe, expect, it } from "vitest";
import type { LangSmithRun } from "../../src/integrations/langsmith.js";
import { readableRun } from "../../src/integrations/langsmith-run.js";
import { segmentOfRuns, startsAnew, utcTime } from "../../src/integrations/langsmith-runs.js";

it("times of LangSmith's are UTC, also where they do not say so and the machine is elsewhere", () => {
  const { TZ } = process.env;
  process.env.TZ = "America/New_York";
  try {
    for (const text of ["2026-01-02T03:04:05.250000", "2026-01-02T03:04:05.25Z", "2026-01-01T22:04:05.25-05:00"])
      expect(utcTime(text)).toBe(Date.UTC(2026, 0, 2, 3, 4, 5, 250));
  } finally {
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
  }
});

describe("runs of LangSmith's within one millisecond", () => {
  const us = (n: number) => `2026-01-01T10:00:00.${String(n).padStart(6, "0")}`;
  const node = (
    id: string,
    name: string,
    step: number,
    from: string,
    to: string,
    parents = ["root"],
  ): LangSmithRun => ({
    id,
    name,
    run_type: "chain",
    start_time: from,
    end_time: to,
    parent_run_ids: parents,
    trace_id: "root",
    tags: [`graph:step:${step}`],
    metadata: {
      langgraph_node: name,
      langgraph_step: step,
      langgraph_triggers: [step === 1 ? "__start__" : `branch:to:${name}`],
      langgraph_path: ["__pregel_pull", name],
      langgraph_checkpoint_ns: `${name}:${id}`,
    },
  });
  const root = (more: Partial<LangSmithRun> = {}): LangSmithRun => ({
    id: "root",
    name: "LangGraph",
    run_type: "chain",
    start_time: us(0),
    end_time: us(5000),
    parent_run_ids: [],
    trace_id: "root",
    tags: [],
    metadata: {},
    ...more,
  });
  const inEveryOrder = (runs: LangSmithRun[]) => [runs, [...runs].reverse(), [...runs.slice(1), ...runs.slice(0, 1)]];
  const told = (runs: readonly LangSmithRun[]) => {
    const segment = segmentOfRuns(runs, "w");
    return [segment?.nodes.map((n) => n.name), segment?.edges.map((e) => `${e.from}>${e.to}`)];
  };
  const whole = [
    ["check", "route", "answer"],
    ["check>route", "route>answer"],
  ];

  it("keep their microseconds and their order, however they are listed", () => {
    const runs = [
      root(),
      node("n1", "check", 1, us(100), us(250)),
      node("n2", "route", 2, us(300), us(450)),
      node("n3", "answer", 3, us(500), us(4000)),
    ];
    for (const listed of inEveryOrder(runs)) expect(told(listed)).toEqual(whole);
    expect(segmentOfRuns(runs, "w")?.nodes[0]?.durationMs).toBeCloseTo(0.15, 6);
  });

  it("go by their steps where the clock contradicts them, or says nothing", () => {
    const at = "2026-01-01T10:00:00.001";
    const same = ["check", "route", "answer"].map((name, i) => node(`n${i}`, name, i + 1, at, at));
    for (const listed of inEveryOrder([root(), ...same])) expect(told(listed)).toEqual(whole);
    const skewed = [
      root(),
      node("n1", "check", 1, us(300), us(900)),
      node("n2", "route", 2, us(100), us(200)),
      node("n3", "answer", 3, us(50), us(60)),
    ];
    for (const listed of inEveryOrder(skewed)) expect(told(listed)).toEqual(whole);
  });

  it("stay under their node where a parent is missing, and one unreadable time costs one run", () => {
    const model: LangSmithRun = {
      id: "m",
      name: "chat",
      run_type: "llm",
      start_time: us(150),
      end_time: us(200),
      parent_run_ids: ["root", "n1", "gone"],
      trace_id: "root",
    };
    const unreadable = { ...model, id: "bad", start_time: "yesterday" };
    const runs = [root(), node("n1", "check", 1, us(100), us(250)), model, unreadable];
    const segment = segmentOfRuns(runs, "w");
    expect(segment?.modelCalls).toMatchObject([{ node: "check" }]);
    expect(segment?.nodes.map((n) => n.name)).toEqual(["check"]);
  });

  it("cost no other one where a part of them is of another kind than the API says", () => {
    const runs = [root(), node("n1", "check", 1, us(100), us(250)), node("n2", "route", 2, us(300), us(450))];
    for (const odd of [null, 5, "x", [null], {}, { length: 5 }, "1e400"])
      for (const key of [
        "tags",
        "parent_run_ids",
        "metadata",
        "name",
        "error",
        "end_time",
        "outputs",
        "prompt_tokens",
      ]) {
        const third = { ...node("n3", "answer", 3, us(500), us(900)), [key]: odd };
        const strange = {
          ...third,
          id: "n4",
          metadata: { ...third.metadata, langgraph_triggers: odd, langgraph_step: odd },
        };
        const readable = [...runs, third, strange, null, 5].flatMap((run) => readableRun(run) ?? []);
        const segment = segmentOfRuns(readable, "w");
        expect(segment?.nodes.map((n) => n.name).slice(0, 2)).toEqual(["check", "route"]);
        expect(startsAnew(readable)).toBe(key !== "parent_run_ids" || odd !== null);
      }
  });
});
