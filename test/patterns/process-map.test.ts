import { describe, expect, it } from "vitest";
import {
  checkConformance,
  DirectlyFollows,
  EventLog,
  processMap,
  referenceOf,
  toMermaid,
} from "../../src/patterns/index.js";
import { supportRuns, wordLog } from "./support/logs.js";

const mapOf = (log: EventLog, rewards?: number[]) => {
  const dfg = new DirectlyFollows();
  log.attach(dfg);
  return processMap(log, dfg, rewards && Float64Array.from(rewards));
};

describe("process map", () => {
  it("counts what follows what, starts, ends, rework, variants and dependency", () => {
    const map = mapOf(wordLog(["abc", "abc", "acb", "abbc"]), [1, 0, 0.5, Number.NaN]);
    const edge = (from: string, to: string) => map.edges.find((e) => e.from === from && e.to === to);
    expect(edge("a", "b")).toMatchObject({ count: 3, runs: 3, dependency: 3 / 4, meanReward: 0.5 });
    expect(edge("b", "c")).toMatchObject({ count: 3, dependency: (3 - 1) / (3 + 1 + 1) });
    expect(edge("b", "b")).toMatchObject({ count: 1, dependency: 1 / 2 });
    expect(map.activities[0]).toMatchObject({ name: "b", events: 5, runs: 4, ends: 1, reworkRuns: 1, reworkEvents: 1 });
    expect(map.activities.find((a) => a.name === "a")).toMatchObject({ starts: 4, ends: 0, meanReward: 0.5 });
    expect(map.variants[0]).toEqual({
      activities: ["a", "b", "c"],
      count: 2,
      share: 0.5,
      ratedRuns: 2,
      meanReward: 0.5,
    });
    expect(map.variants.find((v) => v.ratedRuns === 0)).not.toHaveProperty("meanReward");
    expect(map.loops).toEqual([{ activities: ["b"], runs: 1, meanRounds: 2, maxRounds: 2 }]);
  });

  it("tells waiting from working and names where time goes", () => {
    const log = EventLog.from([
      { id: "1", type: "t", activities: ["a", "b"], startMs: [0, 1000], durationMs: [400, 50] },
      { id: "2", type: "t", activities: ["a", "b"], startMs: [0, 2000], durationMs: [600, 50] },
      { id: "3", type: "t", activities: ["a", "b"] },
    ]);
    const map = mapOf(log);
    expect(map.edges[0]).toMatchObject({ count: 3, meanWaitMs: 1000 });
    expect(map.activities.find((a) => a.name === "a")?.meanWorkMs).toBe(500);
    expect(map.bottlenecks.map((b) => [b.kind, b.at.join(), b.totalMs])).toEqual([
      ["wait", "a,b", 2000],
      ["work", "a", 1000],
      ["work", "b", 100],
    ]);
    expect(map.bottlenecks.reduce((s, b) => s + b.share, 0)).toBeCloseTo(1);
  });

  it("is the same whether runs came at once, bit by bit, or were replaced", () => {
    const cases = supportRuns(60, 1);
    const log = EventLog.from(
      cases.slice(0, 20).map((c) => ({ ...c, activities: ["other"], startMs: [5], durationMs: [9] })),
    );
    const dfg = new DirectlyFollows();
    log.attach(dfg);
    log.add(cases.slice(0, 50));
    log.add(cases.slice(50));
    const grown = processMap(log, dfg);
    const whole = mapOf(EventLog.from(cases));
    const plain = (m: typeof whole) => ({ ...m, variants: m.variants.map((v) => `${v.activities} ${v.count}`).sort() });
    expect(plain(grown)).toEqual(plain(whole));
  });

  it("claims no working time where only starts are known", () => {
    const map = mapOf(EventLog.from([{ id: "1", type: "t", activities: ["a", "b"], startMs: [0, 500] }]));
    expect(map.activities.every((a) => a.meanWorkMs === undefined)).toBe(true);
    expect(map.edges[0]?.meanWaitMs).toBe(500);
    expect(map.bottlenecks).toEqual([{ kind: "wait", at: ["a", "b"], totalMs: 500, meanMs: 500, share: 1 }]);
  });

  it("refuses times that do not match the activities", () => {
    const log = EventLog.from([
      { id: "1", type: "t", activities: ["a", "b", "c"], startMs: [0, Number.NaN, 50], durationMs: [5, 5, 5] },
      { id: "2", type: "t", activities: ["a", "b"], startMs: [0, 10], durationMs: [4, 1] },
    ]);
    const holed = mapOf(log);
    expect(holed.edges.map((e) => [e.from, e.to, e.count, e.meanWaitMs])).toEqual([
      ["a", "b", 2, 6],
      ["b", "c", 1, undefined],
    ]);
    expect(() => EventLog.from([{ id: "x", type: "t", activities: ["a", "b"], startMs: [1] }])).toThrow(
      /case x with 2 activities, 1 starts/,
    );
  });

  it("draws itself, with names that Mermaid can take", () => {
    const text = toMermaid(mapOf(wordLog(["ab", "ab", "a"]), [1, 1, 0]), { minShare: 0.5 });
    expect(text).toBe(
      [
        "flowchart LR",
        "  start((start))",
        "  finish((end))",
        '  a0["a<br/>3x<br/>reward 0.67"]',
        '  a1["b<br/>2x<br/>reward 1.00"]',
        "  start -->|3| a0",
        "  a1 -->|2| finish",
        '  a0 -->|"2"| a1',
        "",
      ].join("\n"),
    );
    const odd = mapOf(EventLog.from([{ id: "1", type: "t", activities: ['say "hi" <b>\n', "`code` #35; a-->b"] }]));
    expect(toMermaid(odd)).toContain('["say #34;hi#34; #60;b#62; <br/>1x"]');
    expect(toMermaid(odd)).toContain('["#96;code#96; #35;35#59; a--#62;b<br/>1x"]');
  });
});

describe("conformance", () => {
  it("names the runs that left the map, and where", () => {
    const log = wordLog(["abc", "abc", "abc", "acb", "bc", "ab"]);
    const result = checkConformance(log, {
      edges: [
        ["a", "b"],
        ["b", "c"],
      ],
      starts: ["a"],
      ends: ["c"],
    });
    expect(result).toMatchObject({ runs: 6, conforming: 3, fitness: 0.5 });
    expect(result.deviating.map((d) => d.id)).toEqual(["c3", "c4", "c5"]);
    expect(result.deviating[0]?.deviations).toEqual([
      { position: 1, kind: "step", from: "a", to: "c" },
      { position: 2, kind: "step", from: "c", to: "b" },
      { position: 3, kind: "end", from: "b" },
    ]);
    expect(result.places[0]).toEqual({ kind: "end", from: "b", runs: 2 });
  });

  it("of the runs a reference was made from is full, unless rare ways are left out", () => {
    const log = EventLog.from(supportRuns(200, 2));
    const map = mapOf(log);
    expect(checkConformance(log, referenceOf(map, 0)).fitness).toBe(1);
    const strict = checkConformance(log, referenceOf(map, 0.1)).fitness;
    expect(strict).toBeLessThan(1);
    expect(strict).toBeGreaterThan(0.5);
  });
});
