import { createRng } from "../../src/math/rng.js";
import type { RewardExample } from "../../src/rewards/index.js";

/** A small world with a known answer: the reward rises with quality, falls with errors, differs by agent; `noise` is the rest. */
export function world(n: number, seed: number, noise = 0.05, groups = n): RewardExample[] {
  const rng = createRng(seed);
  return Array.from({ length: n }, (_, i) => {
    const quality = rng.next();
    const errors = rng.int(4);
    const agent = rng.next() < 0.5 ? "writer" : "critic";
    const truth = 0.2 + 0.5 * quality - 0.08 * errors + (agent === "writer" ? 0.2 * quality : 0);
    const reward = Math.min(1, Math.max(0, truth + noise * rng.normal()));
    return {
      features: { quality, errors, agent, idle: rng.next(), missing: rng.next() < 0.1 ? null : 1 },
      targets: { reward },
      group: `g${i % groups}`,
    };
  });
}

export const rewardsOf = (examples: readonly RewardExample[]) => examples.map((e) => e.targets["reward"]);

export function rmse(predictions: ArrayLike<number>, truth: readonly number[]): number {
  return Math.sqrt(truth.reduce((a, t, i) => a + (t - predictions[i]) ** 2, 0) / truth.length);
}
