import { ChatPromptTemplate } from "@langchain/core/prompts";
import { CollectiveLearningLoop, type LoopConfig } from "langgraph-collective-learning";
import { afterEach, describe, expect, it } from "vitest";
import type { PatternReport } from "../../src/patterns/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import { decision, judged } from "../feedback/support.js";
import { aSegment } from "../patterns/support/traces.js";

const loops: CollectiveLearningLoop[] = [];
afterEach(async () => {
  await Promise.all(loops.splice(0).map((l) => l.close()));
});

/**
 * 120 runs served by prompt version v1 or v2, of which v2 takes the way over `read`. By CAT the way over
 * `read` is good and the other bad, by ratings the reverse; v1 is judged by a harsh rater, v2 by a kind one.
 */
async function opened(config: LoopConfig) {
  const store = createMemoryStore();
  const loop = await CollectiveLearningLoop.open({ store, storagePath: "unused", ...config });
  loops.push(loop);
  for (let i = 0; i < 120; i++) {
    const [id, second] = [`w${i}`, i % 2 === 1];
    await store.append("trace", [
      aSegment(id, second ? ["plan", "read", "write"] : ["plan", "write"], { durationMs: second ? 90_000 : 10_000 }),
    ]);
    const chosen = second ? "v2" : "v1";
    await store.append("decision", [
      decision(id, `d${i}`, { decisionPoint: "prompt/support", candidates: ["v1", "v2"], chosen }),
      decision(id, `e${i}`, { decisionPoint: "way", chosen: second ? "a" : "b" }),
    ]);
    const wobble = (i % 10) / 100;
    await store.append("feedback", [
      judged(id, {
        userId: second ? "kind" : "harsh",
        cat: { score: (second ? 9 : 2) + wobble, dimensions: {} },
        ratings: { satisfaction: (second ? 0.15 : 0.85) + wobble },
      }),
    ]);
  }
  loop.router({ decisionPoint: "way", destinations: ["a", "b"], context: () => ({}), fallback: (): "a" => "a" });
  await loop.prompts.register("support", ChatPromptTemplate.fromMessages([["human", "{question}"]]));
  await loop.triggerLearningCycle();
  const { version } = loop.registry.champion("patterns") ?? {};
  const report = (await loop.registry.load("patterns", version as string)) as PatternReport;
  const variant = (found: PatternReport, length: number) =>
    found.variants.find((v) => v.activities.length === length)?.reward as number;
  const versions = await loop.prompts.performance("support");
  const prompt = (v: string) => versions.find((p) => p.version === v)?.mean as number;
  const { points } = await loop.createReport();
  const routed = (name: string) => points[0]?.destinations.find((d) => d.name === name)?.meanReward as number;
  return { loop, store, report, variant, prompt, routed };
}

const bare = { latency: 0, cost: 0, success: 0 };

describe("the rewards of the loop", () => {
  it("are of one composition in routing, patterns and prompts, with the weights of the configuration", async () => {
    for (const [weights, good] of [
      [{ ...bare, ratings: 0 }, true],
      [{ ...bare, cat: 0 }, false],
    ] as const) {
      const { loop, report, variant, prompt, routed } = await opened({ rewardWeights: weights, correctRaters: false });
      const [high, low] = good ? ["a", "b"] : ["b", "a"];
      expect(routed(high)).toBeGreaterThan(0.8);
      expect(routed(low)).toBeLessThan(0.3);
      expect([variant(report, 3), variant(report, 2)]).toEqual([
        expect.closeTo(routed("a"), 2),
        expect.closeTo(routed("b"), 2),
      ]);
      expect([prompt("v2"), prompt("v1")]).toEqual([expect.closeTo(routed("a"), 9), expect.closeTo(routed("b"), 9)]);
      const here = await loop.patterns.analyzePatterns();
      expect(variant(here, 3)).toBeCloseTo(routed("a"), 2);
      expect(here.decisionRules.find((r) => r.decisionPoint === "way")?.destination).toBe(high);
    }
  });

  it("even out raters everywhere, or nowhere", async () => {
    const gap = async (correctRaters: boolean) => {
      const { report, variant, prompt, routed } = await opened({
        rewardWeights: { ...bare, ratings: 0 },
        correctRaters,
      });
      const gaps = [variant(report, 3) - variant(report, 2), prompt("v2") - prompt("v1"), routed("a") - routed("b")];
      for (const g of gaps) expect(g).toBeCloseTo(gaps[2], 2);
      return gaps[2];
    };
    expect(await gap(true)).toBeLessThan(0.5 * (await gap(false)));
  });

  it("count what duration does to them, but correlations with it do not ask about that part", async () => {
    const { report, variant } = await opened({
      rewardWeights: { ...bare, ratings: 0, latency: 5 },
      correctRaters: false,
    });
    // By CAT the long way is better; what it takes turns that round.
    expect(variant(report, 2) - variant(report, 3)).toBeGreaterThan(0.2);
    expect(report.correlations.find((c) => c.metric === "durationMs")?.correlation).toBeGreaterThan(0.8);
  });

  it("change with what is learned of raters, and with their own run", async () => {
    const { loop, store, prompt } = await opened({ rewardWeights: bare });
    const before = prompt("v1");
    await loop.feedback.submitOutcome("w0", 1);
    await loop.triggerLearningCycle();
    const v1 = async () => (await loop.prompts.performance("support")).find((p) => p.version === "v1")?.mean as number;
    const after = await v1();
    expect(after).toBeGreaterThan(before);
    for (let i = 0; i < 40; i++)
      await store.append("feedback", [judged(`other${i}`, { userId: "harsh", cat: { score: 10, dimensions: {} } })]);
    await loop.triggerLearningCycle();
    expect(await v1()).not.toBe(after);
  });
});
