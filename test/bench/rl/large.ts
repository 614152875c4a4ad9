import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { OrchestratorEnv, type OrchestratorWorld } from "../../../src/environments/index.js";
import { emptyNetwork, type Network, type NetworkSnapshot } from "../../../src/math/network.js";
import type { MeanInterval } from "../../../src/training/index.js";
import { round } from "../support/bench.js";
import { peersPython } from "../support/peers.js";
import { gainOverBaseline, SENTINEL_PPO, trainSentinel } from "../support/sentinel-campaign.js";
import { largeWorld } from "./worlds.js";

const ENVIRONMENTS = 8;

/** What a learner gained over the rules of the large world, by seed, and what its training took. */
interface LargeFigures {
  above: number;
  seeds: number;
  meanGain: number;
  gains: MeanInterval[];
  /** The slower of wall and processor time says nothing where the machine is busy: processor time only. */
  cpuSeconds: number[];
}

/** Our PPO and MaskablePPO of sb3-contrib, with the same settings, in a Sentinel's world about twice the standard one. */
export async function largeBesideSb3(settings: { seeds: readonly number[]; steps: number; episodes: number }) {
  const { seeds, steps, episodes } = settings;
  const world = largeWorld();
  const run = async (name: string, learn: (seed: number) => Promise<{ network: Network; cpuSeconds: number }>) => {
    const gains: MeanInterval[] = [];
    const seconds: number[] = [];
    for (const seed of seeds) {
      const { network, cpuSeconds } = await learn(seed);
      const gain = gainOverBaseline(world, network, episodes);
      console.log(
        `large world, ${name}, seed ${seed}: gain ${gain.mean.toFixed(3)} [${gain.low.toFixed(3)}, ${gain.high.toFixed(3)}]`,
      );
      gains.push(gain);
      seconds.push(round(cpuSeconds, 1));
    }
    return {
      above: gains.filter((g) => g.low > 0).length,
      seeds: seeds.length,
      meanGain: round(gains.reduce((sum, g) => sum + g.mean, 0) / gains.length),
      gains,
      cpuSeconds: seconds,
    } satisfies LargeFigures;
  };
  const own = await run("ours", async (seed) => {
    const before = process.cpuUsage();
    const network = await trainSentinel(world, seed, steps);
    const { user, system } = process.cpuUsage(before);
    return { network, cpuSeconds: (user + system) / 1e6 };
  });
  const python = seeds.length > 1 ? peersPython() : undefined;
  return { ours: own, sb3: python ? await run("sb3", (seed) => maskablePpo(python, world, seed, steps)) : null };
}

interface Finished {
  layers: NetworkSnapshot["layers"];
  cpuSeconds: number;
}
type Line = { reset: true } | { step: number[] } | Finished;

/** Trains MaskablePPO in another process, on environments that live here. */
async function maskablePpo(python: string, world: OrchestratorWorld, seed: number, steps: number) {
  const script = fileURLToPath(new URL("../peers/peer_sentinel.py", import.meta.url));
  const child = spawn(python, [script], {
    env: { ...process.env, OMP_NUM_THREADS: "1" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const say = (value: unknown) => child.stdin.write(`${JSON.stringify(value)}\n`);
  const envs = Array.from({ length: ENVIRONMENTS }, () => new OrchestratorEnv({ world }));
  const { observationSpace, actionSpace } = envs[0];
  const { gamma, lambda, entropyWeight, rolloutSteps, epochs } = SENTINEL_PPO;
  const sizes = { inputs: observationSpace.flatDim, actions: actionSpace.n, envs: ENVIRONMENTS };
  say({ ...sizes, steps, seed, gamma, lambda, entropy: entropyWeight, rollout: rolloutSteps, epochs });
  let episode = 0;
  const returns = envs.map(() => 0);
  const begin = (env: OrchestratorEnv) => env.reset({ seed: `${seed}/sb3/${episode++}` });
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as Line;
    if ("layers" in line) {
      child.stdin.end();
      return { network: networkOf(line.layers), cpuSeconds: line.cpuSeconds };
    }
    const answers = envs.map((env, i) => {
      if (!("step" in line)) return { ...begin(env), reward: 0, done: false, return: 0 };
      const { observation, reward, terminated, info } = env.step(line.step[i]);
      returns[i] = returns[i] + reward;
      if (!terminated) return { observation, info, reward, done: false, return: 0 };
      const whole = returns[i];
      returns[i] = 0;
      return { ...begin(env), reward, done: true, return: whole };
    });
    say({
      observations: answers.map((a) => [...a.observation]),
      rewards: answers.map((a) => a.reward),
      dones: answers.map((a) => a.done),
      masks: answers.map((a) => a.info.actionMask),
      returns: answers.map((a) => a.return),
    });
  }
  throw new Error("peer_sentinel.py ended without a network");
}

function networkOf(layers: NetworkSnapshot["layers"]): Network {
  const network = emptyNetwork(layers);
  layers.forEach(({ weights, bias }, k) => {
    network.layers[k].weights.set(weights);
    network.layers[k].bias.set(bias);
  });
  return network;
}
