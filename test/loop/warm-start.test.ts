import { describe, expect, it } from "vitest";
import type { TrainedChallenger } from "../../src/evaluation/point/challenger.js";
import { inputOf } from "../../src/evaluation/point/encode.js";
import { servable } from "../../src/evaluation/point/judged-rows.js";
import { createRng } from "../../src/math/rng.js";
import type { LearnOptions } from "../../src/policies/index.js";
import { trainRouting } from "../../src/worker/jobs/train-routing.js";
import { relatedRows } from "../../src/worker/related.js";
import { rowsByPoint } from "../../src/worker/rows.js";
import { CollectedFacts } from "../../src/worker/state.js";
import { aDecision, aFeedback } from "../support/facts.js";

const TOPICS = ["invoice", "crash", "login", "refund"];
const rows = { reward: {} };

/** Facts of one point: `good` says which destination pays for a topic. */
function collect(facts: CollectedFacts, point: string, count: number, good: (topic: string) => string): void {
  const rng = createRng(point);
  for (let i = 0; i < count; i++) {
    const ids = { workflowId: `${point}-${i}`, at: new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString() };
    const topic = TOPICS[rng.int(TOPICS.length)] ?? "invoice";
    const chosen = rng.next() < 0.5 ? "x" : "y";
    const even = { propensity: 0.5, probabilities: [0.5, 0.5] };
    const decision = aDecision({
      ...ids,
      ...even,
      decisionPoint: point,
      decisionId: `d-${point}-${i}`,
      context: { topic },
      chosen,
    });
    const outcome = rng.next() < (chosen === good(topic) ? 0.9 : 0.1) ? 1 : 0;
    facts.add({ decision: [decision], feedback: [aFeedback({ ...ids, feedbackId: `f-${point}-${i}`, outcome })] });
  }
}

const same = (topic: string) => (topic === "crash" || topic === "login" ? "x" : "y");
const opposite = (topic: string) => (same(topic) === "x" ? "y" : "x");

/** The challenger of a young point beside an old one, and the share of topics on which it is right. */
async function challenger(elsewhere: (topic: string) => string, from: LearnOptions["from"], peers = ["old", "young"]) {
  const state = new CollectedFacts();
  collect(state, "old", 400, elsewhere);
  collect(state, "young", 24, same);
  const context = { state, progress: () => {}, cancelled: () => false };
  const input = { decisionPoint: "young", rows, peers, learn: { from }, seed: 1, trainShare: 1, minSamples: 10 };
  const [trained] = (await trainRouting.run(input, context)) as [TrainedChallenger];
  const { policy, encoders } = servable(trained.artifact);
  const [row] = rowsByPoint(state, rows).get("young") ?? [];
  if (!row) throw new Error("no row");
  const right = TOPICS.filter((topic) => {
    const [x = 0, y = 0] = policy.predict(inputOf({ ...row, context: { topic } }, encoders)).map((e) => e.mean);
    return (x > y ? "x" : "y") === same(topic);
  });
  const spread = TOPICS.map((topic) => {
    const [x = 0, y = 0] = policy.predict(inputOf({ ...row, context: { topic } }, encoders)).map((e) => e.mean);
    return Math.abs(x - y);
  });
  return { trained, right: right.length / TOPICS.length, least: Math.min(...spread) };
}

describe("a young decision point", () => {
  it("begins from a related one, as far as its own runs speak for it", async () => {
    const cold = await challenger(same, "none");
    expect(cold.trained.warmStart).toBeUndefined();
    for (const from of [undefined, "related", ["old"]] as const) {
      const warm = await challenger(same, from as LearnOptions["from"]);
      expect(warm.trained.warmStart).toMatchObject({ points: ["old"], rows: 400 });
      expect(warm.trained.warmStart?.weight).toBeGreaterThan(0);
      expect(warm.right).toBe(1);
      expect(warm.least).toBeGreaterThan(cold.least);
    }
  });

  it("learns nothing from one where the opposite holds", async () => {
    const [cold, warm] = [await challenger(opposite, "none"), await challenger(opposite, "related")];
    expect(warm.trained.warmStart).toMatchObject({ points: ["old"], weight: 0 });
    expect(warm.trained.artifact).toEqual(cold.trained.artifact);
  });

  it("begins from what related ones have in common, where they have, before its own runs can say", async () => {
    const trainedAmid = async (goodAt: (peer: number) => string) => {
      const state = new CollectedFacts();
      const peers = Array.from({ length: 6 }, (_, i) => `peer${i}`);
      peers.forEach((name, i) => {
        collect(state, name, 60, () => goodAt(i));
      });
      collect(state, "young", 12, () => "x");
      const context = { state, progress: () => {}, cancelled: () => false };
      const input = { decisionPoint: "young", rows, peers, learn: {}, seed: 1, trainShare: 1, minSamples: 10 };
      const [trained] = (await trainRouting.run(input, context)) as [TrainedChallenger];
      return trained;
    };
    const kin = await trainedAmid(() => "x");
    expect(kin.warmStart).toMatchObject({ rows: 360, weight: 0, kinship: { peers: 6 } });
    expect(kin.warmStart?.kinship?.share).toBeGreaterThan(0.8);
    expect(kin.artifact.candidates).toEqual(["x", "y"]);
    const strangers = await trainedAmid((i) => (i % 2 === 0 ? "x" : "y"));
    expect(strangers.warmStart).toMatchObject({ rows: 360 });
    expect(strangers.warmStart?.kinship).toBeUndefined();
    expect(JSON.stringify(kin.artifact.policy)).not.toBe(JSON.stringify(strangers.artifact.policy));
  });

  it("begins from another tenant's only where it is named", async () => {
    const others = ["young"];
    expect((await challenger(same, undefined, others)).trained.warmStart).toBeUndefined();
    expect((await challenger(same, ["old"], others)).trained.warmStart).toMatchObject({ points: ["old"] });
  });

  it("looks at so many runs at most, of each point alike many", async () => {
    const state = new CollectedFacts();
    collect(state, "young", 24, same);
    for (const point of ["a", "b"]) collect(state, point, 1500, same);
    const byPoint = rowsByPoint(state, rows);
    const found = relatedRows(byPoint, "young", byPoint.get("young") ?? [], ["a", "b"]);
    expect(found.points).toEqual(["a", "b"]);
    expect(found.rows).toHaveLength(2000);
    expect(found.rows.filter((r) => r.decisionPoint === "a")).toEqual(byPoint.get("a")?.slice(-1000));
  });

  it("takes no point for related that chooses among other destinations", async () => {
    const state = new CollectedFacts();
    collect(state, "young", 40, same);
    state.add({ decision: [aDecision({ decisionPoint: "other", candidates: ["p", "q"], chosen: "p" })] });
    const context = { state, progress: () => {}, cancelled: () => false };
    const learn = { from: "related" } as const;
    const [trained] = (await trainRouting.run(
      { decisionPoint: "young", rows, peers: ["other"], learn, seed: 1, trainShare: 1, minSamples: 10 },
      context,
    )) as [TrainedChallenger];
    expect(trained.warmStart).toBeUndefined();
  });
});
