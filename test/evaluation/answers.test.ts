import { describe, expect, it } from "vitest";
import { compareAnswers, homogeneity } from "../../src/evaluation/answers.js";
import { gateSettingsSchema } from "../../src/evaluation/gate-settings.js";
import { type ClosedRequest, comparedAnswers } from "../../src/evaluation/point/answering.js";
import { judgeRouting, type RoutingJudgement } from "../../src/worker/jobs/judge-routing.js";
import { aRow, minute } from "../support/rows.js";
import { seeded } from "./worlds.js";

describe("answering given asking", () => {
  it("is compared by Pearson's test", () => {
    // 30 of 40 against 15 of 40: chi-squared 11.43 at one degree of freedom, p = 0.00072.
    expect(
      homogeneity([
        { asked: 40, answered: 30 },
        { asked: 40, answered: 15 },
      ]),
    ).toBeCloseTo(0.0007, 3);
    // Three groups, 10, 20 and 30 of 50 each: chi-squared 16.67 at two degrees of freedom, p = 0.00024.
    const three = [10, 20, 30].map((answered) => ({ asked: 50, answered }));
    expect(homogeneity(three)).toBeCloseTo(0.00024, 4);
    expect(
      homogeneity([
        { asked: 40, answered: 40 },
        { asked: 9, answered: 9 },
      ]),
    ).toBe(1);
    expect(homogeneity([])).toBe(1);
  });

  it("seldom warns where all answer alike", () => {
    const rng = seeded("answers");
    let warned = 0;
    for (let w = 0; w < 500; w++) {
      const groups = ["a", "b", "c"].map((name) => {
        const asked = 30 + rng.int(60);
        return {
          name,
          asked,
          answered: Array.from({ length: asked }, () => Number(rng.next() < 0.4)).reduce((x, y) => x + y),
        };
      });
      if (compareAnswers(groups, "destinations").warning) warned++;
    }
    expect(warned).toBeLessThan(14);
  });

  it("says which destination is answered less, by requests where there are any and else by ratings that stay out", () => {
    const rows = Array.from({ length: 200 }, (_, i) => ({
      decisionId: `d${i}`,
      workflowId: `w${i}`,
      decisionPoint: "p",
      at: new Date(Date.UTC(2026, 0, 1) + i * 60_000).toISOString(),
      index: 0,
      decisionsInRun: 1,
      context: {},
      candidates: ["solid", "flaky"],
      chosen: i % 2 ? "solid" : "flaky",
      source: "fallback" as const,
      mode: "shadow" as const,
      ...(i % 2 || i % 4 === 0
        ? { reward: 1, ratedAt: new Date(Date.UTC(2026, 0, 1) + (i + 5) * 60_000).toISOString() }
        : {}),
    }));
    const [silent] = comparedAnswers(rows, []);
    expect(silent?.warning).toMatch(
      /destinations are not answered alike \(100 % of 100 for solid, 50 % of 100 for flaky/,
    );
    const asked = rows.map((r, i) => ({ workflowId: r.workflowId, answered: i % 4 < 2 }));
    expect(comparedAnswers(rows, asked).map((c) => c.warning)).toEqual([undefined, undefined]);
  });

  it("is judged by the requests of today where a point is judged again over the same rows", () => {
    const rows = Array.from({ length: 60 }, (_, i) => aRow(i, { chosen: i % 2 ? "a" : "b" }));
    const shared = new Map([["rows", { revision: 0, options: '{"reward":{}}', rows: new Map([["p", rows]]) }]]);
    const context = { state: { revision: 0, shared }, progress: () => {}, cancelled: () => false } as never;
    const warnings = (asked: ClosedRequest[]) => {
      const point = { decisionPoint: "p", rows: { reward: {} }, exploration: 0.05, challengers: [] };
      const input = { ...point, gate: gateSettingsSchema.parse({}), asked, now: minute(100) };
      return (judgeRouting.run(input, context) as RoutingJudgement).status.warnings;
    };
    const answeredFor = (chosen: string) =>
      rows.map((r) => ({ workflowId: r.workflowId, answered: r.chosen === chosen }));
    const first = answeredFor("a");
    const said = warnings(first);
    expect(said).toEqual([expect.stringMatching(/100 % of 30 for a, 0 % of 30 for b/)]);
    expect(warnings(first)).toEqual(said);
    expect(warnings(answeredFor("b"))).toEqual([expect.stringMatching(/100 % of 30 for b, 0 % of 30 for a/)]);
  });
});
