import { describe, expect, it } from "vitest";
import { CartPole, cartPole, checkEnv } from "../../src/environments/index.js";
import { referenceEpisodes } from "./cart-pole-reference.js";

describe("CartPole", () => {
  it("passes the checker, with a word on its unbounded velocities", () => {
    const report = checkEnv(cartPole());
    expect(report.warnings[0]).toMatch("1, 3 have no bound");
    expect(report.episodes).toBeGreaterThan(2);
  });

  it("steps to the single-precision observations that Gymnasium's did, in every recorded episode", () => {
    const env = new CartPole();
    let steps = 0;
    let largest = 0;
    for (const { start, actions, observations, terminated } of referenceEpisodes()) {
      env.reset({ options: { state: start } });
      observations.forEach((expected, t) => {
        const result = env.step(actions[t]);
        expected.forEach((v, k) => {
          largest = Math.max(largest, Math.abs(result.observation[k] - v));
        });
        expect(result.terminated).toBe(terminated && t === observations.length - 1);
        steps++;
      });
    }
    expect(steps).toBeGreaterThan(800);
    // Sine and cosine may differ in their last bit between the two languages.
    expect(largest).toBeLessThan(3e-7);
  });

  it("starts within ±0.05 and is cut off after 500 steps", () => {
    const env = cartPole();
    const { observation } = env.reset({ seed: 4 });
    expect(Math.max(...observation.map(Math.abs))).toBeLessThan(0.05);
    // A hand-made controller that balances for good.
    let obs = observation;
    for (let t = 1; t <= 500; t++) {
      const [x, v, a, w] = obs as unknown as [number, number, number, number];
      const result = env.step(0.1 * x + 0.3 * v + 6 * a + 1.2 * w > 0 ? 1 : 0);
      expect(result.terminated).toBe(false);
      expect(result.truncated).toBe(t === 500);
      obs = result.observation;
    }
    expect(() => env.step(0)).toThrow(/after the time limit of 500/);
  });

  it("refuses steps outside an episode, unknown actions and bad starts", () => {
    const env = new CartPole();
    expect(() => env.step(0)).toThrow(/a step outside an episode/);
    env.reset();
    expect(() => env.step(2)).toThrow(/received the action 2/);
    expect(() => env.reset({ options: { state: [0, 0, Number.NaN, 0] } })).toThrow(/four finite numbers/);
  });

  it("goes on from its own generator without a seed", () => {
    const run = () => {
      const env = new CartPole();
      return [env.reset({ seed: 1 }), env.reset(), env.reset()].map((r) => r.observation.join());
    };
    expect(run()).toEqual(run());
    expect(new Set(run()).size).toBe(3);
  });
});
