/** A rated run: its reward, which of the compared sets it belongs to (a variant, a team), and whose it is. */
export interface GroupedReward {
  reward: number;
  set: number;
  group: string;
}

/**
 * How uncertain each set's mean reward is where runs of one person or thread resemble each other: the variance of a
 * mean whose runs share what their groups bring with them. What groups and runs vary by is estimated from what is left
 * of the rewards beside the sets' means, by analysis of variance (Searle, Casella & McCulloch, 1992).
 * @returns per set; undefined where no two runs are of one group, so that nothing is shared
 */
export function meanErrors(runs: readonly GroupedReward[], sets: number): Float64Array | undefined {
  const size = new Float64Array(sets);
  const sum = new Float64Array(sets);
  for (const { reward, set } of runs) {
    size[set] = size[set] + 1;
    sum[set] = sum[set] + reward;
  }
  const groups = new Map<string, { runs: number; sum: number; bySet: Map<number, number> }>();
  let square = 0;
  for (const { reward, set, group } of runs) {
    const g = groups.get(group) ?? { runs: 0, sum: 0, bySet: new Map<number, number>() };
    groups.set(group, g);
    const left = reward - sum[set] / size[set];
    g.runs++;
    g.sum += left;
    g.bySet.set(set, (g.bySet.get(set) ?? 0) + 1);
    square += left * left;
  }
  const n = runs.length;
  if (groups.size === n || groups.size < 2) return undefined;
  const shared = new Float64Array(sets);
  let [between, squares, taken] = [0, 0, 0];
  for (const g of groups.values()) {
    between += g.sum ** 2 / g.runs;
    squares += g.runs ** 2;
    for (const [set, count] of g.bySet) {
      shared[set] = shared[set] + (count / size[set]) ** 2;
      // How much of what groups differ by the sets' means took with them: all of it where each group is in one set.
      taken += count ** 2 / (g.runs * size[set]);
    }
  }
  // One more run with the variance of a coin keeps the estimate above zero when all rewards agree.
  const ofRuns = (Math.max(0, square - between) + 0.25) / Math.max(1, n - groups.size - (sets - taken) + 1);
  const typical = (n - squares / n) / (groups.size - 1);
  const ofGroups = Math.max(0, (between / Math.max(1, groups.size - taken) - ofRuns) / typical);
  return Float64Array.from(size, (own, set) => ofGroups * shared[set] + ofRuns / own);
}
