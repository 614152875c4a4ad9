import { currentFeedback, type FeedbackRecord } from "../core/index.js";

/** How runs stand after all comparisons between them. */
export interface PreferenceStrengths {
  /** Probability, in [0,1], that the run is preferred to an average one; undefined where it was never compared. */
  strengthOf(workflowId: string): number | undefined;
}

/** Variance of the log-odds of strengths before any comparison: one win alone says little. */
const PRIOR_VARIANCE = 4;
const SWEEPS = 100;

/**
 * Strengths by the model of Bradley and Terry (1952): run i is preferred to run j with the odds
 * exp(s_i - s_j). Fitted by posterior mode under a normal prior around the average run, so that runs
 * that never lost stay finite; "equal" counts half for either. Both runs of a comparison learn from it.
 * Only people's judgements of whole runs are used.
 * @param feedback feedback facts of many runs; revisions and withdrawals are applied here
 */
export function fitPreferences(feedback: readonly FeedbackRecord[]): PreferenceStrengths {
  const games = new Map<string, { other: string; won: number }[]>();
  const add = (run: string, other: string, won: number) => {
    const own = games.get(run);
    if (own) own.push({ other, won });
    else games.set(run, [{ other, won }]);
  };
  const current = feedback.some((r) => r.preference) ? currentFeedback(feedback) : [];
  for (const r of current) {
    if (!r.preference || r.decisionId !== undefined || r.source === "evaluator") continue;
    const won = { better: 1, equal: 0.5, worse: 0 }[r.preference.verdict];
    add(r.workflowId, r.preference.over, won);
    add(r.preference.over, r.workflowId, 1 - won);
  }
  const strength = new Map([...games.keys()].map((run) => [run, 0]));
  const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
  // One Newton step per run and sweep: the posterior is concave.
  for (let sweep = 0, moved = 1; sweep < SWEEPS && moved > 1e-6; sweep++) {
    moved = 0;
    for (const [run, own] of games) {
      const s = strength.get(run) as number;
      let slope = -s / PRIOR_VARIANCE;
      let curve = 1 / PRIOR_VARIANCE;
      for (const { other, won } of own) {
        const p = sigmoid(s - (strength.get(other) as number));
        slope += won - p;
        curve += p * (1 - p);
      }
      const step = Math.max(-1, Math.min(1, slope / curve));
      strength.set(run, s + step);
      moved = Math.max(moved, Math.abs(step));
    }
  }
  return {
    strengthOf(workflowId) {
      const s = strength.get(workflowId);
      return s === undefined ? undefined : sigmoid(s);
    },
  };
}
