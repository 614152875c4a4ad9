import {
  decideTrial,
  grownShare,
  type OpenRow,
  openCapital,
  openTrial,
  settle,
  type TrialState,
  type TrialVerdict,
  takeStake,
} from "../../../src/evaluation/index.js";
import { createRng, drawIndex } from "../../../src/math/rng.js";
import { drawFrom, trialShares } from "../../../src/policies/index.js";

/** A world in which one challenger differs from the fallback on some decisions. */
export interface TrialWorld {
  destinations: number;
  /** Share of decisions on which it differs. */
  contested: number;
  /** Mean reward of the fallback, and what following the challenger adds to the mean over ALL decisions. */
  base: number;
  gain: number;
}

/** How the trial is run. */
export interface TrialOptions {
  exploration: number;
  upTo?: number;
  riskLevel: number;
  /** Runs before the trial, in which the challenger is learned. */
  learning: number;
  /** Decisions between looks. */
  perLook: number;
  /** Give up after so many decisions. */
  limit: number;
  budget?: number;
}

/** What came of it. */
export interface TrialLife {
  outcome: "promote" | "stop" | "open";
  /** Decisions, those before the trial included. */
  decisions: number;
  /** Reward lost against the fallback during the trial: expected, over the choices made. */
  lost: number;
  taken: number;
  looks: { decisions: number; verdict: TrialVerdict; state: TrialState }[];
}

const START = Date.UTC(2026, 0, 1);

/** One life of a trial in a simulated world, with everything learned as in the product. */
export function trialLife(seed: string, world: TrialWorld, options: TrialOptions, keepLooks = false): TrialLife {
  const { destinations, contested, base, gain } = world;
  const { exploration, upTo, riskLevel, learning, perLook, limit } = options;
  const rng = createRng(seed);
  const { share, uniform } = trialShares(exploration, contested);
  const { stake } = takeStake(openCapital(riskLevel));
  let state = openTrial({
    version: "v1",
    startedAt: new Date(START).toISOString(),
    stake,
    unit: "decision",
    contested,
    ...(options.budget !== undefined && { budget: options.budget }),
  });
  const legal = Array.from({ length: destinations }, () => true);
  const at = (i: number) => legal.map((_, a) => (a === i ? 1 : 0));
  const model = legal.map(() => base);
  const life: TrialLife = { outcome: "open", decisions: learning, lost: 0, taken: 0, looks: [] };
  while (life.decisions < limit) {
    const followed = grownShare(state, share, upTo);
    const rows: OpenRow[] = [];
    for (let i = 0; i < perLook; i++) {
      life.decisions++;
      const own = rng.next() < contested ? 1 : 0;
      const mixture = { serving: at(0), challenger: at(own), share: followed, uniform, legal };
      const numbers = { arm: rng.next(), coin: rng.next(), draw: rng.next() };
      const { index, distribution, arm } = drawFrom(mixture, numbers);
      const mean = base + (own === 1 && index === 1 ? gain / contested : 0);
      const taken = own === 1 && arm === "challenger" ? 1 : 0;
      life.lost += base - mean;
      life.taken += taken;
      const id = String(life.decisions).padStart(9, "0");
      const time = new Date(START + 1000 * life.decisions).toISOString();
      rows.push({
        id,
        at: time,
        share: followed,
        reward: drawIndex([1 - mean, mean], rng.next()),
        chosen: index,
        logging: distribution,
        target: at(own),
        baseline: at(0),
        model,
        taken,
      });
    }
    state = settle(state, rows, new Date(START + 1000 * life.decisions).toISOString());
    const verdict = decideTrial(state, riskLevel);
    if (keepLooks) life.looks.push({ decisions: life.decisions, verdict, state });
    if (verdict.action === "go-on") continue;
    life.outcome = verdict.action;
    break;
  }
  return life;
}
