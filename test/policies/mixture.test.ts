import { describe, expect, it } from "vitest";
import { denseVector } from "../../src/dataset/index.js";
import { createRng } from "../../src/math/rng.js";
import type { PolicyInput, PolicyRow } from "../../src/policies/index.js";
import { createPolicy } from "../../src/policies/index.js";
import { buildModel } from "../../src/policies/models/build.js";
import { ChoiceBalance } from "../../src/policies/models/choice-balance.js";
import { KnownContexts } from "../../src/policies/models/known-contexts.js";
import { MixtureModel } from "../../src/policies/models/mixture.js";
import type { RewardEstimator } from "../../src/policies/models/model.js";
import { SphereModel } from "../../src/policies/models/sphere.js";

const AB = ["a", "b"];

/** A model that always says the same. */
function constant(mean: number, error: number): RewardEstimator {
  return {
    estimate(_input, means, errors) {
      means.fill(mean);
      errors?.fill(error);
    },
    learn() {},
    parts: ({ context }) => ({ bias: mean, contributions: new Float64Array(context.indices.length), context }),
    snapshot: () => ({ kind: "constant" }),
  };
}

const row = (reward: number): PolicyRow => ({ context: denseVector([1]), candidates: AB, chosen: 0, reward });

/** A model that finds the second candidate better by this much. */
function apart(distance: number): RewardEstimator {
  return {
    ...constant(0.5, 0.1),
    estimate(input, means, errors) {
      input.candidates.forEach((c, i) => {
        means[i] = c === "b" ? 0.5 + distance : 0.5;
        if (errors) errors[i] = 0.1;
      });
    },
  };
}

describe("MixtureModel", () => {
  it("draws candidates together where the distance it predicts is not found in rewards", () => {
    const distance = (calibrated: boolean, gain: number) => {
      const mixture = new MixtureModel([apart(0.4), apart(0.4)], { calibrated });
      for (let i = 0; i < 300; i++) {
        const chosen = i % 2;
        mixture.learn([{ ...row(chosen === 1 ? 0.5 + gain : 0.5), chosen }]);
      }
      const means = new Float64Array(2);
      mixture.estimate({ context: denseVector([1]), candidates: AB }, means);
      return means[1] - means[0];
    };
    expect(distance(false, 0)).toBeCloseTo(0.4, 12);
    expect(distance(true, 0)).toBeLessThan(0.2);
    // What was predicted came true: nothing is taken from it.
    expect(distance(true, 0.4)).toBeCloseTo(0.4, 1);
  });

  it("weighs what sets candidates apart for itself: who knows the level need not know the distance", () => {
    // The first knows how hard a context is and finds the wrong candidate better; the second the other way round.
    const level: RewardEstimator = {
      ...constant(0.5, 0.1),
      estimate(input, means) {
        const hard = input.context.values[0];
        input.candidates.forEach((c, i) => {
          means[i] = (hard > 0 ? 0.8 : 0.2) + (c === "b" ? -0.05 : 0.05);
        });
      },
    };
    const experts = () => [level, apart(0.1)];
    const distance = (weighedTwice: boolean) => {
      const mixture = new MixtureModel(experts(), { calibrated: true, apart: weighedTwice });
      for (let i = 0; i < 2000; i++) {
        const [chosen, hard] = [i % 2, i % 4 < 2];
        const reward = (hard ? 0.8 : 0.2) + (chosen === 1 ? 0.05 : -0.05);
        mixture.learn([{ ...row(reward), context: denseVector([hard ? 1 : -1]), chosen }]);
      }
      const means = new Float64Array(2);
      mixture.estimate({ context: denseVector([1]), candidates: AB }, means);
      const { bias } = mixture.parts({ context: denseVector([1]), candidates: AB }, 1);
      expect((means[0] + means[1]) / 2).toBeCloseTo(0.8, 2);
      expect(bias).toBeCloseTo(means[1], 12);
      return means[1] - means[0];
    };
    expect(distance(false)).toBeLessThan(0);
    expect(distance(true)).toBeGreaterThan(0.05);
  });

  const input: PolicyInput = { context: denseVector([1]), candidates: AB };
  const errorsOf = (model: RewardEstimator, asked = input): number => {
    const errors = new Float64Array(2);
    model.estimate(asked, new Float64Array(2), errors);
    return errors[0];
  };

  it("gives the experts the weights of their handicaps at first and after the world changed", () => {
    const mixture = new MixtureModel([constant(0, 0.1), constant(0, 0.1)], { handicaps: [1] });
    const odds = () => mixture.shares[0] / mixture.shares[1];
    expect(odds()).toBeCloseTo(Math.exp(-2), 12);
    for (let i = 0; i < 100; i++) mixture.learn([row(0)]);
    expect(odds()).toBeGreaterThan(0.15);
    let rows = 0;
    while (mixture.rowsSinceDrift() > 0 && rows++ < 100) mixture.learn([row(1)]);
    expect(rows).toBeLessThan(60);
    expect(odds()).toBeCloseTo(Math.exp(-2), 12);
  });

  it("makes its surest expert anew when the world changed", () => {
    let made = 0;
    const renew = () => {
      made++;
      return constant(1, 0.5);
    };
    const mixture = new MixtureModel([constant(0, 0.1), constant(0, 0.1)], { surest: 1, renew });
    for (let i = 0; i < 100; i++) mixture.learn([row(0)]);
    expect(made).toBe(0);
    for (let i = 0; i < 60; i++) mixture.learn([row(1)]);
    expect(made).toBe(1);
    expect(mixture.shares[1]).toBeGreaterThan(0.99);
    expect(errorsOf(mixture)).toBeCloseTo(0.5, 2);
  });

  it("takes the standard errors of its surest expert, joined with the disagreement", () => {
    const experts = [constant(0.4, 0.3), constant(0.6, 0.05)];
    expect(errorsOf(new MixtureModel(experts))).toBeCloseTo(Math.hypot(0.3, 0.1), 12);
    const surest = new MixtureModel(experts, { surest: 1 });
    expect(errorsOf(surest)).toBeCloseTo(Math.hypot(0.05, 0.1), 12);
    // Where candidates have features of their own, who sees them is asked.
    const candidateFeatures = AB.map(() => denseVector([1]));
    expect(errorsOf(surest, { ...input, candidateFeatures })).toBeCloseTo(Math.hypot(0.3, 0.1), 12);
  });

  it("asks a surest expert without weight for its standard errors only", () => {
    const mixture = new MixtureModel([constant(1, 0.3), constant(0, 0.05)], { surest: 1 });
    for (let i = 0; i < 20; i++) mixture.learn([row(1)]);
    const means = new Float64Array(2);
    const errors = new Float64Array(2);
    mixture.estimate(input, means, errors);
    expect(mixture.shares[1]).toBeLessThan(1e-9);
    expect([...means, ...errors]).toEqual([1, 1, 0.05, 0.05]);
  });
});

describe("experts of a mixture whose contexts come again", () => {
  /** Knows by heart what it has learned, and guesses that the second candidate is worthless anywhere else. */
  function byHeart(): RewardEstimator {
    const learned = new Map<number, number>();
    return {
      ...constant(0.5, 0.1),
      learn(rows) {
        for (const { context, reward } of rows) learned.set(context.values[0], reward);
      },
      estimate({ context }, means, errors) {
        const known = learned.get(context.values[0]);
        means[0] = known ?? 0.5;
        means[1] = known ?? 0;
        errors?.fill(0.1);
      },
    };
  }
  const seen = (value: number, chosen: number): PolicyRow => ({
    ...row(0.7),
    context: denseVector([value]),
    chosen,
  });
  const sum = { ...constant(0.7, 0.1) };
  const means = (mixture: MixtureModel, value: number) => {
    const of = new Float64Array(2);
    mixture.estimate({ context: denseVector([value]), candidates: AB }, of);
    return [...of];
  };

  it("are believed in new ones by what they foretold of new ones", () => {
    const worth = (acquainted: boolean) => {
      const mixture = new MixtureModel([byHeart(), sum], { acquainted });
      for (let value = 0; value < 100; value++) {
        mixture.learn([seen(value, value % 2)]);
        // One comes again and again: who knows it by heart is right there, who does not is not.
        for (let again = 0; again < 100; again++) mixture.learn([{ ...seen(-3, 1), reward: 0.9 }]);
      }
      return { new: means(mixture, -1)[1], known: means(mixture, -3)[1] };
    };
    expect(worth(true).new).toBeCloseTo(0.7, 3);
    expect(worth(true).known).toBeCloseTo(0.9, 3);
    // With one weight for both, the one by heart is believed everywhere.
    expect(worth(false).new).toBeLessThan(0.1);
  });
});

describe("ChoiceBalance", () => {
  it("lets a choice that is made too often count less, by hand", () => {
    const balance = new ChoiceBalance();
    const left = 1 - 1 / 500;
    let rows = 0;
    for (let i = 0; i < 4; i++) {
      rows = rows * left + 1;
      expect(balance.add("a", 1, 4)).toBe(1);
    }
    // Nearly five rows, all of one of four: fair is a quarter of them and the row before.
    rows = rows * left + 1;
    expect(balance.add("a", 1, 4)).toBeCloseTo((2 * (rows / 4 + 1)) / rows, 12);
    expect(balance.add("b", 1, 4)).toBe(1);
  });

  it("comes to twice the fair share where one is nearly always chosen, and to all where choices are even", () => {
    const [fallback, even] = [new ChoiceBalance(), new ChoiceBalance()];
    let [often, rare, each] = [0, 1, 1];
    for (let i = 0; i < 3000; i++) {
      if (i % 10 === 0) rare = Math.min(rare, fallback.add(`d${(i / 10) % 9}`, 1, 9));
      else often = fallback.add("d0", 1, 9);
      each = Math.min(each, even.add(`d${i % 9}`, 1, 9));
    }
    expect(often).toBeCloseTo(2 / 9 / 0.91, 1);
    expect(each).toBe(1);
  });

  it("goes on to the digit after a snapshot, and begins empty where there is none", () => {
    const [one, two] = [new ChoiceBalance(), new ChoiceBalance()];
    for (let i = 0; i < 50; i++) one.add(i % 7 ? "__proto__" : "b", 0.3, 2);
    two.load(JSON.parse(JSON.stringify(one.snapshot())));
    expect(two.add("b", 1, 2)).toBe(one.add("b", 1, 2));
    two.load(undefined);
    expect(two.snapshot()).toEqual([]);
    for (const broken of [{}, [["a"]], [[1, 1]], [["a", Number.NaN]], [["a", -1]]])
      expect(() => two.load(broken)).toThrow(expect.objectContaining({ code: "SNAPSHOT_INVALID" }));
  });
});

describe("KnownContexts", () => {
  it("tells contexts apart by any position and any value", () => {
    const known = new KnownContexts();
    known.add(denseVector([1, 2]));
    expect(known.has(denseVector([1, 2]))).toBe(true);
    for (const other of [[1, 2, 0], [2, 1], [1, 2 + 2 ** -51], [-1, 2], []])
      expect(known.has(denseVector(other))).toBe(false);
    const moved = { dim: 3, indices: Int32Array.of(0, 2), values: Float64Array.of(1, 2) };
    expect(known.has(moved)).toBe(false);
  });

  it("forgets those not seen for longest, and keeps its bound in a snapshot", () => {
    const known = new KnownContexts();
    for (let i = 0; i < 16_384; i++) known.add(denseVector([i]));
    known.add(denseVector([0]));
    known.add(denseVector([-1]));
    expect([0, 1, 2, -1].map((v) => known.has(denseVector([v])))).toEqual([true, false, true, true]);
    const again = new KnownContexts();
    again.load(JSON.parse(JSON.stringify(known.snapshot())));
    again.add(denseVector([-2]));
    expect([0, 2, 3, -1].map((v) => again.has(denseVector([v])))).toEqual([true, false, true, true]);
    for (const broken of [undefined, 3, "AAA="])
      expect(() => again.load(broken)).toThrow(expect.objectContaining({ code: "SNAPSHOT_INVALID" }));
  });
});

describe("SphereModel", () => {
  const sphere = () => new SphereModel(buildModel({ kind: "ridge" }, 3, 0));

  it("is as unsure of an unseen context of many large features as of one of few", () => {
    const errors = new Float64Array(2);
    const model = sphere();
    const unsure = [[0.1], [1, -1, 2], [50, 80, -90]].map((values) => {
      model.estimate({ context: denseVector(values), candidates: AB }, new Float64Array(2), errors);
      return errors[0];
    });
    for (const error of unsure) expect(error).toBeCloseTo(unsure[0], 12);
  });

  it("explains its means by parts that sum to them", () => {
    const rng = createRng(4);
    const model = sphere();
    for (let i = 0; i < 60; i++) {
      const values = [rng.normal(), rng.normal(), rng.normal()];
      const chosen = rng.int(2);
      model.learn([{ context: denseVector(values), candidates: AB, chosen, reward: values[0] > 0 ? 1 : 0 }]);
    }
    const input = { context: denseVector([0.7, -2, 0.1]), candidates: [...AB, "new"] };
    const means = new Float64Array(3);
    model.estimate(input, means);
    for (const i of [0, 1, 2]) {
      const { bias, contributions } = model.parts(input, i);
      expect(contributions).toHaveLength(3);
      expect(contributions.reduce((sum, c) => sum + c, bias)).toBeCloseTo(means[i], 12);
    }
  });
});

describe("auto", () => {
  it("learns three classes of twenty features within 150 decisions", () => {
    let rewards = 0;
    for (const seed of [1, 2, 3]) {
      const rng = createRng(seed);
      const centres = [0, 1, 2].map(() => Array.from({ length: 20 }, () => rng.normal()));
      const policy = createPolicy({ kind: "auto", dim: 20, seed });
      for (let t = 0; t < 150; t++) {
        const right = rng.int(3);
        const values = centres[right].map((centre) => centre + rng.normal());
        const input: PolicyInput = { context: denseVector(values), candidates: ["a", "b", "c"] };
        const { index } = policy.choose(input, rng.next());
        const reward = index === right ? 1 : 0;
        rewards += reward;
        policy.learn([{ ...input, chosen: index, reward }]);
      }
    }
    expect(rewards / 450).toBeGreaterThan(0.92);
  });
});
