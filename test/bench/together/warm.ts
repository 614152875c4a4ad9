import { placesBy } from "../../../src/core/places-by.js";
import { fitEncoder } from "../../../src/dataset/index.js";
import { createRng } from "../../../src/math/rng.js";
import { createPolicy, type PolicyRow, type RoutingPolicy } from "../../../src/policies/index.js";
import { kinshipOf } from "../../../src/policies/kinship.js";
import { bestStart, startsOf } from "../../../src/policies/prior-weight.js";
import type { BanditSet } from "../bandits/sets.js";

/** A decision point without a run of its own, and what others like it have logged. */
export interface YoungPoint {
  set: BanditSet;
  /** Examples that come to it, drawn with replacement. */
  own: number[];
  /** Examples that others logged, with the rewards they had there. */
  elsewhere: { example: number; rewards: number[]; peer?: string }[];
}

/** Mean reward within the first decisions, by how many. */
export type Earned = Record<number, number>;

/** Decisions at which what was earned is read. */
export const MARKS = [50, 200, 1000];
const EXPLORED = 0.1;
/** A policy learns each own row as it comes. It is made anew, and the prior's weight with it, at so many own rows. */
const MADE_ANEW = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 128, 256, 512];
/** Rows that others logged, each with a choice at random. */
const LOGGED = 1000;

/** How a young point begins: from nothing, by the learned weight, or by a fixed one. */
export type Start = "cold" | "warm" | number;

/** What a young point earns, one choice in ten explored; the same seed brings the same examples and the same luck. */
export function youngLife({ set, own, elsewhere }: YoungPoint, start: Start, seed: string): Earned {
  const rng = createRng(seed);
  const { candidates, encoded, rewards } = set;
  const make = () => createPolicy({ kind: "auto", dim: encoded[0]?.dim ?? 1, seed: 1 });
  const rowOf = (example: number, chosen: number, reward: number): PolicyRow => ({
    context: encoded[example]!,
    candidates,
    chosen,
    reward,
  });
  const logged = Array.from({ length: LOGGED }, () => {
    const { example, rewards, peer } = elsewhere[rng.int(elsewhere.length)]!;
    const chosen = rng.int(candidates.length);
    return { row: rowOf(example, chosen, rewards[chosen] ?? 0), peer };
  });
  const prior = logged.map(({ row }) => row);
  const propensity = 1 / candidates.length;
  const outcomeOf = ({ chosen, reward }: PolicyRow) => ({ chosen: candidates[chosen] ?? "", reward, propensity });
  const peers = [...placesBy(logged, ({ peer }) => peer).values()];
  const kinship = kinshipOf(peers.map((places) => places.map((i) => outcomeOf(prior[i]!))));
  const rows: PolicyRow[] = [];
  const starts = startsOf(make, prior, kinship);
  const anew = (): RoutingPolicy => {
    const policy = start === "warm" ? bestStart(starts, rows).policy : starts.taught(start === "cold" ? 0 : start);
    // Row by row, as they came: with nothing from elsewhere it is the cold one to the digit.
    for (const row of rows) policy.learn([row]);
    return policy;
  };
  let policy = anew();
  let sum = 0;
  const earned: Earned = {};
  const most = Math.max(...MARKS);
  for (let n = 1; n <= most; n++) {
    const example = own[rng.int(own.length)]!;
    const [coin, drawn] = [rng.next(), rng.int(candidates.length)];
    const means = policy.predict({ context: encoded[example]!, candidates }).map((e) => e.mean);
    const best = means.indexOf(Math.max(...means));
    const chosen = coin < EXPLORED ? drawn : best;
    const reward = rewards[example]?.[chosen] ?? 0;
    sum += reward;
    const propensity = chosen === best ? 1 - EXPLORED + EXPLORED / candidates.length : EXPLORED / candidates.length;
    const row = { ...rowOf(example, chosen, reward), propensity };
    rows.push(row);
    if (MARKS.includes(n)) earned[n] = sum / n;
    if (start === "warm" && MADE_ANEW.includes(n)) policy = anew();
    else policy.learn([row]);
  }
  return earned;
}

/** Halves of one set: the same world for two points; or another one, in which the destinations have changed places. */
export function halves(set: BanditSet, seed: string, unrelated: boolean): YoungPoint {
  const rng = createRng(seed);
  const all = set.contexts.map((_, i) => [rng.next(), i] as const).sort(([a], [b]) => a - b);
  const half = Math.floor(all.length / 2);
  const shift = 1 + rng.int(set.candidates.length - 1);
  const moved = (rewards: number[]) => rewards.map((_, k) => rewards[(k + shift) % rewards.length] ?? 0);
  return {
    set,
    own: all.slice(0, half).map(([, i]) => i),
    elsewhere: all.slice(half).map(([, i]) => {
      const rewards = set.rewards[i] ?? [];
      return { example: i, rewards: unrelated ? moved(rewards) : rewards };
    }),
  };
}

/** A set by numbers alone: what the first rows of a young point can be told apart by. */
export function numbersOnly(set: BanditSet): BanditSet {
  const contexts = set.contexts.map((context) =>
    Object.fromEntries(Object.entries(context).filter(([, value]) => typeof value === "number")),
  );
  const encoder = fitEncoder(contexts);
  return { ...set, contexts, encoded: contexts.map((context) => encoder.encode(context)) };
}

/** Which world the other groups of a set are: the young one's, one of their own, or each another. */
export type GroupWorld = "related" | "unrelated" | "strangers";

/** One group of a set as the young point, all others as what is known elsewhere. */
export function oneGroup(set: BanditSet, group: string, world: GroupWorld = "related"): YoungPoint {
  const rng = createRng(group);
  const { groups = [], rewards, candidates } = set;
  const away = 1 + rng.int(candidates.length - 1);
  const shifts = new Map(groups.map((name) => [name, world === "unrelated" ? away : 0]));
  if (world === "strangers") for (const name of shifts.keys()) shifts.set(name, rng.int(candidates.length));
  const moved = (row: number[], shift: number) => row.map((_, k) => row[(k + shift) % row.length] ?? 0);
  const elsewhere = groups.flatMap((peer, example) =>
    peer === group ? [] : { example, rewards: moved(rewards[example] ?? [], shifts.get(peer) ?? 0), peer },
  );
  return { set, own: groups.flatMap((name, i) => (name === group ? i : [])), elsewhere };
}
