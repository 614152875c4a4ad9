import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareOnLater, defaultMembers, RewardModel } from "../../src/rewards/index.js";
import { rewardsOf, rmse, world } from "./world.js";

const quick = defaultMembers().filter((m) => ["boosted-trees", "pairwise-effects", "ridge", "mean"].includes(m.kind));

describe("RewardModel", () => {
  let model: RewardModel;
  const train = world(150, 1);
  const test = world(300, 2);
  const features = test.map((e) => e.features);
  const truth = rewardsOf(test);
  beforeAll(async () => {
    model = await RewardModel.fit(train, { seed: 1, members: quick });
  }, 60_000);
  afterAll(() => model.dispose());

  it("predicts nearly as well as the noise allows, and no member alone does much better", () => {
    const error = rmse(
      model.predict(features).map((p) => p.mean),
      truth,
    );
    expect(error).toBeLessThan(0.065);
    for (const [kind, own] of Object.entries(model.predictMembers(features))) {
      expect([kind, error < 1.15 * rmse(own, truth)]).toEqual([kind, true]);
    }
    const { members, rmse: outOfFold } = model.report()["reward"] as NonNullable<
      ReturnType<RewardModel["report"]>[string]
    >;
    expect(outOfFold).toBeLessThan(0.075);
    expect(members.reduce((a, m) => a + m.weight, 0)).toBeCloseTo(1, 6);
    expect(members.map((m) => m.kind)).toEqual(quick.map((m) => m.kind));
    expect(members.every((m) => m.failure === undefined)).toBe(true);
  });

  it("covers the truth as often as asked", () => {
    for (const level of [0.5, 0.9]) {
      const hits = model
        .predict(features, "reward", level)
        .filter((p, i) => p.lower <= truth[i] && truth[i] <= p.upper);
      expect(Math.abs(hits.length / truth.length - level)).toBeLessThan(0.09);
    }
  });

  it("knows what it does not know", () => {
    expect(model.predict(features).filter((p) => !p.known).length).toBeLessThan(0.05 * features.length);
    const strange = [
      { quality: 40, errors: 3, agent: "writer", idle: 0.5, missing: 1 },
      { quality: 0.5, errors: 1, agent: "somebody else", idle: 0.5, missing: 1 },
    ];
    for (const p of model.predict(strange)) {
      expect(p.known).toBe(false);
      expect(p.upper - p.lower).toBeGreaterThan(0.5);
    }
  });

  it("names what matters, over all runs and for one", () => {
    const { importances } = model.report()["reward"] as NonNullable<ReturnType<RewardModel["report"]>[string]>;
    expect(importances[0]?.feature).toContain("quality");
    expect(importances.find((i) => i.feature.includes("idle"))?.importance).toBeLessThan(
      0.02 * importances[0]?.importance,
    );
    const one = { ...(features[0] as object), quality: 0.99, errors: 0, agent: "writer" };
    const { base, contributions } = model.explain(one);
    const [prediction] = model.predict([one]);
    expect(base + contributions.reduce((a, c) => a + c.contribution, 0)).toBeCloseTo(prediction?.mean, 6);
    expect(contributions[0]).toMatchObject({ feature: expect.stringContaining("quality") });
    expect(contributions[0]?.contribution).toBeGreaterThan(0.15);
  });

  it("predicts the same after a snapshot went through JSON", async () => {
    const restored = await RewardModel.restore(JSON.parse(JSON.stringify(await model.snapshot())), quick);
    const [a, b] = [model.predict(features), restored.predict(features)];
    a.forEach((p, i) => {
      const q = b[i];
      expect(q.known).toBe(p.known);
      for (const field of ["mean", "lower", "upper", "variance"] as const) expect(q[field]).toBeCloseTo(p[field], 5);
    });
    expect(restored.encoderVersion).toBe(model.encoderVersion);
    await expect(RewardModel.restore({ kind: "other" } as never)).rejects.toThrow(/SNAPSHOT_INVALID.*"other"/);
    restored.dispose();
  });
});

describe("RewardModel, restored", () => {
  const few = Array.from({ length: 80 }, (_, i) => ({
    features: { agent: `a${i % 4}`, errors: i % 3 },
    targets: { reward: (i % 3) / 3 },
    group: `t${i}`,
  }));
  const members = quick.filter((m) => m.kind === "ridge" || m.kind === "mean");

  it("knows after a snapshot what it knew before, where runs are alike", async () => {
    const model = await RewardModel.fit(few, { seed: 1, members });
    const restored = await RewardModel.restore(JSON.parse(JSON.stringify(await model.snapshot())));
    const features = [...few.slice(0, 12).map((e) => e.features), { agent: "nobody", errors: 40 }];
    for (const of of [model, restored])
      expect(of.predict(features).map((p) => p.known)).toEqual([...Array.from({ length: 12 }, () => true), false]);
  });

  it("keeps every prediction within its interval", async () => {
    for (const value of [0.1, 0.3, 0.7, 1 / 3]) {
      const same = few.map((e) => ({ ...e, targets: { reward: value } }));
      const model = await RewardModel.fit(same, { members });
      for (const { lower, mean, upper } of model.predict([{ agent: "a1", errors: 1 }, { agent: "nobody" }, {}]))
        expect([lower <= mean, mean <= upper]).toEqual([true, true]);
    }
  });

  it("says that a snapshot is damaged, whatever is missing", async () => {
    const snapshot = JSON.parse(JSON.stringify(await (await RewardModel.fit(few, { members })).snapshot()));
    for (const path of [
      ...["columns", "constants", "novelty", "novelty.mean", "background", "targets", "encoder"],
      ...["targets.reward.report", "targets.reward.report.low", "targets.reward.report.members"],
      ...["targets.reward.members", "targets.reward.calibration", "targets.reward.calibration.scores"],
    ])
      for (const value of [undefined, null]) {
        const damaged = structuredClone(snapshot);
        const keys = path.split(".");
        const last = keys.pop() as string;
        keys.reduce((at, key) => at[key], damaged)[last] = value;
        await expect(RewardModel.restore(damaged), path).rejects.toMatchObject({ code: "SNAPSHOT_INVALID" });
      }
  });

  it("refuses options that it does not know", async () => {
    await expect(RewardModel.fit(few, { sead: 1 } as never)).rejects.toThrow('Did you mean "seed"?');
  });
});

describe("RewardModel, otherwise", () => {
  it("gives the same numbers for the same seed", async () => {
    const [a, b] = [
      await RewardModel.fit(world(60, 1), { members: quick }),
      await RewardModel.fit(world(60, 1), { members: quick }),
    ];
    const features = world(20, 2).map((e) => e.features);
    expect(a.predict(features)).toEqual(b.predict(features));
  });

  it("predicts each target that has enough examples", async () => {
    const examples = world(80, 1).map((e, i) => ({
      ...e,
      targets: {
        ...e.targets,
        ...(i < 40 && { "cat:novelty": 1 - e.targets["reward"] }),
        ...(i < 5 && { rare: 1 }),
      },
    }));
    const model = await RewardModel.fit(examples, { members: quick });
    expect(Object.keys(model.report())).toEqual(["cat:novelty", "reward"]);
    const feature = [world(1, 9)[0]?.features as object];
    const [reward, novelty] = [model.predict(feature as never), model.predict(feature as never, "cat:novelty")];
    expect(reward[0]?.mean + novelty[0]?.mean).toBeCloseTo(1, 0.5);
    expect(() => model.predict(feature as never, "rare")).toThrow(/the target "rare"/);
  });

  it("learns from new ratings at once, and a refit that is better on later runs replaces it", async () => {
    const drifted = (seed: number, n: number) =>
      world(n, seed).map((e) => ({ ...e, targets: { reward: Math.min(1, e.targets["reward"] + 0.3) } }));
    const champion = await RewardModel.fit(world(100, 1), { members: quick });
    const later = drifted(3, 100);
    const features = later.map((e) => e.features);
    const before = rmse(
      champion.predict(features).map((p) => p.mean),
      rewardsOf(later),
    );
    const challenger = await RewardModel.fit([...world(50, 1), ...drifted(4, 100)], { members: quick });
    expect(compareOnLater(champion, challenger, later)).toMatchObject({ better: true, rows: 100 });
    expect(compareOnLater(challenger, champion, later).better).toBe(false);
    expect(compareOnLater(champion, champion, later).better).toBe(false);
    champion.update(drifted(5, 200));
    const after = rmse(
      champion.predict(features).map((p) => p.mean),
      rewardsOf(later),
    );
    expect(after).toBeLessThan(0.8 * before);
  });

  it("goes on without a member that fails, and says so", async () => {
    const broken = {
      kind: "broken",
      fit: async () => Promise.reject(new Error("out of memory")),
      restore: async () => Promise.reject(new Error("never")),
    };
    const model = await RewardModel.fit(world(40, 1), { members: [...quick, broken] });
    expect(model.report()["reward"]?.members.find((m) => m.kind === "broken")).toMatchObject({
      weight: 0,
      failure: "out of memory",
    });
    await expect(RewardModel.fit(world(40, 1), { members: [broken] })).rejects.toThrow(/out of memory/);
  });

  it("stops when asked to", async () => {
    let looks = 0;
    await expect(RewardModel.fit(world(100, 1), { members: quick, cancelled: () => ++looks > 3 })).rejects.toThrow(
      /a stop/,
    );
  });

  it.each([
    ["too few examples", world(10, 1), /10 examples.*at least 20/],
    ["no examples", [], /0 examples/],
    [
      "a target that is no number",
      [...world(30, 1), { features: {}, targets: { reward: Number.NaN } }],
      /reward = NaN/,
    ],
  ])("refuses %s", async (_, examples, message) => {
    await expect(RewardModel.fit(examples, { members: quick })).rejects.toThrow(message);
  });
});
