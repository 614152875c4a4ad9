/**
 * Deep reinforcement learning beside Stable-Baselines3. `cartPole`, `acrobot`: environment steps and training seconds
 * until the greedy policy, tried over 100 episodes every 5,000 steps, reaches the target; seconds leave evaluation out, on
 * both sides. `tabular`: the share of the exact optimum on two small worlds. `sentinel`: the Sentinel against its
 * rule-based baseline; `desks`: the same in three worlds that nothing was tuned on; `large`: in a larger one, beside
 * MaskablePPO. Settings were tuned on seeds from 101 or 1000 on; the seeds here are 1 to 10. `--part=NAME` runs one part.
 */

import { cliffWorld, policyValue, repairWorld, tabularEnv, valueIteration } from "../../src/environments/index.js";
import { forward } from "../../src/math/network.js";
import { createPpo, train } from "../../src/training/index.js";
import { TABULAR_PPO } from "../training/settings.js";
import { besideSb3, differenceFromGymnasium, PROBLEMS } from "./rl/classic.js";
import { sentinelDesks } from "./rl/desks.js";
import { largeBesideSb3 } from "./rl/large.js";
import { type Bench, median, round } from "./support/bench.js";
import { peersPython } from "./support/peers.js";
import { sentinelSeedsAboveBaseline } from "./support/sentinel-campaign.js";

async function tabularShare(seed: number): Promise<number> {
  const shares = [];
  for (const model of [cliffWorld(), repairWorld()]) {
    const { network } = await train({
      makeEnv: () => tabularEnv(model),
      makeLearner: (shape, rng) => createPpo(shape, { ...TABULAR_PPO, gamma: model.discount }, rng),
      totalSteps: 20_000,
      seed,
    });
    const value = policyValue(model, (s) => {
      const outputs = forward(network, { indices: Int32Array.of(s), values: Float64Array.of(1) });
      const legal = model.legal(s);
      const best = legal.reduce((top, l, a) => (l && (top < 0 || outputs[a]! > outputs[top]!) ? a : top), -1);
      return legal.map((_, a) => (a === best ? 1 : 0));
    });
    shares.push(value / valueIteration(model).optimum);
  }
  return Math.min(...shares);
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

async function classic(problem: "cartPole" | "acrobot", quick: boolean) {
  const difference = !quick && peersPython() ? await differenceFromGymnasium(problem) : null;
  console.log(`${problem} beside Gymnasium: largest difference of an observation ${difference}`);
  const found = await besideSb3(
    PROBLEMS[problem],
    quick ? ["ppo"] : ["ppo", "dqn"],
    upTo(quick ? 1 : problem === "acrobot" ? 3 : 5),
  );
  return { [`${problem}LargestDifference`]: difference, ...found };
}

const PARTS: Record<string, (quick: boolean) => Promise<Record<string, unknown>>> = {
  cartPole: (quick) => classic("cartPole", quick),
  acrobot: async (quick) => {
    const { acrobotLargestDifference, ppo, dqn, sb3Ppo, sb3Dqn } = await classic("acrobot", quick);
    return { acrobotLargestDifference, acrobotPpo: ppo, acrobotDqn: dqn, acrobotSb3Ppo: sb3Ppo, acrobotSb3Dqn: sb3Dqn };
  },
  tabular: async (quick) => {
    const shares: number[] = [];
    for (const seed of upTo(quick ? 1 : 5)) shares.push(await tabularShare(seed));
    console.log(`share of the exact optimum, worse of two worlds: ${shares.map((s) => round(s)).join(", ")}`);
    return { tabularShareOfOptimum: round(median(shares)), tabularShares: shares.map((s) => round(s)) };
  },
  sentinel: async (quick) => ({ ...(await sentinelSeedsAboveBaseline({ quick })) }),
  desks: (quick) =>
    sentinelDesks({ seeds: upTo(quick ? 1 : 10), steps: quick ? 6_000 : 80_000, episodes: quick ? 100 : 1_000 }),
  large: async (quick) => {
    const settings = { seeds: upTo(quick ? 1 : 3), steps: quick ? 4_000 : 60_000, episodes: quick ? 50 : 500 };
    const { ours, sb3 } = await largeBesideSb3(settings);
    return { largeWorld: ours, largeWorldSb3: sb3 };
  },
};

const bench: Bench = async ({ quick, args }) => {
  const wanted = args.find((a) => a.startsWith("--part="))?.slice("--part=".length);
  const figures: Record<string, unknown> = {};
  for (const [name, run] of Object.entries(PARTS))
    if (!wanted || wanted === name) Object.assign(figures, await run(quick));
  return figures;
};

export default bench;
