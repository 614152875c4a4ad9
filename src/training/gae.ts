/** Steps of several environments, time-major: entry `t * environments + e`. */
export interface RolloutRewards {
  rewards: Float64Array;
  /** Value estimates of the states acted in. */
  values: Float64Array;
  /** 1 where the episode ended with the step (by itself or cut off; a cut-off's value is already in its reward). */
  ended: Uint8Array;
  /** Value estimates of the states after the last step, one per environment. */
  lastValues: Float64Array;
}

/**
 * Generalised advantage estimation (Schulman et al., 2016): discounted sums of temporal-difference
 * errors with weight `lambda` per further step; none crosses the end of an episode.
 */
export function advantagesOf(rollout: RolloutRewards, gamma: number, lambda: number): Float64Array {
  const { rewards, values, ended, lastValues } = rollout;
  const environments = lastValues.length;
  const advantages = new Float64Array(rewards.length);
  for (let e = 0; e < environments; e++) {
    let next = lastValues[e];
    let running = 0;
    for (let k = rewards.length - environments + e; k >= 0; k -= environments) {
      const goesOn = ended[k] ? 0 : 1;
      const error = rewards[k] + gamma * next * goesOn - values[k];
      running = error + gamma * lambda * goesOn * running;
      advantages[k] = running;
      next = values[k];
    }
  }
  return advantages;
}
