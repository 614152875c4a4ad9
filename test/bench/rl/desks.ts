import type { OrchestratorWorld } from "../../../src/environments/index.js";
import type { MeanInterval } from "../../../src/training/index.js";
import { round } from "../support/bench.js";
import { gainOverBaseline, trainSentinel } from "../support/sentinel-campaign.js";
import { newsroom, researchDesk, supportDesk } from "./worlds.js";

const DESKS: Record<string, () => OrchestratorWorld> = { newsroom, supportDesk, researchDesk };

/** How a Sentinel does in a world that nothing was tuned on. */
export interface DeskFigures {
  seeds: number;
  /** Seeds whose gain over the rule-based baseline has a lower bound (95 %) above zero. */
  above: number;
  meanGain: number;
  leastBound: number;
  gains: MeanInterval[];
}

/** Trains on each desk with every seed and sets what came of it against that world's rules, on episodes of their own. */
export async function sentinelDesks(settings: {
  seeds: readonly number[];
  steps: number;
  episodes: number;
}): Promise<Record<string, DeskFigures>> {
  const { seeds, steps, episodes } = settings;
  const found: Record<string, DeskFigures> = {};
  for (const [name, makeWorld] of Object.entries(DESKS)) {
    const world = makeWorld();
    const gains: MeanInterval[] = [];
    for (const seed of seeds) {
      const gain = gainOverBaseline(world, await trainSentinel(world, seed, steps), episodes);
      console.log(
        `${name} seed ${seed}: gain ${gain.mean.toFixed(3)} [${gain.low.toFixed(3)}, ${gain.high.toFixed(3)}]`,
      );
      gains.push(gain);
    }
    found[name] = {
      seeds: seeds.length,
      above: gains.filter((g) => g.low > 0).length,
      meanGain: round(gains.reduce((sum, g) => sum + g.mean, 0) / gains.length),
      leastBound: round(Math.min(...gains.map((g) => g.low))),
      gains,
    };
  }
  return found;
}
