import type { DecisionRow } from "../../../src/dataset/index.js";
import { fitEncoder } from "../../../src/dataset/index.js";
import type { DestinationChange } from "../../../src/evaluation/improvement.js";
import { policyRowOf } from "../../../src/evaluation/point/encode.js";
import { createRng } from "../../../src/math/rng.js";
import { createPolicy } from "../../../src/policies/index.js";
import { destinationChanges, holdsAfter, teachEarlier } from "../../../src/worker/changes.js";
import type { BanditSet } from "../bandits/sets.js";

/** How a world changes: one destination breaks; or all change places at once, over 500 decisions, or to and fro every 1,000. */
export const CHANGES = ["broken", "abrupt", "gradual", "recurring"] as const;
export type Change = (typeof CHANGES)[number];
/** `auto` by itself, with the loop's watch over its destinations, or told when the world changed. */
export const WAYS = ["auto", "watched", "told"] as const;
export type Way = (typeof WAYS)[number];

const CHANGES_AT = 2000;
const DECISIONS = 4000;
const EVERY = 25;
const EXPLORED = 0.1;
const GRADUAL = 500;
const RECURRING = 1000;
/** Decisions over which reward is averaged. */
const WINDOW = 100;

/** What became of a life. */
export interface ChangingLife {
  /** Decisions after a change until nine tenths of the lost reward are back; the rest of the time where they never are. */
  until: number;
  /** Mean reward from the first change on. */
  after: number;
  /** Changes that were told, and those told before there was one. */
  told: number;
  false: number;
}

/** A learner in a world in which, from a time on, the first destination earns nothing, or each what its neighbour earned. */
export function changingLife(set: BanditSet, change: Change, way: Way, seed: string): ChangingLife {
  const rng = createRng(seed);
  const { candidates, contexts, rewards } = set;
  const context = fitEncoder(contexts);
  const encoders = { context };
  const make = () => createPolicy({ kind: "auto", dim: context.dim, seed: 1 });
  const facts = {};
  const rows: DecisionRow[] = [];
  const earned: number[] = [];
  let changes: readonly DestinationChange[] = [];
  let policy = make();
  const learned = (of: readonly DecisionRow[]) => policy.learn(of.flatMap((r) => policyRowOf(r, encoders) ?? []));
  for (let t = 0; t < DECISIONS; t++) {
    const example = rng.int(contexts.length);
    const coin = rng.next();
    const [explores, drawn] = [rng.next() < EXPLORED, rng.int(candidates.length)];
    const means = policy.predict({ context: context.encode(contexts[example]!), candidates }).map((e) => e.mean);
    const chosen = explores ? drawn : means.indexOf(Math.max(...means));
    const reward = rewardsAt(change, t, coin, rewards[example]!)[chosen]!;
    earned.push(reward);
    rows.push(rowOf(t, contexts[example]!, candidates, chosen, reward));
    if ((t + 1) % EVERY !== 0) continue;
    const known = changes;
    if (way === "watched") changes = destinationChanges(facts, "p", rows, known, timeOf(t));
    else if (way === "told" && isTold(change, t))
      changes = [...known, ...(change === "broken" ? candidates.slice(0, 1) : candidates).map((d) => toldOf(d, t))];
    if (changes === known) learned(rows.slice(-EVERY));
    else {
      policy = make();
      teachEarlier(policy, make, rows, changes, encoders);
      learned(rows.filter(holdsAfter(changes)));
    }
  }
  const first = timeOf(change === "recurring" ? RECURRING : CHANGES_AT);
  return {
    ...recovery(earned),
    told: changes.length,
    false: changes.filter((c) => c.seenAt < first).length,
  };
}

/** How long until what was lost is back, and what is earned from the change on. */
export function recovery(earned: readonly number[]): { until: number; after: number } {
  const mean = (from: number, to: number) => earned.slice(from, to).reduce((s, r) => s + r, 0) / (to - from);
  const before = mean(CHANGES_AT / 2, CHANGES_AT);
  const fallen = mean(CHANGES_AT, CHANGES_AT + WINDOW);
  const wanted = fallen + 0.9 * (before - fallen);
  let until = WINDOW;
  while (CHANGES_AT + until < DECISIONS && mean(CHANGES_AT + until - WINDOW, CHANGES_AT + until) < wanted) until += 25;
  return { until, after: mean(CHANGES_AT, DECISIONS) };
}

/** The same world for a peer: the example of each decision, and what each choice earns then. */
export function changingStream(set: BanditSet, change: Change, seed: string): { example: number; rewards: number[] }[] {
  const rng = createRng(seed);
  return Array.from({ length: DECISIONS }, (_, t) => {
    const [example, coin] = [rng.int(set.contexts.length), rng.next()];
    rng.next();
    rng.int(set.candidates.length);
    return { example, rewards: rewardsAt(change, t, coin, set.rewards[example]!) };
  });
}

/** What each choice earns at a time: the first nothing when it is broken, or each what its neighbour earned. */
function rewardsAt(change: Change, t: number, coin: number, rewards: readonly number[]): number[] {
  if (!isChanged(change, t, coin)) return [...rewards];
  if (change === "broken") return rewards.map((reward, k) => (k === 0 ? 0 : reward));
  return rewards.map((_, k) => rewards[(k + 1) % rewards.length]!);
}

function isChanged(change: Change, t: number, coin: number): boolean {
  if (change === "recurring") return Math.floor(t / RECURRING) % 2 === 1;
  if (change === "abrupt" || change === "broken") return t >= CHANGES_AT;
  return coin < (t - CHANGES_AT) / GRADUAL;
}

/** Whether somebody says at this look that the world has just changed. */
function isTold(change: Change, t: number): boolean {
  if (change === "recurring") return t + 1 >= RECURRING && (t + 1) % RECURRING === EVERY;
  return t + 1 === CHANGES_AT + (change === "gradual" ? GRADUAL : EVERY);
}

const timeOf = (t: number) => new Date(Date.UTC(2026, 0, 1) + 60_000 * t).toISOString();

const toldOf = (destination: string, t: number): DestinationChange => ({
  destination,
  at: timeOf(t + 1 - EVERY),
  seenAt: timeOf(t),
  shift: 0,
  decisions: 0,
});

function rowOf(
  t: number,
  context: DecisionRow["context"],
  candidates: readonly string[],
  chosen: number,
  reward: number,
): DecisionRow {
  return {
    decisionId: `d${t}`,
    workflowId: `w${t}`,
    decisionPoint: "p",
    at: timeOf(t),
    index: 0,
    decisionsInRun: 1,
    context,
    candidates,
    chosen: candidates[chosen]!,
    reward,
    source: "policy",
    mode: "act",
  };
}
