import { CartPole, cartPole, type Env } from "../../../src/environments/index.js";
import { createRng, type Rng } from "../../../src/math/rng.js";
import { createDqn, createPpo, type Learner, type LearnerShape, train } from "../../../src/training/index.js";
import { CARTPOLE_DQN, CARTPOLE_PPO } from "../../training/settings.js";
import { median, round } from "../support/bench.js";
import { peersPython, runPeer } from "../support/peers.js";
import { Acrobot, acrobot } from "./acrobot.js";

const EVERY = 5_000;

/** `steps` is null where the target was not reached. */
interface Attempt {
  steps: number | null;
  seconds: number;
  /** Of processor time, which other work on the machine does not stretch. */
  cpuSeconds: number;
}

type MakeLearner = (shape: LearnerShape, rng: Rng) => Promise<Learner>;

/** A problem of the field, and the mean return of 100 greedy episodes that counts as solving it. */
interface Problem {
  env: string;
  makeEnv: () => Env<Float64Array, number>;
  target: number;
  totalSteps: number;
  ppo: MakeLearner;
  dqn: MakeLearner;
}

/** Settings were tuned on seeds from 1000 on. Acrobot counts as solved at Gymnasium's own threshold. */
export const PROBLEMS: Record<"cartPole" | "acrobot", Problem> = {
  cartPole: {
    env: "CartPole-v1",
    makeEnv: cartPole,
    target: 475,
    totalSteps: 100_000,
    ppo: (shape, rng) => createPpo(shape, CARTPOLE_PPO, rng),
    dqn: (shape, rng) => createDqn(shape, CARTPOLE_DQN, rng),
  },
  acrobot: {
    env: "Acrobot-v1",
    makeEnv: acrobot,
    target: -100,
    totalSteps: 150_000,
    ppo: (shape, rng) =>
      createPpo(
        shape,
        {
          environments: 16,
          rolloutSteps: 128,
          epochs: 4,
          batchSize: 128,
          gamma: 0.99,
          lambda: 0.94,
          learningRate: 0.003,
        },
        rng,
      ),
    dqn: (shape, rng) => createDqn(shape, { hidden: [128, 64], nSteps: 5, trainEvery: 32 }, rng),
  },
};

/** Steps and seconds until a problem is solved, for each algorithm and seed, beside Stable-Baselines3 where it is installed. */
export async function besideSb3(problem: Problem, algorithms: readonly ("ppo" | "dqn")[], seeds: readonly number[]) {
  const figures: Record<string, unknown> = {};
  for (const algorithm of algorithms) {
    const own: Attempt[] = [];
    const peers: Attempt[] = [];
    for (const seed of seeds) {
      own.push(await ours(problem, algorithm, seed));
      if (seeds.length === 1 || !peersPython()) continue;
      const { env, target, totalSteps } = problem;
      const task = { env, algorithm, seed, total_steps: totalSteps, every: EVERY, episodes: 100, target };
      peers.push(await runPeer<Attempt>("peer_sb3.py", task));
    }
    figures[algorithm] = summary(`${problem.env} ${algorithm}`, own);
    figures[`sb3${algorithm === "ppo" ? "Ppo" : "Dqn"}`] =
      peers.length > 0 ? summary(`${problem.env} sb3 ${algorithm}`, peers) : null;
  }
  return figures;
}

async function ours({ makeEnv, target, totalSteps, ...make }: Problem, algorithm: "ppo" | "dqn", seed: number) {
  let seconds = 0;
  let cpuSeconds = 0;
  let since = performance.now();
  let cpuSince = cpuNow();
  const { evaluations } = await train({
    makeEnv,
    makeLearner: make[algorithm],
    totalSteps,
    seed,
    evaluateEvery: EVERY,
    targetReturn: target,
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
  return { steps: last && last.mean >= target ? last.steps : null, seconds, cpuSeconds };
}

function cpuNow(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function summary(name: string, attempts: readonly Attempt[]) {
  const figures = {
    seedsSolved: attempts.filter((a) => a.steps !== null).length,
    seeds: attempts.length,
    medianSteps: median(attempts.map((a) => a.steps ?? Number.POSITIVE_INFINITY)),
    medianSeconds: round(median(attempts.map((a) => a.seconds)), 2),
    medianCpuSeconds: round(median(attempts.map((a) => a.cpuSeconds)), 2),
  };
  const each = attempts
    .map((a) => `${a.steps ?? "-"} (${round(a.seconds, 1)} s, ${round(a.cpuSeconds, 1)} s of processor)`)
    .join(", ");
  console.log(`${name.padEnd(18)} ${figures.seedsSolved}/${figures.seeds} solved; steps ${each}`);
  return figures;
}

/** The largest difference of an observation from those of the installed Gymnasium, over 200 episodes from anywhere. */
export async function differenceFromGymnasium(problem: "cartPole" | "acrobot"): Promise<number> {
  const rng = createRng("beside");
  const {
    scales,
    actions: count,
    length,
    env,
  } = {
    cartPole: { scales: [2.3, 2, 0.2, 2], actions: 2, length: 300, env: new CartPole() },
    // A double pendulum is chaotic: later on the last bit of a cosine is all that counts.
    acrobot: { scales: [3, 3, 4, 4], actions: 3, length: 50, env: new Acrobot() },
  }[problem];
  const episodes = Array.from({ length: 200 }, () => ({
    start: scales.map((scale) => (2 * rng.next() - 1) * scale),
    actions: Array.from({ length }, () => rng.int(count)),
  }));
  interface Answer {
    episodes: { observations: number[][]; terminated: boolean }[];
  }
  const answer = await runPeer<Answer>("peer_cartpole.py", { env: PROBLEMS[problem].env, episodes });
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
