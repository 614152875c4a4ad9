import { describe, expect, it } from "vitest";
import { cartPole } from "../../src/environments/index.js";
import type { Rng } from "../../src/math/rng.js";
import { createDqn, createPpo, type Learner, type LearnerShape, train } from "../../src/training/index.js";
import { CARTPOLE_DQN, CARTPOLE_PPO } from "./settings.js";

/** Steps until the greedy policy balances for 475 of 500 steps on average; undefined if it never does. */
async function stepsToSolve(seed: number, makeLearner: (shape: LearnerShape, rng: Rng) => Promise<Learner>) {
  const { stopped, steps } = await train({
    makeEnv: cartPole,
    makeLearner,
    totalSteps: 100_000,
    seed,
    targetReturn: 475,
  });
  return stopped === "target" ? steps : undefined;
}

describe("CartPole-v1 within 100,000 steps", () => {
  it("is solved by PPO for every one of five seeds", async () => {
    const solved = [];
    for (let seed = 1; seed <= 5; seed++)
      solved.push(await stepsToSolve(seed, (s, r) => createPpo(s, CARTPOLE_PPO, r)));
    expect(solved).not.toContain(undefined);
  });

  it("is solved by DQN for two of two seeds", async () => {
    for (const seed of [1, 2]) expect(await stepsToSolve(seed, (s, r) => createDqn(s, CARTPOLE_DQN, r))).toBeDefined();
  });
});
