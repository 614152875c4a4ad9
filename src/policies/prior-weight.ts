import { createRng, shuffled } from "../math/rng.js";
import { restorePolicy } from "./create.js";
import { type Kinship, worth } from "./kinship.js";
import { doublingChunks } from "./models/doubling-chunks.js";
import type { PolicyRow, PolicySnapshot, RoutingPolicy } from "./routing-policy.js";

/** What a row of elsewhere may count for beside an own one, and the squared error that it has to save to count at all. */
const WEIGHTS = [
  { weight: 0.05, doubt: 0.15 },
  { weight: 0.2, doubt: 0.1 },
  { weight: 0.5, doubt: 0.15 },
  { weight: 1, doubt: 0.2 },
];
const NONE = { weight: 0, doubt: 0 };
/** Own rows are predicted in chunks that double in size from here, each before it is learned. */
const FIRST_CHUNK = 1;
/** Of own rows no more are predicted: by then they say more than any prior. */
const MOST_PREDICTED = 500;

/** A policy that has learned nothing but rows of elsewhere at this weight, and with 0 nothing at all. */
export type Taught = (weight: number) => RoutingPolicy;

/** Policies that have learned these rows. */
export function taughtBy(make: () => RoutingPolicy, rows: readonly PolicyRow[]): Taught {
  return (weight) => {
    const policy = make();
    if (weight > 0) policy.learn(weighted(rows, weight));
    return policy;
  };
}

/** The same policies with the rewards dealt to other rows: they know how much there is to earn, and of nothing where. */
export function placeboOf(make: () => RoutingPolicy, rows: readonly PolicyRow[]): Taught {
  // Dealt where one is asked for: most often none is.
  return (weight) => {
    const rewards = rows.map((row) => row.reward);
    const dealt = shuffled(rewards, createRng("placebo"));
    return taughtBy(
      make,
      rows.map((row, i) => ({ ...row, reward: dealt[i] ?? 0 })),
    )(weight);
  };
}

/**
 * How much rows of related decision points are to count for beside own ones: the weight under which a policy that knew
 * them beforehand would have predicted the own rows best, each before it was learned (a power prior, Ibrahim and
 * Chen 2000, its power by predictive likelihood). 0 where they only mislead, so that a foreign world costs little: where
 * the mean of the own rows, or a placebo of the same weight, would have predicted them as well.
 * @param own in the order of time
 * @param onStep called between the tries; it may throw to stop
 * @param doubt squared error that any weight has to save beyond its own doubt
 * @returns a weight in [0,1]
 * @example
 * const make = () => createPolicy({ kind: "auto", dim });
 * const weight = priorWeight(taughtBy(make, elsewhere), placeboOf(make, elsewhere), own);
 */
export function priorWeight(
  taught: Taught,
  placebo: Taught,
  own: readonly PolicyRow[],
  onStep?: () => void,
  doubt = 0,
): number {
  const rows = own.slice(0, MOST_PREDICTED);
  const { weight, error } = bestPrior([taught], rows, onStep, doubt);
  if (weight === 0 || error >= errorOfMean(rows)) return 0;
  onStep?.();
  return error < progressiveError(placebo(weight), rows) ? weight : 0;
}

/** What a young policy may begin from. */
export interface Starts {
  taught: Taught;
  placebo: Taught;
  /** Where peers have something in common: a policy that knows it, and its placebo. */
  kin?: { taught(): RoutingPolicy; placebo(): RoutingPolicy };
}

/** From so many own rows on they may speak against kin, and by this squared error. Less is chance. */
const MAY_CONTRADICT = 32;
const CONTRADICTION = 1;

/** The ways to begin from rows of elsewhere, of peers that have this in common; each policy is taught once. */
export function startsOf(make: () => RoutingPolicy, rows: readonly PolicyRow[], kinship?: Kinship): Starts {
  const starts = { taught: learnedOnce(taughtBy(make, rows)), placebo: learnedOnce(placeboOf(make, rows)) };
  if (!kinship) return starts;
  const worthy = worth(rows, kinship);
  const [taught, placebo] = [learnedOnce(taughtBy(make, worthy)), learnedOnce(placeboOf(make, worthy))];
  return { ...starts, kin: { taught: () => taught(1), placebo: () => placebo(1) } };
}

/** The same policies, of each weight one that is taught and then only made again. */
function learnedOnce(taught: Taught): Taught {
  const known = new Map<number, PolicySnapshot>();
  return (weight) => {
    const before = known.get(weight);
    if (before) return restorePolicy(before);
    const policy = taught(weight);
    known.set(weight, policy.snapshot());
    return policy;
  };
}

/**
 * What a young policy begins from: what peers have in common, until own rows speak against it, else nothing; and rows of
 * elsewhere at a weight of their own, where own rows speak for more.
 * @param own in the order of time
 * @param onStep called between the tries; it may throw to stop
 * @returns a policy that has learned no own row, the weight of rows of elsewhere, and whether it knows what is common instead
 */
export function bestStart(
  { taught, placebo, kin }: Starts,
  own: readonly PolicyRow[],
  onStep: () => void = () => {},
): { policy: RoutingPolicy; weight: number; ofKin: boolean } {
  const ofKin = kin !== undefined && !contradicted(kin, own, onStep);
  const base = ofKin ? kin.taught : () => taught(0);
  const starts: Taught = (weight) => (weight === 0 ? base() : taught(weight));
  const weight = priorWeight(starts, placebo, own, onStep, ofKin ? CONTRADICTION : 0);
  return { policy: starts(weight), weight, ofKin: ofKin && weight === 0 };
}

/** Whether own rows are better predicted by knowing as much of no destination in particular. */
function contradicted(kin: NonNullable<Starts["kin"]>, own: readonly PolicyRow[], onStep: () => void): boolean {
  const rows = own.slice(0, MOST_PREDICTED);
  if (rows.length < MAY_CONTRADICT) return false;
  const error = plainError(kin.taught(), rows);
  onStep();
  return plainError(kin.placebo(), rows) + CONTRADICTION < error;
}

/** The one of several priors, and its weight, that would have helped most; the first, at 0, where none does. */
export function bestPrior(
  priors: readonly Taught[],
  own: readonly PolicyRow[],
  onStep: () => void = () => {},
  beyond = 0,
): { at: number; weight: number; error: number } {
  const rows = own.slice(0, MOST_PREDICTED);
  let best = { at: 0, weight: 0, error: Number.POSITIVE_INFINITY };
  priors.forEach((taught, at) => {
    for (const { weight, doubt } of at === 0 ? [NONE, ...WEIGHTS] : WEIGHTS) {
      const error = progressiveError(taught(weight), rows) + (weight > 0 ? doubt + beyond : 0);
      if (error < best.error) best = { at, weight, error };
      onStep();
    }
  });
  return best;
}

/**
 * Squared error of the mean of the rows before each. A wrong prior that own rows have taught to expect nothing of any choice
 * is right where most are in vain, but no better than this.
 */
function errorOfMean(rows: readonly PolicyRow[]): number {
  let [error, sum, count] = [0, 0.5, 1];
  for (const { reward } of rows) {
    error += (sum / count - reward) ** 2;
    sum += reward;
    count += 1;
  }
  return error;
}

/** Rows that count for so much of an own one. */
export function weighted(rows: readonly PolicyRow[], weight: number): PolicyRow[] {
  return rows.map((row) => ({ ...row, weight: (row.weight ?? 1) * weight }));
}

/** Rows of which a policy had said that the choice is the best one, or another. */
interface Stratum {
  squares: number;
  rows: number;
}
/** What is expected of a stratum before it has rows, as a share of a row. */
const NO_ROWS: Stratum = { squares: 0.05, rows: 0.25 };

/**
 * Squared error of a policy on rows in the order of time, each predicted before it is learned. Choices that it holds for
 * the best count as much as all others together (post-stratification): a wrong prior whose favourites nobody chooses any
 * more would be right on all others, and look good; and where most choices are in vain, it would look good by chance.
 */
function progressiveError(policy: RoutingPolicy, rows: readonly PolicyRow[]): number {
  const [best, others] = [{ ...NO_ROWS }, { ...NO_ROWS }];
  for (const { square, isBest } of foretold(policy, rows)) {
    const stratum = isBest ? best : others;
    stratum.squares += square;
    stratum.rows += 1;
  }
  return (rows.length * (best.squares / best.rows + others.squares / others.rows)) / 2;
}

/** Squared error of a policy on rows in the order of time, each predicted before it is learned. */
const plainError = (policy: RoutingPolicy, rows: readonly PolicyRow[]) =>
  foretold(policy, rows).reduce((sum, { square }) => sum + square, 0);

/** How well each row was predicted before it was learned, and whether its choice was held for the best. */
function foretold(policy: RoutingPolicy, rows: readonly PolicyRow[]): { square: number; isBest: boolean }[] {
  return [...doublingChunks(rows, FIRST_CHUNK)].flatMap((chunk) => {
    const told = chunk.map((row) => {
      const means = policy.predict(row).map((estimate) => estimate.mean);
      const said = means[row.chosen] ?? 0.5;
      return { square: (Math.min(1, Math.max(0, said)) - row.reward) ** 2, isBest: said >= Math.max(...means) };
    });
    policy.learn(chunk);
    return told;
  });
}
