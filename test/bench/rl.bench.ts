/**
 * Deep reinforcement learning beside Stable-Baselines3 on CartPole-v1: environment steps and training
 * seconds until the greedy policy, tried over 100 episodes every 5,000 steps, reaches a mean return
 * of 475. Seconds leave evaluation out, on both sides. Then the share of the exact optimum on two
 * small worlds, and the Sentinel against its rule-based baseline. Settings were tuned on seeds from
 * 1000 on; the seeds here are 1 to 5.
 */

import {
  CartPole,
  cartPole,
  cliffWorld,
  policyValue,
  repairWorld,
  tabularEnv,
  valueIteration,
} from "../../src/environments/index.js";
import { forward } from "../../src/math/network.js";
import { createRng, type Rng } from "../../src/math/rng.js";
import { createDqn, createPpo, type Learner, type LearnerShape, train } from "../../src/training/index.js";
import { CARTPOLE_DQN, CARTPOLE_PPO, TABULAR_PPO } from "../training/settings.js";
import { type Bench, median, round } from "./support/bench.js";
import { peersPython, runPeer } from "./support/peers.js";
import { sentinelSeedsAboveBaseline } from "./support/sentinel-campaign.js";

const TOTAL = 100_000;
const EVERY = 5_000;
const TARGET = 475;

/** `steps` is null where the target was not reached. */
interface Attempt {
  steps: number | null;
  seconds: number;
  /** Of processor time, which other work on the machine does not stretch. */
  cpuSeconds: number;
}

type MakeLearner = (shape: LearnerShape, rng: Rng) => Promise<Learner>;

async function ours(seed: number, makeLearner: MakeLearner): Promise<Attempt> {
  let seconds = 0;
  let cpuSeconds = 0;
  let since = performance.now();
  let cpuSince = cpuNow();
  const { evaluations } = await train({
    makeEnv: cartPole,
    makeLearner,
    totalSteps: TOTAL,
    seed,
    targetReturn: TARGET,
    onProgress: () => {
      seconds += (performance.now() - since) / 1000;
      cpuSeconds += cpuNow() - cpuSince;
      since = performance.now();
      cpuSince = cpuNow();
    },
    onEvaluation: () => {
      since = performance.now();
      cpuSince = cpuNow();
    },
  });
  const last = evaluations.at(-1);
  return { steps: last && last.mean >= TARGET ? last.steps : null, seconds, cpuSeconds };
}

function cpuNow(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function summary(name: string, attempts: readonly Attempt[]) {
  const solved = attempts.filter((a) => a.steps !== null);
  const figures = {
    seedsSolved: solved.length,
    seeds: attempts.length,
    medianSteps: median(attempts.map((a) => a.steps ?? Number.POSITIVE_INFINITY)),
    medianSeconds: round(median(attempts.map((a) => a.seconds)), 2),
    medianCpuSeconds: round(median(attempts.map((a) => a.cpuSeconds)), 2),
  };
  const each = attempts
    .map((a) => `${a.steps ?? "-"} (${round(a.seconds, 1)} s, ${round(a.cpuSeconds, 1)} s of processor)`)
    .join(", ");
  console.log(`${name.padEnd(8)} ${figures.seedsSolved}/${figures.seeds} solved; steps ${each}`);
  return figures;
}

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

/** The largest difference of an observation from those of the installed Gymnasium, over 200 episodes from anywhere. */
async function cartPoleDifference(): Promise<number> {
  const rng = createRng("beside");
  const episodes = Array.from({ length: 200 }, () => ({
    start: [2.3, 2, 0.2, 2].map((scale) => (2 * rng.next() - 1) * scale),
    actions: Array.from({ length: 300 }, () => rng.int(2)),
  }));
  interface Answer {
    episodes: { observations: number[][]; terminated: boolean }[];
  }
  const answer = await runPeer<Answer>("peer_cartpole.py", { episodes });
  const env = new CartPole();
  let largest = 0;
  episodes.forEach(({ start, actions }, e) => {
    env.reset({ options: { state: start } });
    const { observations, terminated } = answer.episodes[e];
    observations.forEach((expected, t) => {
      const result = env.step(actions[t]);
      const last = terminated && t === observations.length - 1;
      if (result.terminated !== last) largest = Number.POSITIVE_INFINITY;
      expected.forEach((v, k) => {
        largest = Math.max(largest, Math.abs(result.observation[k] - v));
      });
    });
  });
  return largest;
}

const bench: Bench = async ({ quick }) => {
  const seeds = quick ? [1] : [1, 2, 3, 4, 5];
  const learners: [string, "ppo" | "dqn", MakeLearner][] = [
    ["ppo", "ppo", (shape, rng) => createPpo(shape, CARTPOLE_PPO, rng)],
    ["dqn", "dqn", (shape, rng) => createDqn(shape, CARTPOLE_DQN, rng)],
  ];
  const figures: Record<string, unknown> = {};
  if (!quick && peersPython()) {
    figures["cartPoleLargestDifference"] = await cartPoleDifference();
    console.log(`CartPole beside Gymnasium: largest difference ${figures["cartPoleLargestDifference"]}`);
  }
  for (const [name, algorithm, makeLearner] of learners) {
    if (quick && algorithm === "dqn") continue;
    const own: Attempt[] = [];
    const peers: Attempt[] = [];
    for (const seed of seeds) {
      own.push(await ours(seed, makeLearner));
      if (quick || !peersPython()) continue;
      const task = { algorithm, seed, total_steps: TOTAL, every: EVERY, episodes: 100, target: TARGET };
      peers.push(await runPeer<Attempt>("peer_sb3.py", task));
    }
    figures[name] = summary(name, own);
    if (peers.length > 0) figures[algorithm === "ppo" ? "sb3Ppo" : "sb3Dqn"] = summary(`sb3 ${algorithm}`, peers);
  }
  const shares = [];
  for (const seed of seeds) shares.push(await tabularShare(seed));
  console.log(`share of the exact optimum, worse of two worlds: ${shares.map((s) => round(s)).join(", ")}`);
  const sentinel = await sentinelSeedsAboveBaseline({ quick });
  return {
    ...figures,
    tabularShareOfOptimum: round(median(shares)),
    tabularShares: shares.map((s) => round(s)),
    ...sentinel,
  };
};

export default bench;
