import { createRng } from "../../../src/math/rng.js";
import type { PolicyInput, RoutingPolicy } from "../../../src/policies/index.js";
import type { BanditSet } from "./sets.js";

/** Progressive mean rewards of one run, or of several averaged. */
export interface Marks {
  /** After 200 decisions, or all where there are fewer. */
  first200: number;
  first1000: number;
  all: number;
  /** Mean of the last 500. */
  last: number;
  /** Standard deviation of `all` over the runs. */
  spread?: number;
}

/** Plays a set in the given order: choose, see the reward of the choice only, learn from it at once. */
export function play(set: BanditSet, policy: RoutingPolicy, order: readonly number[], seed: number): Marks {
  const rng = createRng(`draw ${seed}`);
  const rewards: number[] = [];
  for (const example of order) {
    const input: PolicyInput = {
      context: set.encoded[example],
      candidates: set.candidates,
      candidateFeatures: set.candidateFeatures,
    };
    const { index, probability } = policy.choose(input, rng.next());
    const reward = set.rewards[example]?.[index];
    rewards.push(reward);
    policy.learn([{ ...input, chosen: index, reward, propensity: probability }]);
  }
  return {
    first200: mean(rewards.slice(0, 200)),
    first1000: mean(rewards.slice(0, 1000)),
    all: mean(rewards),
    last: mean(rewards.slice(-500)),
  };
}

export function averaged(runs: readonly Marks[]): Marks {
  const of = (key: "first200" | "first1000" | "all" | "last") => mean(runs.map((r) => r[key]));
  const all = of("all");
  return {
    first200: of("first200"),
    first1000: of("first1000"),
    all,
    last: of("last"),
    spread: Math.sqrt(mean(runs.map((r) => (r.all - all) ** 2))),
  };
}

/** What always taking the best candidate of each group (known in hindsight) would earn above `reached`. */
export function regretPerGroup(set: BanditSet, reached: number): number {
  const sums = new Map<string, number[]>();
  set.groups?.forEach((g, i) => {
    const sum = sums.get(g) ?? set.candidates.map(() => 0);
    sums.set(
      g,
      sum.map((s, k) => s + set.rewards[i]?.[k]),
    );
  });
  const best = [...sums.values()].reduce((total, s) => total + Math.max(...s), 0) / set.rewards.length;
  return best - reached;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
