import { describe, expect, it } from "vitest";
import { createRng } from "../../src/math/rng.js";
import { type RewardExample, RewardModel } from "../../src/rewards/index.js";
import { mixed, ownWeight } from "../../src/rewards/own-model.js";
import { rewardsOf, rmse } from "./world.js";

/** Runs of one type, in which five things count, each by `slope`. */
function runs(type: string, slope: number, count: number, seed: number): RewardExample[] {
  const rng = createRng(`${type} ${seed}`);
  return Array.from({ length: count }, () => {
    const told = Array.from({ length: 5 }, () => rng.next());
    const reward = 0.5 + slope * told.reduce((sum, v) => sum + v - 0.5, 0) + 0.05 * rng.normal();
    const features = Object.fromEntries(told.map((v, i) => [`quality ${i}`, v]));
    return { features: { workflowType: type, ...features }, targets: { reward } };
  });
}

/** Root mean squared error on the runs that the model knows the like of. */
function errorOn(model: RewardModel, asked: readonly RewardExample[]): number {
  const predictions = model.predict(asked.map((e) => e.features));
  const known = [...asked.keys()].filter((i) => predictions[i]?.known);
  expect(known.length).toBeGreaterThan(0.9 * asked.length);
  return rmse(
    known.map((i) => predictions[i]?.mean ?? 0),
    rewardsOf(known.map((i) => asked[i])),
  );
}

describe("the weight of a second prediction", () => {
  it.each([
    ["all where it alone is right", [0, 0], [1, 2], [1, 2], 1],
    ["none where the first is right", [1, 2], [0, 0], [1, 2], 0],
    ["none where it errs on the far side of the first", [1, 1], [2, 2], [0, 0], 0],
    // (y - p)(o - p) = 1 * 4 + 0 * 4, over 4² + 4².
    ["what the least squares say", [0, 0], [4, 4], [1, 0], 0.125],
    ["none where both say the same", [1, 2], [1, 2], [0, 5], 0],
  ])("is %s", (_, first, second, y, weight) => {
    expect(ownWeight(Float64Array.from(first), Float64Array.from(second), Float64Array.from(y))).toBe(weight);
  });

  it("mixes means, and the spread is that of the members of both around them", () => {
    const of = (mean: number, spread: number) => ({ mean: Float64Array.of(mean), spread: Float64Array.of(spread) });
    const both = mixed(of(0.2, 0.1), of(0.6, 0.3), 0.25);
    expect(both.mean[0]).toBeCloseTo(0.3, 12);
    // 0.75 * 0.01 + 0.25 * 0.09 + 0.75 * 0.25 * 0.16
    expect(both.spread[0]).toBeCloseTo(Math.sqrt(0.06), 12);
  });
});

describe("a young type of workflow in the reward model", () => {
  const known = [...runs("a", 0.3, 100, 1), ...runs("b", 0.3, 100, 1)];

  it("begins from what others know where that holds for it: a few runs are as good as many of its own", async () => {
    const young = runs("young", 0.3, 20, 2);
    const asked = runs("young", 0.3, 200, 3);
    const errorOf = async (rows: readonly RewardExample[]) => errorOn(await RewardModel.fit(rows, { seed: 1 }), asked);
    const [cold, warm] = [await errorOf(young), await errorOf([...known, ...young])];
    expect(warm).toBeLessThan(0.9 * cold);
  });

  it("goes by its own runs where those of others mislead, and only there", async () => {
    const young = runs("young", -0.3, 25, 2);
    const asked = runs("young", -0.3, 200, 3);
    const model = await RewardModel.fit([...known, ...young], { seed: 1 });
    const cold = await RewardModel.fit(young, { seed: 1 });
    const errorOf = (of: RewardModel) => errorOn(of, asked);
    expect(errorOf(model)).toBeLessThan(1.05 * errorOf(cold));
    const report = model.report()["reward"];
    expect(report?.own).toContainEqual({ type: "young", rows: 25, weight: expect.any(Number) });
    expect(report?.own?.find((o) => o.type === "young")?.weight).toBeGreaterThan(0.5);
    // The same features mean something else in another type.
    const good = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`quality ${i}`, 0.8]));
    const [a, b] = model.predict([
      { ...good, workflowType: "a" },
      { ...good, workflowType: "young" },
    ]);
    expect((a?.mean ?? 0) - (b?.mean ?? 1)).toBeGreaterThan(0.3);
    // Explanations are of the type's own prediction.
    const { base, contributions } = model.explain({ ...good, workflowType: "young" });
    expect(base + contributions.reduce((sum, c) => sum + c.contribution, 0)).toBeCloseTo(b?.mean ?? 0, 6);
    // A snapshot says the same, and takes new ratings of the type in.
    const restored = await RewardModel.restore(JSON.parse(JSON.stringify(await model.snapshot())));
    const features = asked.map((e) => e.features);
    expect(restored.predict(features)).toEqual(model.predict(features));
    restored.update(runs("young", -0.3, 100, 4));
    expect(errorOf(restored)).toBeLessThan(errorOf(model));
  });

  it("has no model of its own with fewer than 20 runs, nor where there is one type alone", async () => {
    const ownOf = async (rows: readonly RewardExample[]) =>
      (await RewardModel.fit(rows, { seed: 1 })).report()["reward"]?.own?.map((o) => o.type) ?? [];
    expect(await ownOf([...known, ...runs("young", -0.3, 19, 2)])).not.toContain("young");
    expect(await ownOf(runs("a", 0.3, 40, 1))).toEqual([]);
  });
});
