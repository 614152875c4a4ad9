import {
  OrchestratorEnv,
  type OrchestratorWorld,
  orchestratorArtifact,
  smallWorld,
  solveWorld,
  standardWorld,
} from "../../../src/environments/index.js";
import type { Network } from "../../../src/math/network.js";
import {
  type Actor,
  compareActors,
  createPpo,
  episodeInterval,
  episodeReturns,
  greedyActor,
  type MeanInterval,
  train,
} from "../../../src/training/index.js";
import { round } from "./bench.js";
import { type AdviceCost, adviceCost } from "./sentinel-cost.js";

/** PPO's settings for the Sentinel; found on seeds 101 to 103, reported on others. */
export const SENTINEL_PPO = {
  gamma: 0.99,
  lambda: 0.95,
  entropyWeight: 0.005,
  rolloutSteps: 64,
  epochs: 10,
} as const;

/** The rule-based baseline as an actor of the environment. */
const baselineActor: Actor<Float64Array> = (_observation, info) => info.baseline as number;

/** Trains on a world; the network of the best evaluation. */
export async function trainSentinel(
  world: OrchestratorWorld,
  seed: number,
  totalSteps: number,
  entropyWeight: number = SENTINEL_PPO.entropyWeight,
): Promise<Network> {
  const { network } = await train({
    makeEnv: () => new OrchestratorEnv({ world }),
    makeLearner: (shape, rng) => createPpo(shape, { ...SENTINEL_PPO, entropyWeight }, rng),
    totalSteps,
    evaluateEvery: totalSteps / 4,
    seed,
  });
  return network;
}

/** Gain in return over the baseline, on `episodes` episodes that training did not see, paired by episode. */
export function gainOverBaseline(world: OrchestratorWorld, network: Network, episodes: number): MeanInterval {
  const makeEnv = () => new OrchestratorEnv({ world });
  const actor = greedyActor(network, makeEnv());
  const { gains } = compareActors(actor, { baseline: baselineActor }, { makeEnv, episodes, seed: "sentinel campaign" });
  return gains.baseline;
}

/** Mean return of the greedy policy in the small world, as a share of the exact optimum. */
export async function smallWorldShare(seed: number): Promise<number> {
  const world = smallWorld();
  // With less entropy some seeds settle on scanning once only, 0.87 of the optimum.
  const network = await trainSentinel(world, seed, 20_000, 0.1);
  const makeEnv = () => new OrchestratorEnv({ world });
  const returns = episodeReturns(greedyActor(network, makeEnv()), { makeEnv, episodes: 1_500, seed: "small world" });
  return episodeInterval(returns).mean / solveWorld(world).optimum;
}

/** What the campaign found. */
export interface SentinelCampaign {
  /** Seeds whose gain over the rule-based baseline has a lower bound (95 %) above zero. */
  sentinelSeedsAboveBaseline: number;
  sentinelSeeds: number;
  sentinelGains: MeanInterval[];
  /** Lowest share of the exact optimum in the small world, over the seeds. */
  sentinelShareOfOptimum: number;
  adviceCost: AdviceCost;
}

/** Trains a policy per seed on the standard world and sets it against the rule-based baseline; then the small world, and the cost. */
export async function sentinelSeedsAboveBaseline({ quick }: { quick: boolean }): Promise<SentinelCampaign> {
  const seeds = quick ? [1] : [1, 2, 3, 4, 5];
  const world = standardWorld();
  const gains: MeanInterval[] = [];
  const shares: number[] = [];
  let network: Network | undefined;
  for (const seed of seeds) {
    network = await trainSentinel(world, seed, quick ? 8_000 : 40_000);
    const gain = gainOverBaseline(world, network, quick ? 100 : 1_000);
    gains.push(gain);
    if (!quick) shares.push(await smallWorldShare(seed));
    const bounds = `${gain.mean.toFixed(3)} [${gain.low.toFixed(3)}, ${gain.high.toFixed(3)}]`;
    console.log(
      `sentinel seed ${seed}: gain over the baseline ${bounds}; small world ${shares.at(-1)?.toFixed(3) ?? "-"}`,
    );
  }
  return {
    sentinelSeedsAboveBaseline: gains.filter((g) => g.low > 0).length,
    sentinelSeeds: seeds.length,
    sentinelGains: gains,
    sentinelShareOfOptimum: round(Math.min(...shares)),
    adviceCost: await adviceCost(orchestratorArtifact(network as Network), quick ? 5 : 40),
  };
}
