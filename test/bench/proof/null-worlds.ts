import type { OpenRow, TrialStart } from "../../../src/evaluation/index.js";
import type { Rng } from "../../../src/math/rng.js";
import { drawFrom } from "../../../src/policies/index.js";

/** In what way nothing is to be gained. */
export type NullWorld =
  | "plain"
  | "late ratings"
  | "selected feedback"
  | "30 users"
  | "sticky users"
  | "interacting steps"
  | "drifting level"
  | "changing candidates"
  | "retrained each cycle"
  | "heavy propensities";

/** A decision point on which a version is on trial. */
export interface Point {
  rng: Rng;
  share: number;
  uniform: number;
  /** What the version on trial chooses for each of four kinds of context; the fallback always chooses the first. */
  choices: number[];
  /** Decisions so far. */
  count: number;
  /** The arm of each user where arms stick. */
  users: Map<number, number>;
}

/** A decision that was drawn; `delayMs` until its rating comes. */
type Row = Pick<OpenRow, "chosen" | "logging" | "target" | "baseline"> &
  Partial<Pick<OpenRow, "reward" | "weight" | "cluster" | "model">> & { delayMs?: number };

export interface World extends Partial<Pick<TrialStart, "unit" | "clusterWindowMs" | "mostWeight">> {
  exploration?: number;
  /** Whether another version goes on trial in every cycle. */
  renewed?: boolean;
  draw(point: Point): Row;
}

export const CANDIDATES = 4;
export const START = Date.UTC(2026, 0, 1);
export const MINUTE = 60_000;
export const LEVEL = 0.6;
export const USERS = 30;

const everywhere = Array.from({ length: CANDIDATES }, () => true);
const only = (index: number) => everywhere.map((_, a) => (a === index ? 1 : 0));

/** Draws a choice as the product does; where the version's choice is not legal, what serves decides. */
function choose(point: Point, legal: readonly boolean[] = everywhere, arm = point.rng.next()) {
  const { rng, share, uniform, choices } = point;
  const wanted = choices[rng.int(CANDIDATES)];
  const own = legal[wanted] ? wanted : 0;
  const numbers = { arm, coin: rng.next(), draw: rng.next() };
  const { index, distribution } = drawFrom({ serving: only(0), challenger: only(own), share, uniform, legal }, numbers);
  return { chosen: index, logging: distribution, target: only(own), baseline: only(0) };
}

/** A reward of 1 or 0. */
export const pays = ({ rng }: Pick<Point, "rng">, level = LEVEL) => (rng.next() < level ? 1 : 0);

/** How good this user's runs are, whatever is chosen. */
export const levelOf = (user: number) => 0.2 + (0.7 * ((user * 7) % USERS)) / USERS;

/** People who were let down answer later, and one of four never in time. */
function late(point: Point): Row {
  const row = choose(point);
  const reward = pays(point);
  const delayMs = MINUTE * -Math.log(1 - point.rng.next()) * (reward === 1 ? 20 : 90);
  return { ...row, reward, delayMs };
}

/**
 * Who is asked depends on how the run went, and for the fallback's runs it does not: good runs of other
 * destinations are asked four times as often. Asked runs count by the inverse of that probability.
 */
function selected(point: Point): Row {
  const row = choose(point);
  const good = pays(point);
  const asked = row.chosen === 0 ? 0.5 : good === 1 ? 0.9 : 0.25;
  return point.rng.next() < asked ? { ...row, reward: good, weight: 1 / asked } : row;
}

function ofUsers(point: Point, sticky: boolean): Row {
  const user = point.rng.int(USERS);
  let arm = point.rng.next();
  if (sticky) {
    arm = point.users.get(user) ?? arm;
    point.users.set(user, arm);
  }
  return { ...choose(point, everywhere, arm), reward: pays(point, levelOf(user)), cluster: `user-${user}` };
}

/**
 * Two steps of a run: what the version changes in the first pays only while the second is as before, and
 * both together earn what neither does. The arm is drawn by run, so the joint change is what is tried.
 */
function interacting(point: Point): Row {
  const { rng, share } = point;
  const follows = rng.next() < share;
  // A fifth of the budget draws single steps: there the first change alone earns more.
  const single = rng.next() < point.uniform;
  const reward = pays(point, single ? 0.8 : LEVEL);
  if (single) return { chosen: 0, logging: [1, 0], target: [1, 0], baseline: [1, 0], model: [LEVEL, LEVEL], reward };
  const chosen = follows ? 1 : 0;
  return { chosen, logging: [1 - share, share], target: [0, 1], baseline: [1, 0], model: [LEVEL, LEVEL], reward };
}

/** Destinations come and go; what serves is always there. */
function changing(point: Point): Row {
  const legal = everywhere.map((_, a) => a === 0 || ((point.count >> 6) + a) % 3 !== 0 || point.rng.next() < 0.3);
  return { ...choose(point, legal), reward: pays(point) };
}

/** The ten ways in which nothing is to be gained although it may look so. */
export const NULL_WORLDS: Record<NullWorld, World> = {
  plain: { draw: (point) => ({ ...choose(point), reward: pays(point) }) },
  "late ratings": { draw: late },
  "selected feedback": { draw: selected, mostWeight: 4 },
  "30 users": { draw: (point) => ofUsers(point, false) },
  "sticky users": { draw: (point) => ofUsers(point, true), clusterWindowMs: 400 * MINUTE },
  "interacting steps": { draw: interacting, unit: "run" },
  "drifting level": {
    draw: (point) => ({ ...choose(point), reward: pays(point, 0.5 + 0.4 * Math.sin(point.count / 300)) }),
  },
  "changing candidates": { draw: changing },
  "retrained each cycle": { renewed: true, draw: (point) => ({ ...choose(point), reward: pays(point) }) },
  "heavy propensities": { exploration: 0.01, draw: (point) => ({ ...choose(point), reward: pays(point) }) },
};
