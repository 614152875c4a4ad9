import {
  decideTrial,
  type OpenRow,
  openCapital,
  openTrial,
  passOn,
  settle,
  takeStake,
} from "../../../src/evaluation/index.js";
import { createRng } from "../../../src/math/rng.js";
import { drawFrom, trialShares } from "../../../src/policies/index.js";

/** In what way nothing is to be gained. */
export type NullWorld = "plain" | "drifting" | "retrained" | "heavy";

const START = Date.UTC(2026, 0, 1);
const CANDIDATES = 4;

/**
 * The life of a decision point at which no destination is better than another, over 40 cycles; whether any
 * version was ever promoted. `drifting`: the level of all rewards moves. `retrained`: a new version every
 * cycle, the luckiest of the last one. `heavy`: a hundredth of the decisions explores.
 */
export function promotesWrongly(seed: string, world: NullWorld, perCycle = 50): boolean {
  const rng = createRng(seed);
  const exploration = world === "heavy" ? 0.01 : 0.1;
  const { share, uniform } = trialShares(exploration, 0.75);
  const legal = Array.from({ length: CANDIDATES }, () => true);
  const only = (index: number) => legal.map((_, a) => (a === index ? 1 : 0));
  const risk = 0.05;
  let capital = openCapital(risk);
  let trial: ReturnType<typeof openTrial> | undefined;
  let choices = [0, 1, 2, 3];
  let count = 0;
  const earned = legal.map(() => [0, 0] as [number, number]);
  for (let cycle = 0; cycle < 40; cycle++) {
    if (!trial) {
      const taken = takeStake(capital);
      capital = taken.capital;
      const startedAt = new Date(START + 1000 * count).toISOString();
      trial = openTrial({ version: `v${cycle}`, startedAt, stake: taken.stake, unit: "decision", contested: 0.75 });
    }
    const rows: OpenRow[] = [];
    for (let i = 0; i < perCycle; i++) {
      count++;
      const level = world === "drifting" ? 0.5 + 0.4 * Math.sin(count / 300) : 0.6;
      const kind = rng.int(CANDIDATES);
      const own = choices[kind] ?? 0;
      const numbers = { arm: rng.next(), coin: rng.next(), draw: rng.next() };
      const { index, distribution } = drawFrom(
        { serving: only(0), challenger: only(own), share, uniform, legal },
        numbers,
      );
      const reward = rng.next() < level ? 1 : 0;
      const sums = earned[index];
      sums[0] += reward;
      sums[1]++;
      const model = earned.map(() => 0.6);
      const at = new Date(START + 1000 * count).toISOString();
      rows.push({
        id: `d${String(count).padStart(7, "0")}`,
        at,
        share,
        reward,
        chosen: index,
        logging: distribution,
        target: only(own),
        baseline: only(0),
        model,
      });
    }
    trial = settle(trial, rows, new Date(START + 1000 * count).toISOString());
    const { action } = decideTrial(trial, risk);
    if (action === "promote") return true;
    if (action === "go-on" && world !== "retrained") continue;
    capital = passOn(capital, trial);
    trial = undefined;
    const means = earned.map(([sum, n]) => (sum + 1) / (n + 2));
    const best = means.indexOf(Math.max(...means));
    choices = choices.map(() => (rng.next() < 0.5 ? best : rng.int(CANDIDATES)));
  }
  return false;
}
