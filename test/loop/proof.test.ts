import { CollectiveLearningLoop, ManualClock } from "langgraph-collective-learning";
import { describe, expect, it } from "vitest";
import { type DecisionRow, fitEncoder } from "../../src/dataset/index.js";
import type { ChampionWatch } from "../../src/evaluation/point/gate-state.js";
import {
  judgedDecisions,
  type ServedArtifact,
  servable,
  servedDecisions,
} from "../../src/evaluation/point/judged-rows.js";
import { roomToReturn } from "../../src/evaluation/point/return-to.js";
import { openWatch, watchChampion } from "../../src/evaluation/point/watch.js";
import { createPolicy } from "../../src/policies/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import { trainRouting } from "../../src/worker/jobs/train-routing.js";
import { CollectedFacts } from "../../src/worker/state.js";
import { aRow, minute } from "../support/rows.js";
import { ticketOffice, triageGraph } from "../support/triage.js";

/** A policy that knows the destinations a and b and prefers a. */
function artifact(candidates = ["a", "b"]) {
  const encoder = fitEncoder([{ topic: "x" }, { topic: "y" }]);
  const policy = createPolicy({ kind: "epsilon-greedy", epsilon: 0, dim: encoder.dim });
  const context = encoder.encode({ topic: "x" });
  policy.learn([
    { context, candidates: ["a", "b"], chosen: 0, reward: 1 },
    { context, candidates: ["a", "b"], chosen: 1, reward: 0 },
  ]);
  return { decisionPoint: "p", encoder: encoder.snapshot(), policy: policy.snapshot(), candidates };
}

/** A decision in act of version v1, made in minute `n`: a where the fallback would have said b. */
function row(n: number, change: Partial<DecisionRow> = {}): DecisionRow {
  return aRow(n, { control: 0.1, policyVersion: "v1", reward: 0, ratedAt: minute(n), ...change });
}

const champion = servable(artifact());
const watch = (change: Partial<ChampionWatch> = {}): ChampionWatch => ({
  version: "v1",
  versions: ["v1"],
  anchor: "v1",
  anchorLowerBound: 0,
  lowerBound: 0,
  ...openWatch("", 0.05),
  ...change,
});

describe("an earlier version that a roll-back may return to", () => {
  const earlier = { version: "v0", artifact: artifact(), dataTo: minute(0), publishedAt: minute(0), since: minute(0) };
  /** Since minute 10 the fallback and a were drawn evenly; a pleases whoever rates. */
  const late = (change: Partial<DecisionRow>) =>
    Array.from({ length: 200 }, (_, i) => {
      const isA = i % 2 === 0;
      const even = { propensity: 0.5, probabilities: [0.5, 0.5], chosen: isA ? "a" : "b", reward: Number(isA) };
      return row(10 + i, { ...even, ...change, userId: `u${i % 10}` });
    });

  it("must still hold for those who were asked, and for as many people as count", () => {
    const asked = row(1, { ratedBy: "asked", ratedProbability: 0.5 });
    const back = (rows: DecisionRow[], by?: "user") => roomToReturn(rows, minute(10), [earlier], by);
    expect(back(late({ ratedBy: "measured" }))).toBe("v0");
    expect(back([asked, ...late({ ratedBy: "unasked" })])).toBeUndefined();
    expect(back(late({ ratedBy: "measured" }), "user")).toBeUndefined();
  });
});

describe("the watch over a champion", () => {
  it("counts each decision once, when its rating comes, however late", () => {
    const rated = [row(1), row(2), row(3, { reward: undefined, ratedAt: undefined })];
    const first = watchChampion(rated, champion, watch(), minute(10));
    expect(first.report.runs).toBe(2);
    // Minute 2 is rated anew, minute 3 at last, and minute 4 is new.
    const later = [row(1), row(2, { reward: 1 }), row(3, { ratedAt: minute(500) }), row(4)];
    const second = watchChampion(later, champion, first.watch, minute(600));
    expect(second.report.runs).toBe(4);
    expect(watchChampion(later, champion, second.watch, minute(700)).report.runs).toBe(4);
  });

  it("counts what becomes known late, once: another process' buffer, a judgement dated back or taken back", () => {
    const first = watchChampion([row(1), row(5)], champion, watch(), minute(10));
    // Minutes 2 and 3 were decided and rated before minute 5, and come to light only now.
    const known = [row(1), row(2), row(3, { ratedAt: minute(1) }), row(5)];
    const second = watchChampion(known, champion, first.watch, minute(20));
    expect([first.report.runs, second.report.runs]).toEqual([2, 4]);
    const takenBack = [row(1, { reward: undefined, ratedAt: undefined }), ...known.slice(1)];
    const third = watchChampion(takenBack, champion, second.watch, minute(30));
    const again = watchChampion(known, champion, third.watch, minute(40));
    expect([third.report.runs, again.report.runs]).toEqual([4, 4]);
  });

  it("begins anew from a state that did not say which decisions it had seen", () => {
    const { watch: after } = watchChampion([row(1), row(2)], champion, watch(), minute(10));
    const { seen: _, ...before } = after;
    expect(watchChampion([row(1), row(2), row(3)], champion, before, minute(20)).report.runs).toBe(3);
  });

  it("is not blinded by a rating from a clock that runs ahead", () => {
    const early = row(1, { ratedAt: minute(9000) });
    const ahead = watchChampion([early], champion, watch(), minute(10));
    const then = watchChampion([early, row(20)], champion, ahead.watch, minute(30));
    expect([ahead.report.runs, then.report.runs]).toEqual([0, 1]);
    expect(watchChampion([early, row(20)], champion, then.watch, minute(9001)).report.runs).toBe(2);
  });

  it("leaves out what other versions served, and what was served before it began", () => {
    const mixed = [row(1), row(2, { policyVersion: "v2" }), row(3, { mode: "shadow" }), row(4)];
    expect(watchChampion(mixed, champion, watch(), minute(10)).report.runs).toBe(2);
    expect(watchChampion(mixed, champion, watch({ since: minute(2) }), minute(10)).report.runs).toBe(1);
    expect(watchChampion(mixed, champion, watch({ versions: ["v1", "v2"] }), minute(10)).report.runs).toBe(3);
  });

  it("measures the policy's own part of what was served", () => {
    const [judged] = servedDecisions([row(1)], champion, ["v1"]);
    expect(Array.from(judged?.target ?? [])).toEqual([1, 0]);
    expect(judged?.logging).toEqual([0.9, 0.1]);
  });
});

describe("a champion without a control share", () => {
  const served = (change: Partial<DecisionRow>) =>
    servedDecisions([row(1, { control: undefined, ...change })], champion, ["v1"]);

  it("is measured where it explores, and not where it cannot have done what the fallback says", () => {
    expect(served({})).toHaveLength(1);
    expect(served({ probabilities: [1, 0], propensity: 1 })).toHaveLength(0);
    expect(served({ probabilities: [1, 0], propensity: 1, fallbackChoice: "a" })).toHaveLength(0);
  });
});

describe("the decisions that prove", () => {
  const shadow = { mode: "shadow", probabilities: [0.25, 0.75], propensity: 0.25 } as const;
  const counted = (rows: DecisionRow[], judged = champion, destinations?: string[]) =>
    judgedDecisions(rows, judged, "fallback", 0, destinations).length;

  it("leave out those where no policy would have been asked", () => {
    const forced = { chosen: "b", probabilities: [0, 1], propensity: 1, source: "fallback", context: {} } as const;
    const rows = [row(1, shadow), row(2, { ...shadow, ...forced, fallbackReason: "context-error" })];
    expect(counted(rows)).toBe(1);
    // Certain by choice of the user is another matter: that is what makes a policy unidentifiable.
    expect(counted([row(3, { ...shadow, ...forced, fallbackReason: "shadow" })])).toBe(1);
  });

  it("leave out those with a destination that is offered no longer, masked ones apart", () => {
    const old = { ...shadow, candidates: ["a", "b", "gone"], probabilities: [0.25, 0.5, 0.25] };
    const masked = { ...old, mask: [true, true, false], probabilities: [0.25, 0.75, 0] };
    const rows = [row(1, shadow), row(2, old), row(3, masked)];
    expect(counted(rows, champion, ["a", "b", "new"])).toBe(2);
    expect(counted(rows, champion)).toBe(3);
  });

  it("count a policy as it is served: a destination it never saw is not preferred", () => {
    const blind = servable(artifact(["b"]));
    const [judged] = judgedDecisions([row(1, shadow)], blind, "fallback", 0);
    expect(Array.from(judged?.target ?? [])).toEqual([0, 1]);
    const nothing = servable(artifact(["z"]));
    expect(Array.from(judgedDecisions([row(1, shadow)], nothing, "fallback", 0)[0]?.target ?? [])).toEqual([0, 1]);
  });
});

describe("after a roll-back", () => {
  it("by hand, what was logged before teaches but proves nothing any more", async () => {
    const clock = new ManualClock();
    const loop = await CollectiveLearningLoop.open({ seed: 1, store: createMemoryStore(), clock });
    const serve = ticketOffice(loop, triageGraph(loop), clock);
    await serve(200);
    await loop.triggerLearningCycle();
    expect(loop.registry.champion("policy/triage")?.version).toBe("v1");
    await loop.registry.rollback("policy/triage", "we did not like it");
    const judged = async () => {
      const { steps } = await loop.triggerLearningCycle();
      return steps.find((s) => s.component === "routing/triage")?.message;
    };
    expect(await judged()).toMatch(/^too few rewarded decisions since/);
    await serve(30);
    expect(await judged()).toMatch(/^not enough data yet: about \d+ more decisions/);
    expect(loop.registry.champion("policy/triage")).toBeUndefined();
    await loop.close();
  });
});

describe("a continuation", () => {
  it("learns from decisions that are older than its training but were rated since", async () => {
    const facts = new CollectedFacts();
    const at = (n: number) => ({ schemaVersion: 1 as const, workflowId: `w${n}`, at: minute(n) });
    facts.add({
      decision: Array.from({ length: 20 }, (_, n) => ({
        ...at(n),
        // The last two came from a clock that runs ahead.
        at: minute(n < 18 ? n : 200 + n),
        decisionId: `d${n}`,
        decisionPoint: "p",
        index: 0,
        context: { topic: n % 2 ? "x" : "y" },
        candidates: ["a", "b"],
        chosen: "a",
        propensity: 0.5,
        probabilities: [0.5, 0.5],
        source: "policy" as const,
        mode: "act" as const,
      })),
      feedback: Array.from({ length: 20 }, (_, n) => ({
        ...at(n),
        feedbackId: `f${n}`,
        userId: "u",
        source: "outcome" as const,
        outcome: 1,
        at: minute(n < 5 ? 900 : n),
      })),
    });
    const served: ServedArtifact = {
      version: "v1",
      artifact: artifact(),
      dataTo: minute(14),
      publishedAt: minute(100),
      since: minute(100),
    };
    const context = { state: facts, progress: () => {}, cancelled: () => false };
    const input = { decisionPoint: "p", rows: { reward: {} }, learn: {}, seed: 1, trainShare: 0.6, minSamples: 5 };
    const fullFit = { dataTo: minute(14), at: minute(1000) };
    const [refresh] = await trainRouting.run({ ...input, champion: served, fullFit }, context);
    expect(refresh).toMatchObject({ kind: "refresh", rows: 10, dataTo: minute(219) });
    // If what came from ahead were learned, nothing before it were news any more.
    const now = { ...input, minSamples: 3, champion: served, fullFit, now: minute(17) };
    expect((await trainRouting.run(now, context))[0]).toMatchObject({ rows: 8, dataTo: minute(17) });
  });
});
