import {
  decideTrial,
  type OpenRow,
  openCapital,
  openTrial,
  passOn,
  ratingWindowMs,
  settle,
  takeStake,
} from "../../../src/evaluation/index.js";
import { createRng } from "../../../src/math/rng.js";
import { trialShares } from "../../../src/policies/index.js";
import { CANDIDATES, MINUTE, NULL_WORLDS, type NullWorld, type Point, START, type World } from "./null-worlds.js";

const RISK = 0.05;
const CYCLES = 40;
const PER_CYCLE = 50;

/**
 * The life of a decision point at which no destination is better than another, over 40 cycles; whether any
 * version was ever promoted. A version that is stopped gives way to one that follows the luckiest so far.
 * @param changes to the world, to see what would go wrong without a safeguard
 */
export function promotesWrongly(seed: string, world: NullWorld, changes: Partial<World> = {}): boolean {
  const rng = createRng(seed);
  const { exploration = 0.1, renewed, draw, ...start } = { ...NULL_WORLDS[world], ...changes };
  const { share, uniform } = trialShares(exploration, 0.75);
  const point: Point = { rng, share, uniform, choices: [0, 1, 2, 3], count: 0, users: new Map() };
  const earned = Array.from({ length: CANDIDATES }, () => ({ sum: 0, count: 0 }));
  const rows: OpenRow[] = [];
  const delays: number[] = [];
  let capital = openCapital(RISK);
  let trial: ReturnType<typeof openTrial> | undefined;
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    if (!trial) {
      const taken = takeStake(capital);
      capital = taken.capital;
      rows.length = 0;
      point.users.clear();
      const startedAt = timeOf(point.count);
      const windowMs = delays.length > 0 ? ratingWindowMs(delays) : 0;
      const mostWeight = 1;
      const version = `v${cycle}`;
      trial = openTrial({
        version,
        startedAt,
        unit: "decision",
        contested: 0.75,
        mostWeight,
        windowMs,
        ...start,
        stake: taken.stake,
      });
    }
    for (let i = 0; i < PER_CYCLE; i++) {
      point.count++;
      const { chosen, reward, ...row } = draw(point);
      if (reward !== undefined) {
        earned[chosen].sum += reward;
        earned[chosen].count++;
      }
      const at = timeOf(point.count);
      if (row.delayMs !== undefined) delays.push(row.delayMs);
      const ratedAt = row.delayMs === undefined ? undefined : new Date(Date.parse(at) + row.delayMs).toISOString();
      rows.push({
        id: `d${String(point.count).padStart(7, "0")}`,
        at,
        share,
        model: earned.map(() => 0.6),
        ...row,
        chosen,
        ...(reward !== undefined && { reward }),
        ...(ratedAt && { ratedAt }),
      });
    }
    const now = timeOf(point.count);
    const known = rows.map((row) =>
      row.ratedAt !== undefined && row.ratedAt > now ? { ...row, reward: undefined } : row,
    );
    trial = settle(
      trial,
      known,
      now,
      rows.some((row) => row.ratedAt !== undefined),
    );
    const { settled } = trial;
    // What is settled is never looked at again, but where all rows of a user are one piece of evidence.
    if (settled && trial.clusterWindowMs === 0) rows.splice(0, rows.findIndex((row) => row.id === settled.id) + 1);
    const { action } = decideTrial(trial, RISK);
    if (action === "promote") return true;
    if (action === "go-on" && !renewed) continue;
    capital = passOn(capital, trial);
    trial = undefined;
    const means = earned.map(({ sum, count }) => (sum + 1) / (count + 2));
    const best = means.indexOf(Math.max(...means));
    point.choices = point.choices.map(() => (rng.next() < 0.5 ? best : rng.int(CANDIDATES)));
  }
  return false;
}

const timeOf = (count: number) => new Date(START + MINUTE * count).toISOString();
