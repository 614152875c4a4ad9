import { describe, expect, it } from "vitest";
import { type DecisionRow, fitEncoder } from "../../src/dataset/index.js";
import {
  cliffWorld,
  policyValue,
  repairWorld,
  type TabularModel,
  tabularEnv,
  valueIteration,
} from "../../src/environments/index.js";
import { forward, type NetworkSnapshot, saveNetwork } from "../../src/math/network.js";
import { createRng } from "../../src/math/rng.js";
import {
  type Actor,
  cloneBehaviour,
  createPpo,
  type LoggedData,
  learnOffline,
  loggedEpisodes,
  loggedRuns,
  train,
} from "../../src/training/index.js";
import { shareOfOptimum } from "./support.js";

/** The optimal action, or with some probability a random legal one. */
function noisyOptimal(model: TabularModel, noise: number): Actor<number> {
  const { policy } = valueIteration(model);
  return (state, { actionMask }, rng) => {
    if (rng.next() >= noise) return policy[state];
    const legal = [...(actionMask as boolean[]).keys()].filter((a) => actionMask?.[a]);
    return legal[rng.int(legal.length)];
  };
}

function log(model: TabularModel, noise: number, episodes: number): LoggedData {
  return loggedEpisodes(noisyOptimal(model, noise), {
    makeEnv: () => tabularEnv(model),
    actions: model.actions,
    episodes,
  });
}

/** The exact value of the noisy behaviour as a share of the optimum. */
function behaviourShare(model: TabularModel, noise: number): number {
  const { policy, optimum } = valueIteration(model);
  const value = policyValue(model, (s) => {
    const legal = model.legal(s);
    const count = legal.filter(Boolean).length;
    return legal.map((l, a) => (l ? noise / count : 0) + (a === policy[s] ? 1 - noise : 0));
  });
  return value / optimum;
}

describe("behaviour cloning", () => {
  it("imitates what it saw, over legal actions", async () => {
    const model = repairWorld();
    const { network, agreement, decisions } = await cloneBehaviour(log(model, 0, 40), { hidden: [16], epochs: 20 });
    expect(decisions).toBe(40 * 60);
    expect(agreement).toBeGreaterThan(0.99);
    expect(shareOfOptimum(model, (x) => forward(network, x))).toBeGreaterThan(0.99);
  });

  it("learns from the runs that are not held out alone", async () => {
    const data = log(repairWorld(), 0, 4);
    const heldOut = async (validationShare: number) =>
      (await cloneBehaviour(data, { hidden: [16], epochs: 1, validationShare })).network.parameters;
    expect(await heldOut(0.5)).not.toEqual(await heldOut(0.25));
    expect(await heldOut(0.25)).toEqual(await heldOut(0.3));
    await expect(heldOut(1)).rejects.toThrow(/a validationShare of 1, which leaves none of 4 runs to learn from/);
  });

  it("gives PPO a start near the behaviour it imitates", async () => {
    const model = repairWorld();
    const { network } = await cloneBehaviour(log(model, 0, 30), { hidden: [16], epochs: 20 });
    const options = { makeEnv: () => tabularEnv(model), totalSteps: 256, evaluateEvery: 256, evaluationEpisodes: 50 };
    const begin = (start?: NetworkSnapshot, hidden = [16]) =>
      train({ ...options, makeLearner: (s, r) => createPpo(s, { start, hidden, epochs: 1, learningRate: 1e-5 }, r) });
    const [cold, warm] = [await begin(), await begin(saveNetwork(network))];
    expect(warm.evaluations[0]?.low).toBeGreaterThan(cold.evaluations[0]?.high);
    expect(shareOfOptimum(model, (x) => forward(warm.network, x))).toBeGreaterThan(0.97);
    await expect(begin(saveNetwork(network), [8])).rejects.toThrow(/layers 24-16 tanh, 16-3 linear; expected 24-8/);
  });

  it.each([
    [{ batchSize: 0 }, /received 0 for batchSize; expected a whole number from 1/],
    [{ learningRate: Number.NaN }, /NaN.* for learningRate; expected a finite number from 0/],
    [{ hiden: [8] }, /unknown key "hiden".*Did you mean "hidden"/],
  ])("refuses the settings %j instead of never ending or learning nothing", async (options, message) => {
    const data = log(cliffWorld(), 0.5, 5);
    await expect(learnOffline(data, options as never)).rejects.toThrow(message);
    await expect(cloneBehaviour(data, options as never)).rejects.toThrow(message);
  });

  it.each([
    [{ reward: Number.NaN }, /a reward of NaN at step 2 of episode 3 of the log/],
    [{ x: Float64Array.of(0, Number.POSITIVE_INFINITY) }, /Infinity at position 1 of what was observed at step 2/],
    [{ x: Float64Array.of(0) }, /1 numbers observed at step 2 .*expected 2/],
    [{ mask: Uint8Array.of(0, 0) }, /a mask that allows no action at step 2/],
    [{ mask: Uint8Array.of(1) }, /a mask of 1 at step 2/],
    [{ mask: Uint8Array.of(0, 1) }, /the action 0 at step 2 .*legal one of 2/],
  ])("names the step of a log that is wrong: %o", async (change, message) => {
    const good = { x: Float64Array.of(0, 1), mask: Uint8Array.of(1, 1), action: 0, reward: 0.5 };
    const episodes = Array.from({ length: 4 }, (_, e) => ({ steps: [good, e === 2 ? { ...good, ...change } : good] }));
    const data = { inputs: 2, actions: ["a", "b"], episodes, skipped: {} };
    await expect(cloneBehaviour(data)).rejects.toThrow(message);
    await expect(learnOffline(data)).rejects.toThrow(message);
  });

  it("refuses an empty log", async () => {
    const empty = { inputs: 2, actions: ["a"], episodes: [], skipped: { unrated: 3 } };
    await expect(cloneBehaviour(empty)).rejects.toThrow(/0 runs \(left out: {"unrated":3}\)/);
    await expect(learnOffline(empty)).rejects.toThrow(/at least one run/);
  });
});

describe.each([cliffWorld(), repairWorld()])("offline action values in $id", (model) => {
  it.each([
    ["fitted Q iteration", 0],
    ["conservative Q-learning", 0.05],
  ])("beat the behaviour they learn from (%s)", async (_, conservatism) => {
    const values = await learnOffline(log(model, 0.6, 150), {
      gamma: model.discount,
      hidden: [24],
      conservatism,
      iterations: 40,
      gradientSteps: 40,
      learningRate: 0.005,
    });
    const share = shareOfOptimum(model, (x) => forward(values.network, x));
    expect(share).toBeGreaterThan(behaviourShare(model, 0.6) + 0.05);
    expect(share).toBeGreaterThan(0.9);
  });
});

describe("conservatism", () => {
  it("keeps to what the log shows where the log says nothing of the rest", async () => {
    // Two actions; only the first was ever taken. Unpulled values of the other are whatever they started as.
    const rng = createRng(4);
    const episodes = Array.from({ length: 200 }, () => ({
      steps: [{ x: Float64Array.of(rng.normal(), rng.normal()), mask: Uint8Array.of(1, 1), action: 0, reward: -1 }],
    }));
    const data = { inputs: 2, actions: ["kept", "untried"], episodes, skipped: {} };
    const learn = async (conservatism: number) => {
      const { network } = await learnOffline(data, { conservatism, hidden: [8], iterations: 5, gradientSteps: 50 });
      return episodes.filter(({ steps: [s] }) => {
        const [kept, untried] = forward(network, (s as { x: Float64Array }).x) as unknown as [number, number];
        return kept > untried;
      }).length;
    };
    expect(await learn(0)).toBeLessThan(100);
    expect(await learn(5)).toBe(200);
  });
});

describe("logged runs", () => {
  const row = (workflowId: string, index: number, chosen: string, reward?: number): DecisionRow => ({
    decisionId: `${workflowId}${index}`,
    workflowId,
    decisionPoint: "loop",
    at: "2026-01-01T00:00:00.000Z",
    index,
    decisionsInRun: 2,
    context: { depth: index },
    candidates: ["again", "stop"],
    mask: index === 0 ? [true, false] : undefined,
    chosen,
    source: "fallback",
    mode: "shadow",
    reward,
  });

  it("become episodes with the run's reward at the end", () => {
    const rows = [
      row("r2", 0, "again", 0.2),
      row("r1", 1, "stop", 0.7),
      row("r1", 0, "again", 0.7),
      row("r3", 0, "gone", 1),
    ];
    const encoder = fitEncoder([{ depth: 0 }, { depth: 1 }]);
    const data = loggedRuns([...rows, row("r4", 0, "again")], encoder, ["again", "stop"]);
    expect(data.skipped).toEqual({ "unknown action": 1, unrated: 1 });
    expect(data.episodes.map((e) => e.steps.map((s) => [s.action, s.reward, [...s.mask]]))).toEqual([
      [[0, 0.2, [1, 0]]],
      [
        [0, 0, [1, 0]],
        [1, 0.7, [1, 1]],
      ],
    ]);
    expect(data.inputs).toBe(encoder.dim);
  });
});
