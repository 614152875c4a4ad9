import { describe, expect, it } from "vitest";
import { type JudgedDecision, type MonitorState, monitorChampion, openMonitor } from "../../src/evaluation/index.js";
import { certain, logDecisions, seeded, type World } from "./worlds.js";

const world: World = { kinds: [1], rates: [[0.4, 0.8]] };
const log = (seed: string, n: number, good: boolean, model?: number[][]) =>
  logDecisions(world, {
    n,
    rng: seeded(seed),
    fallback: [0],
    target: [1],
    exploration: 0.4,
    ...(model && { model }),
  }).map((row): JudgedDecision => (good ? row : { ...row, target: row.baseline, baseline: row.target }));
/** Feeds decisions one by one until the verdict, if it comes. */
const feed = (state: MonitorState, rows: JudgedDecision[], until?: string) => {
  let report = monitorChampion(state, []);
  for (const [i, row] of rows.entries()) {
    report = monitorChampion(report.state, [row]);
    if (report.verdict === until) return { report, after: i + 1 };
  }
  return { report, after: rows.length };
};

describe("monitor", () => {
  it("calls a better champion healthy and a worse one back, within a few hundred decisions", () => {
    expect(feed(openMonitor(), log("a", 600, true), "healthy").after).toBeLessThan(300);
    const bad = feed(openMonitor(), log("b", 800, false), "roll-back");
    expect(bad.after).toBeLessThan(500);
    expect(bad.report.reason).toMatch(/after \d+ runs proven worse than.*gain -0\.\d+/);
    expect(bad.report.interval.upper).toBeLessThan(0.1);
    expect(monitorChampion(bad.report.state, log("c", 300, true)).verdict).toBe("roll-back");
  });

  it("catches a champion that turns bad after a long good time", () => {
    const good = monitorChampion(openMonitor(), log("d", 3000, true));
    expect(good.verdict).toBe("healthy");
    const turned = feed(good.state, log("e", 1500, false), "roll-back");
    expect(turned.report.verdict).toBe("roll-back");
    expect(turned.after).toBeLessThan(1200);
  });

  it("seldom rolls back one that is not worse, though asked after every decision", () => {
    const level: World = { kinds: [1], rates: [[0.6, 0.6]] };
    let wrong = 0;
    for (let s = 0; s < 20; s++) {
      const rows = logDecisions(level, { n: 500, rng: seeded(`f${s}`), fallback: [0], target: [1], exploration: 0.4 });
      const { report } = feed(openMonitor(), rows, "roll-back");
      if (report.verdict !== "watching") wrong++;
    }
    expect(wrong).toBeLessThanOrEqual(2);
  });

  it("lets a champion fall behind within its tolerance", () => {
    const slightly: World = { kinds: [1], rates: [[0.6, 0.55]] };
    const rows = logDecisions(slightly, { n: 4000, rng: seeded("t"), fallback: [0], target: [1], exploration: 0.5 });
    expect(monitorChampion(openMonitor({ tolerance: 0.15 }), rows).verdict).not.toBe("roll-back");
    const clearly: World = { kinds: [1], rates: [[0.6, 0.2]] };
    const worse = logDecisions(clearly, { n: 4000, rng: seeded("u"), fallback: [0], target: [1], exploration: 0.5 });
    expect(monitorChampion(openMonitor({ tolerance: 0.15 }), worse).verdict).toBe("roll-back");
  });

  it("goes on from a stored state, of bounded size", () => {
    const rows = log("g", 6000, true);
    const whole = monitorChampion(openMonitor(), rows);
    let state = openMonitor();
    for (let i = 0; i < rows.length; i += 1500)
      state = JSON.parse(JSON.stringify(monitorChampion(state, rows.slice(i, i + 1500)).state));
    expect(state.runs).toBe(whole.runs);
    expect(state.sum).toBeCloseTo(whole.state.sum, 6);
    expect(JSON.stringify(state).length).toBeLessThan(12_000);
  });

  it("says nothing of a champion that does as the fallback does", () => {
    const same = log("h", 500, true).map((r) => ({ ...r, baseline: r.target }));
    expect(monitorChampion(openMonitor(), same)).toMatchObject({ verdict: "watching", gain: 0, runs: 500 });
  });

  it.each<[string, () => unknown, RegExp]>([
    ["a risk of zero", () => openMonitor({ riskLevel: 0 }), /riskLevel 0/],
    ["a negative tolerance", () => openMonitor({ tolerance: -1 }), /tolerance -1/],
    ["a foreign state", () => monitorChampion({} as MonitorState, []), /EVALUATION_INVALID.*monitor state/],
    [
      "a distribution that does not sum to one",
      () =>
        monitorChampion(openMonitor(), [
          { reward: 1, chosen: 0, logging: [0.5, 0.2], target: certain(0, 2), baseline: certain(1, 2) },
        ]),
      /logging \[0.5,0.2\] in row 0.*sum to one/,
    ],
  ])("refuses %s", (_what, call, message) => {
    expect(call).toThrow(message);
  });
});
