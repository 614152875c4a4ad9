import { describe, expect, it } from "vitest";
import { cartPole, NormalizeObservation } from "../../src/environments/index.js";
import { forward } from "../../src/math/network.js";
import { createRng } from "../../src/math/rng.js";
import { createNetwork } from "../../src/tensor/index.js";
import {
  type Actor,
  compareActors,
  episodeInterval,
  onRawObservations,
  randomActor,
} from "../../src/training/index.js";
import { identityEnv } from "./support.js";

const right: Actor<number> = (state) => state;
const mostlyRight: Actor<number> = (state, _, rng) => (rng.next() < 0.9 ? state : rng.int(3));

describe("evaluation", () => {
  it("pairs episodes, so that gains are known better than returns", () => {
    const others = { random: randomActor<number>(3), baseline: mostlyRight, itself: right };
    const { returns, gains } = compareActors(right, others, { makeEnv: identityEnv, episodes: 200 });
    expect(returns.candidate).toEqual({ mean: 10, low: 10, high: 10, episodes: 200 });
    expect(returns.random?.mean).toBeCloseTo(10 / 3, 0);
    expect(gains.baseline?.low).toBeGreaterThan(0);
    expect(gains.itself).toMatchObject({ mean: 0, low: 0, high: 0 });
    expect(compareActors(right, others, { makeEnv: identityEnv, episodes: 200 })).toEqual({ returns, gains });
  });

  it("gives Student's interval", () => {
    // Mean 2, standard deviation 1, quantile 4.303 for 2 degrees of freedom.
    const { mean, low, high } = episodeInterval([1, 2, 3]);
    expect([mean, high - mean, mean - low]).toEqual([
      2,
      expect.closeTo(4.303 / Math.sqrt(3), 2),
      expect.closeTo(2.484, 2),
    ]);
    // 9 degrees: 2.262.
    const ten = episodeInterval([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(ten.high - ten.mean).toBeCloseTo((2.262 * 3.02765) / Math.sqrt(10), 2);
    expect(episodeInterval([5]).low).toBe(Number.NEGATIVE_INFINITY);
  });

  it("turns a network for normalised observations into one for raw ones", () => {
    const env = new NormalizeObservation(cartPole());
    for (let seed = 0; seed < 200; seed++) env.reset({ seed });
    env.frozen = true;
    const network = createNetwork({ inputs: 4, outputs: 2, hidden: [5] }, createRng(1));
    const raw = onRawObservations(network, env.moments);
    for (let seed = 0; seed < 20; seed++) {
      const normal = forward(network, env.reset({ seed }).observation);
      forward(raw, cartPole().reset({ seed }).observation).forEach((v, a) => {
        expect(v).toBeCloseTo(normal[a], 9);
      });
    }
  });

  it("draws legal actions only", () => {
    const rng = { next: () => 0.99, int: (n: number) => n - 1 } as never;
    expect(randomActor(4)(0, { actionMask: [true, false, true, false] }, rng)).toBe(2);
  });
});
