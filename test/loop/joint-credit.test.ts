import { describe, expect, it } from "vitest";
import { pathField } from "../../src/core/path-fields.js";
import type { DecisionRow } from "../../src/dataset/index.js";
import { inputOf } from "../../src/evaluation/point/encode.js";
import { servable } from "../../src/evaluation/point/judged-rows.js";
import { trialRows } from "../../src/evaluation/point/trial-rows.js";
import { openTrial, settle } from "../../src/evaluation/trial/index.js";
import { createRng } from "../../src/math/rng.js";
import { type ChangeBeside, changesAfter } from "../../src/worker/beside.js";
import { learnRouting } from "../../src/worker/jobs/learn-routing.js";
import { trainRouting } from "../../src/worker/jobs/train-routing.js";
import { relatedRows } from "../../src/worker/related.js";
import { rowsByPoint } from "../../src/worker/rows.js";
import { CollectedFacts } from "../../src/worker/state.js";
import { aDecision, aFeedback } from "../support/facts.js";

const rows = { reward: {} };
const isoAt = (minute: number) => new Date(Date.UTC(2026, 0, 1) + minute * 60_000).toISOString();

/** When the second of the two points learned to follow `y` by `y`, and how many runs there are. */
const CHANGED = 600;
const RUNS = 850;

/** Runs through `first` and `second` in which `y` pays only twice; from CHANGED on, `second` sees to that. */
function twoPoints(runs = RUNS): CollectedFacts {
  const facts = new CollectedFacts();
  const rng = createRng("two points");
  const draw = (share: number) => (rng.next() < share ? "y" : "x");
  for (let i = 0; i < runs; i++) {
    const ids = { workflowId: `w${i}`, at: isoAt(i) };
    const first = draw(0.15);
    const second = draw(first === "y" && i >= CHANGED ? 0.9 : 0.1);
    const common = { ...ids, context: { k: 1 }, propensity: 0.5, probabilities: [0.5, 0.5] };
    const decisions = [
      aDecision({ ...common, decisionPoint: "first", decisionId: `1-${i}`, chosen: first }),
      aDecision({
        ...common,
        decisionPoint: "second",
        decisionId: `2-${i}`,
        index: 1,
        context: { k: 1, [pathField("first")]: first },
        chosen: second,
      }),
    ];
    const chance = first !== second ? 0.3 : first === "y" ? 0.9 : 0.5;
    const outcome = Number(rng.next() < chance);
    facts.add({ decision: decisions, feedback: [aFeedback({ ...ids, feedbackId: `f-${i}`, outcome })] });
  }
  return facts;
}

const contextOf = (state: CollectedFacts) => ({ state, progress: () => {}, cancelled: () => false });

async function trained(state: CollectedFacts, point: string, beside?: ChangeBeside[]) {
  const input = { decisionPoint: point, rows, learn: {}, seed: 1, trainShare: 1, minSamples: 10, beside };
  const [challenger] = await trainRouting.run(input, contextOf(state));
  if (!challenger) throw new Error("nothing was trained");
  return challenger;
}

/** What a point's new challenger expects of its destinations, after `path`. */
async function expected(state: CollectedFacts, point: string, path: object = {}, beside?: ChangeBeside[]) {
  const [row] = rowsByPoint(state, rows).get(point) ?? [];
  if (!row) throw new Error("no row");
  const { policy, encoders } = servable((await trained(state, point, beside)).artifact);
  const [x = 0, y = 0] = policy.predict(inputOf({ ...row, context: { k: 1, ...path } }, encoders)).map((e) => e.mean);
  return { x, y };
}

describe("decision points whose changes help only together", () => {
  const beside = [{ decisionPoint: "second", at: isoAt(CHANGED) }];

  it("learn at the later one to go along with the earlier one", async () => {
    const state = twoPoints(CHANGED);
    const knowing = async (way: string) => expected(state, "second", { [pathField("first")]: way });
    const [x, y] = [await knowing("x"), await knowing("y")];
    expect(x.x).toBeGreaterThan(x.y);
    expect(y.y).toBeGreaterThan(y.x + 0.2);
  });

  it("learn at the earlier one anew, once the later one goes along", async () => {
    const state = twoPoints(CHANGED + 150);
    const [known, anew] = [await expected(state, "first"), await expected(state, "first", {}, beside)];
    expect(known.y).toBeLessThan(known.x);
    expect(anew.y).toBeGreaterThan(anew.x + 0.1);
    // The sequel of the other destination stayed, and so does what is known of it.
    expect(Math.abs(anew.x - 0.5)).toBeLessThan(0.1);
  });

  it("are credited with what serves later in the run, not with what is tried there", async () => {
    const rng = createRng("tried");
    const facts = new CollectedFacts();
    for (let i = 0; i < 800; i++) {
      const ids = { workflowId: `w${i}`, at: isoAt(i) };
      const first = rng.next() < 0.5 ? "y" : "x";
      const arm = rng.next() < 0.5 ? ("challenger" as const) : ("serving" as const);
      // The version on trial at the second point follows y by y.
      const second = first === "y" && arm === "challenger" ? "y" : "x";
      const own = { version: "v1", share: 0.5, uniform: 0, serving: "x", challenger: "y" };
      const tried = { ...own, arm, challenger: first };
      const even = { ...ids, context: { k: 1 }, propensity: 0.5, probabilities: [0.5, 0.5] };
      const trial = { ...own, arm: first === "y" ? ("challenger" as const) : ("serving" as const) };
      const decision = [
        aDecision({ ...even, decisionPoint: "first", decisionId: `1-${i}`, chosen: first, trial }),
        aDecision({ ...even, decisionPoint: "second", decisionId: `2-${i}`, index: 1, chosen: second, trial: tried }),
      ];
      const outcome = Number(rng.next() < (first === "x" ? 0.5 : second === "y" ? 0.9 : 0.3));
      facts.add({ decision, feedback: [aFeedback({ ...ids, feedbackId: `f-${i}`, outcome })] });
    }
    const { x, y } = await expected(facts, "first");
    expect(Math.abs(x - 0.5)).toBeLessThan(0.07);
    expect(Math.abs(y - 0.3)).toBeLessThan(0.07);
    const open = openTrial({ version: "v1", startedAt: isoAt(0), stake: 1, unit: "decision", mostWeight: 2 });
    const serving = servable((await trained(facts, "first")).artifact);
    const settled = settle(
      open,
      trialRows(rowsByPoint(facts, rows).get("first") ?? [], "v1", serving, "decision"),
      isoAt(900),
    );
    expect(Math.abs(settled.sum / settled.clusters - -0.2)).toBeLessThan(0.1);
  });

  it("go on knowing what was hardly chosen since", async () => {
    const [few, known] = [twoPoints(CHANGED + 25), await expected(twoPoints(CHANGED + 25), "first")];
    const anew = await expected(few, "first", {}, beside);
    expect(Math.abs(anew.y - known.y)).toBeLessThan(0.1);
  });

  it("count as changed for whoever acts before them alone", () => {
    const byPoint = rowsByPoint(twoPoints(), rows);
    const other = { decisionPoint: "first", at: isoAt(CHANGED + 1) };
    expect(changesAfter(byPoint, "first", [...beside, other])).toEqual([isoAt(CHANGED)]);
    expect(changesAfter(byPoint, "second", [...beside, other])).toEqual([]);
    expect(changesAfter(byPoint, "first", [{ decisionPoint: "elsewhere", at: isoAt(1) }])).toEqual([]);
    expect(changesAfter(byPoint, "first")).toEqual([]);
    const many = [1, 2, 3, 4].map((minute) => ({ decisionPoint: "second", at: isoAt(minute) }));
    expect(changesAfter(byPoint, "first", many)).toEqual([2, 3, 4].map(isoAt));
  });

  it("are learned anew at once, and not by the rows of before", async () => {
    const state = twoPoints();
    const input = {
      ...{ decisionPoint: "first", rows, learn: {}, seed: 1, trainShare: 0.6, minSamples: 10, exploration: 0.3 },
      gate: { riskLevel: 0.05, minimumEffect: 0, trainShare: 0.6, cluster: "run" as const },
      now: isoAt(RUNS),
      state: {
        schemaVersion: 1 as const,
        fullFit: { dataTo: isoAt(CHANGED - 1), at: isoAt(CHANGED - 1) },
        capital: { schemaVersion: 1 as const, riskLevel: 0.04, tried: 0, left: 0 },
      },
    };
    const waits = await learnRouting.run({ ...input, provenFrom: isoAt(CHANGED) }, contextOf(state));
    expect(waits.state.fullFit).toMatchObject({ at: isoAt(CHANGED - 1) });
    const due = await learnRouting.run({ ...input, provenFrom: isoAt(CHANGED), beside }, contextOf(state));
    expect(due).toMatchObject({ recommended: "try", state: { fullFit: { at: isoAt(RUNS) } } });
  });

  it("are related by what they are asked, not by where they stand", () => {
    const row = (decisionPoint: string, context: DecisionRow["context"]): DecisionRow => ({
      ...aDecision({ decisionPoint, context }),
      ...{ decisionsInRun: 1, reward: 1 },
    });
    const path = Object.fromEntries(["a", "b", "c"].map((point) => [pathField(point), "x"]));
    const byPoint = new Map([
      ["own", [row("own", { k: 1 })]],
      ["later", [row("later", { k: 1, ...path })]],
      ["other", [row("other", { z: 1, ...path })]],
    ]);
    const related = relatedRows(byPoint, "own", byPoint.get("own") ?? [], ["own", "later", "other"]);
    expect(related.points).toEqual(["later"]);
  });
});
