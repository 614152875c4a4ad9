import { beforeAll, describe, expect, it } from "vitest";
import type { SolvedWorld } from "../../../src/environments/index.js";
import {
  beta,
  checkEnv,
  enumerateChances,
  lognormal,
  OrchestratorEnv,
  smallWorld,
  solveWorld,
  standardWorld,
} from "../../../src/environments/index.js";

/** Mean return over seeded episodes. */
function meanReturn(
  env: OrchestratorEnv,
  episodes: number,
  pick: (mask: readonly boolean[], baseline: number) => number,
) {
  let total = 0;
  for (let seed = 0; seed < episodes; seed++) {
    let { info } = env.reset({ seed });
    for (;;) {
      const step = env.step(pick(info.actionMask as boolean[], info.baseline as number));
      total += step.reward;
      if (step.terminated) break;
      info = step.info;
    }
  }
  return total / episodes;
}

describe("OrchestratorEnv", () => {
  it("is made of distributions that can be drawn from", () => {
    expect(() => lognormal(0, 1)).toThrow(/ENV_INVALID.*median 0 and sigma 1/);
    expect(() => lognormal(5, -1)).toThrow(/sigma -1/);
    for (const [mean, strength] of [
      [0, 5],
      [1, 5],
      [0.5, 0],
      [70, 5],
    ] as const)
      expect(() => beta(mean, strength)).toThrow(/ENV_INVALID.*a mean in \(0,1\)/);
    expect(beta(0.25, 8)).toEqual({ kind: "beta", alpha: 2, beta: 6 });
  });

  it.each([
    ["small", smallWorld()],
    ["standard", standardWorld()],
  ])("is an environment as Gymnasium understands it: %s world", (_name, world) => {
    expect(checkEnv(new OrchestratorEnv({ world }), { steps: 120 }).warnings).toEqual([]);
  });

  it.each([
    ["no inspiration", { rules: { ...standardWorld().rules, maxInspirations: 0 } }],
    ["no tokens", { budget: { steps: 40, tokens: 0 } }],
    ["no money and no time", { budget: { steps: 40, costUsd: 0, timeMs: 0 } }],
  ])("keeps its observations and rewards numbers where it grants %s", (_what, limits) => {
    checkEnv(new OrchestratorEnv({ world: { ...standardWorld(), ...limits } }), { steps: 60 });
  });

  it("takes its defaults for weights that are undefined, and refuses ones that are none", () => {
    const plain = meanReturn(new OrchestratorEnv({ world: smallWorld() }), 3, (_m, b) => b);
    const reward = { time: undefined, completion: undefined } as never;
    expect(meanReturn(new OrchestratorEnv({ world: smallWorld(), reward }), 3, (_m, b) => b)).toBe(plain);
    expect(() => new OrchestratorEnv({ reward: { complete: 2 } as never })).toThrow(/Did you mean "completion"/);
    expect(() => new OrchestratorEnv({ reward: { time: Number.NaN } })).toThrow(/ENV_INVALID.*NaN.* for time/);
    expect(() => solveWorld(smallWorld(), { timeScaleMs: 0 })).toThrow(/received 0 for timeScaleMs/);
  });

  it("refuses illegal actions and steps outside an episode", () => {
    const env = new OrchestratorEnv({ world: smallWorld() });
    expect(() => env.step(0)).toThrow(/before its first episode/);
    env.reset({ seed: 1 });
    expect(() => env.step(3)).toThrow(/coordinateWorkflow/);
    expect(() => env.step(99)).toThrow(/action 99/);
  });

  it("pays for the satisfaction that a reward model predicts", () => {
    const liked = meanReturn(new OrchestratorEnv({ world: smallWorld(), satisfaction: () => 1 }), 5, (_m, b) => b);
    const hated = meanReturn(new OrchestratorEnv({ world: smallWorld(), satisfaction: () => 0 }), 5, (_m, b) => b);
    expect(liked - hated).toBeCloseTo(3, 9);
  });

  it("gives the rule-based baseline a fair job in the standard world", () => {
    const env = new OrchestratorEnv();
    const first = meanReturn(env, 40, (mask) => mask.indexOf(true));
    expect(meanReturn(env, 40, (_m, b) => b)).toBeGreaterThan(first + 3);
  });
});

describe("the small world, solved by value iteration", () => {
  let solved: SolvedWorld;
  beforeAll(() => {
    solved = solveWorld(smallWorld());
  });

  it("has an optimum that its own best actions earn and nothing exceeds", () => {
    const env = new OrchestratorEnv({ world: smallWorld() });
    const optimal = meanReturn(env, 1_000, () => solved.bestAction(env.state));
    expect(Math.abs(optimal / solved.optimum - 1)).toBeLessThan(0.02);
    expect(solved.states).toBeGreaterThan(1_000);
  });

  it("leaves the rule-based baseline at 85 % or more of the optimum", () => {
    const share = meanReturn(new OrchestratorEnv({ world: smallWorld() }), 600, (_m, b) => b) / solved.optimum;
    expect(share).toBeGreaterThan(0.85);
    expect(share).toBeLessThan(1);
  });

  it("refuses worlds that it cannot solve", () => {
    expect(() => solveWorld(standardWorld())).toThrow(/hidden conditions/);
    const endless = standardWorld();
    expect(() => solveWorld({ ...endless, agents: endless.agents.map((a) => ({ ...a, broken: 0 })) })).toThrow(
      /lognormal/,
    );
    expect(() => solveWorld(smallWorld(), {}, 50)).toThrow(/over 50 states/);
  });
});

it("enumerates every branch of a computation with its probability", () => {
  const branches = enumerateChances((chance) => {
    const a = chance.pick([0.25, 0, 0.75]);
    return a === 0 ? "stop" : `${a}${chance.value({ kind: "discrete", values: [7, 8], probabilities: [0.4, 0.6] })}`;
  });
  expect(branches.map((b) => [b.value, Number(b.probability.toFixed(9))])).toEqual([
    ["stop", 0.25],
    ["27", 0.3],
    ["28", 0.45],
  ]);
});
