import { describe, expect, it } from "vitest";
import { createRng } from "../../src/core/index.js";
import { CartPole } from "../../src/environments/index.js";
import { peersPython, runPeer } from "../bench/support/peers.js";

interface Answer {
  episodes: { observations: number[][]; terminated: boolean }[];
}

const python = peersPython();

describe(`CartPole beside the Python package${python ? "" : " (not run: npm run bench:peers makes its environment)"}`, () => {
  it.runIf(python)("steps to the very same single-precision observations", async () => {
    const rng = createRng("beside");
    const episodes = Array.from({ length: 200 }, () => ({
      start: [2.3, 2, 0.2, 2].map((scale) => (2 * rng.next() - 1) * scale),
      actions: Array.from({ length: 300 }, () => rng.int(2)),
    }));
    const answer = await runPeer<Answer>("peer_cartpole.py", { episodes });
    let steps = 0;
    const env = new CartPole();
    episodes.forEach(({ start, actions }, e) => {
      env.reset({ options: { state: start } });
      const { observations, terminated } = answer.episodes[e] as Answer["episodes"][number];
      observations.forEach((expected, t) => {
        const result = env.step(actions[t] as number);
        // Sine and cosine may differ in their last bit between the two languages.
        expected.forEach((v, k) => {
          expect(Math.abs((result.observation[k] as number) - v)).toBeLessThan(1e-6);
        });
        expect(result.terminated).toBe(terminated && t === observations.length - 1);
        steps++;
      });
    });
    expect(steps).toBeGreaterThan(1000);
  });
});
