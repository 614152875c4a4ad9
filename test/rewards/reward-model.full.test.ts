import { describe, expect, it } from "vitest";
import { defaultMembers, RewardModel } from "../../src/rewards/index.js";
import { rewardsOf, rmse, world } from "./world.js";

describe("RewardModel with all its members", () => {
  it("uses them, predicts well, and survives a snapshot", async () => {
    const test = world(300, 2);
    const features = test.map((e) => e.features);
    const model = await RewardModel.fit(world(250, 1), { seed: 1 });
    const members = model.report()["reward"]?.members ?? [];
    expect(members.map((m) => [m.kind, m.failure])).toEqual(defaultMembers().map((m) => [m.kind, undefined]));
    expect(
      rmse(
        model.predict(features).map((p) => p.mean),
        rewardsOf(test),
      ),
    ).toBeLessThan(0.07);
    const restored = await RewardModel.restore(JSON.parse(JSON.stringify(await model.snapshot())));
    const before = model.predict(features);
    restored.predict(features).forEach((p, i) => {
      expect(p.mean).toBeCloseTo(before[i]?.mean, 5);
    });
    model.dispose();
    restored.dispose();
  });
});
