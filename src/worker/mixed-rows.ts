// Runs in the learning thread.
import type { DecisionRow } from "../dataset/index.js";
import { type MixedRows, teachableRows } from "../rewards/index.js";
import { imputedRewards } from "./jobs/reward-model.js";
import type { WorkerState } from "./state.js";

/**
 * The unrated decisions in the span of the rated rows a policy is trained on, with mixed rewards;
 * undefined while there is no reward model that may be asked (see `imputedRewards`).
 * @param all every row of the decision point
 * @param train the rated rows of the training, in the order of time
 * @param upTo set when the policy will be judged on rewards after this time
 */
export function withMixedRewards(
  state: WorkerState,
  all: readonly DecisionRow[],
  train: readonly DecisionRow[],
  upTo?: string,
): MixedRows | undefined {
  const imputed = imputedRewards(state, upTo);
  const [first, last] = [train[0], train.at(-1)];
  if (!imputed || !first || !last) return undefined;
  const rated = new Set(train.map((r) => r.decisionId));
  const span = all.filter(
    (r) => rated.has(r.decisionId) || (r.reward === undefined && r.at >= first.at && r.at <= last.at),
  );
  const byDecision = new Map(
    span.flatMap((r) => {
      const prediction = imputed.get(r.workflowId);
      return prediction ? [[r.decisionId, prediction] as const] : [];
    }),
  );
  return teachableRows(span, byDecision);
}
