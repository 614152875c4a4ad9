import { describe, expect, it } from "vitest";
import { loopConfigSchema } from "../../src/learning/config.js";
import { createRng } from "../../src/math/rng.js";
import type { RewardExample } from "../../src/rewards/index.js";
import { trainRewardModel } from "../../src/worker/jobs/reward-model.js";
import { CollectedFacts } from "../../src/worker/state.js";
import { TenantModels } from "../../src/worker/tenant-models.js";
import { judged, segment } from "../feedback/support.js";

const tenants = { north: ["a", "b"], south: ["c"] };

/** Runs of a type whose reward is near this level. */
function runs(type: string, level: number, count: number): RewardExample[] {
  const rng = createRng(type);
  return Array.from({ length: count }, () => {
    const quality = rng.next();
    const reward = level + 0.2 * (quality - 0.5) + 0.01 * rng.normal();
    return { features: { workflowType: type, quality }, targets: { reward } };
  });
}

describe("reward models of several tenants", () => {
  it("are each of their tenant's runs alone, also after a snapshot", async () => {
    const north = [...runs("a", 0.8, 30), ...runs("b", 0.8, 30)];
    const south = runs("c", 0.2, 40);
    const rest = runs("d", 0.5, 19);
    const all = [...north, ...south, ...rest];
    const models = await TenantModels.fit(all, tenants, { seed: 1 });
    const alone = await TenantModels.fit(south, {}, { seed: 1 });
    const asked = south.map((e) => e.features);
    expect(models.predict(asked)).toEqual(alone.predict(asked));
    expect(models.predict([{ workflowType: "a", quality: 0.5 }])[0]?.mean).toBeCloseTo(0.8, 1);
    // What has fewer than 20 rated runs has no model, and does not get that of another tenant.
    expect(models.predict([{ workflowType: "d", quality: 0.5 }])).toEqual([
      { mean: 0.5, lower: 0, upper: 1, variance: 0.25, known: false },
    ]);
    expect(models.outOfFold.filter((said) => said === undefined)).toHaveLength(19);
    expect(models.report()["reward"]).toMatchObject({ rows: 100 });
    // The variance is that within tenants: they differ by 0.6, and their runs by some 0.06.
    expect(models.report()["reward"]?.variance).toBeLessThan(0.01);
    expect([models.isFor(tenants), models.isFor({})]).toEqual([true, false]);
    const restored = await TenantModels.restore(JSON.parse(JSON.stringify(await models.snapshot())));
    expect(restored.predict(asked)).toEqual(models.predict(asked));
    // Without tenants it is one model, stored as ever.
    expect(await alone.snapshot()).toMatchObject({ kind: "reward-model" });
  });

  it("are fitted anew where the tenants changed: the old one knows of others", async () => {
    const state = new CollectedFacts();
    const context = { state, cancelled: () => false, progress() {} };
    const at = (i: number) => new Date(Date.UTC(2026, 0, 1) + i * 60_000).toISOString();
    for (let i = 0; i < 90; i++) {
      const isNorth = i % 2 === 0;
      state.add({
        trace: [segment(`w${i}`, { startedAt: at(i), workflowType: isNorth ? "a" : "c", durationMs: 100 * (i % 5) })],
        feedback: i % 3 ? [judged(`w${i}`, { ratings: { satisfaction: 0.4 + 0.1 * (i % 5) }, at: at(i) })] : [],
      });
    }
    const input = { reward: {}, seed: 1, minSamples: 20 };
    const { winner } = await trainRewardModel.run(input, context);
    if (!winner) throw new Error("there is no first model");
    const champion = { version: "v1", artifact: winner };
    expect((await trainRewardModel.run({ ...input, champion }, context)).unreadable).toBeUndefined();
    const output = await trainRewardModel.run({ ...input, champion, tenants }, context);
    expect(output).toMatchObject({
      unreadable: "it was fitted for other tenants",
      message: expect.stringMatching(/^first model over/),
    });
    expect(output.winner?.snapshot).toMatchObject({ kind: "reward-models", tenants });
  }, 60_000);

  it("are named in the configuration, each type once", () => {
    expect(loopConfigSchema.parse({ tenants }).tenants).toEqual(tenants);
    expect(loopConfigSchema.parse({}).tenants).toEqual({});
    expect(() => loopConfigSchema.parse({ tenants: { north: ["a"], south: ["a"] } })).toThrow(/each name under one/);
  });
});
