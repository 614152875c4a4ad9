import { describe, expect, it } from "vitest";
import type { DecisionRow } from "../../src/dataset/index.js";
import { servable } from "../../src/loop/routing/judged-rows.js";
import { beginWatch, watchChampion } from "../../src/loop/routing/watch.js";
import { trainedArtifact } from "../routing/support/policy.js";

const artifact = trainedArtifact("triage", ["billing", "tech"]);
const champion = servable(artifact);
const time = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString();

/** A decision in act for tech, where the fallback would have taken billing. */
const row = (n: number, reward?: number, change: Partial<DecisionRow> = {}): DecisionRow => ({
  decisionId: `d${n}`,
  workflowId: `w${n}`,
  decisionPoint: "triage",
  at: time(n),
  index: 0,
  decisionsInRun: 1,
  context: { topic: "invoice" },
  candidates: ["billing", "tech"],
  chosen: "tech",
  propensity: 0.9,
  probabilities: [0.1, 0.9],
  fallbackChoice: "billing",
  source: "policy",
  mode: "act",
  policyVersion: "v2",
  ...(reward !== undefined && { reward, rewardSource: "measured" as const }),
  ...change,
});
const begin = () => beginWatch({ version: "v2", artifact, dataTo: time(0), servesSince: time(10) }, [], 0.05);

describe("the watch over a champion", () => {
  it("counts a decision once, when its reward comes, however late", () => {
    const first = watchChampion([row(11), row(12, 0.5), row(13)], champion, begin());
    expect(first.report.runs).toBe(1);
    const stored = JSON.parse(JSON.stringify(first.watch));
    const second = watchChampion([row(11, 0.2), row(12, 0.5), row(13), row(14, 1)], champion, stored);
    expect(second.report.runs).toBe(3);
    const third = watchChampion([row(11, 0.2), row(12, 0.5), row(13, 0), row(14, 1)], champion, second.watch);
    expect(third.report.runs).toBe(4);
    expect(third.watch.unrated).toEqual([]);
    expect(watchChampion([], champion, third.watch).report.runs).toBe(4);
  });

  it("does not hold against a version what another served, or what itself served before it was brought back", () => {
    const bad = [
      row(5, 0),
      row(11, 0, { policyVersion: "v1" }),
      row(12, 0, { mode: "shadow", policyVersion: undefined }),
    ];
    expect(watchChampion(bad, champion, begin()).report.runs).toBe(0);
  });

  it("catches a champion whose bad rewards all come late", () => {
    const rows = (rated: boolean) =>
      Array.from({ length: 300 }, (_, i) => row(11 + i, rated ? ratedAs(i) : undefined, way(i)));
    const way = (i: number) => (i % 10 === 0 ? { chosen: "billing", propensity: 0.1 } : {});
    const ratedAs = (i: number) => (i % 10 === 0 ? 0.9 : 0.1);
    const early = watchChampion(rows(false), champion, begin());
    expect(early.report.verdict).toBe("watching");
    expect(watchChampion(rows(true), champion, early.watch).report.verdict).toBe("roll-back");
  });
});
