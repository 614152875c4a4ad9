// Runs in the learning thread.
import { isUsable, restoreEncoder } from "../../dataset/index.js";
import { type Contribution, contributionOf, type FederatedRow, type FederationPlan } from "../../together/index.js";
import type { Job } from "../job.js";
import { type RowOptions, rowsByPoint } from "../rows.js";

/** Whose sums are asked for. */
export interface ContributeInput {
  plan: FederationPlan;
  /** The name under which the sums are sent. */
  site: string;
  rows: RowOptions;
}

/** The sums of a decision point's rated decisions, under a plan that all sites agreed on. */
export const contribute: Job<ContributeInput, Contribution> = {
  run({ plan, site, rows: options }, { state }) {
    const encoder = restoreEncoder(plan.encoder);
    const rows: FederatedRow[] = [];
    for (const row of rowsByPoint(state, options).get(plan.decisionPoint) ?? []) {
      if (!isUsable(row) || !plan.destinations.includes(row.chosen)) continue;
      const { chosen, reward, userId, workflowId } = row;
      // A run without a person stands for one of its own.
      rows.push({ context: encoder.encode(row.context), chosen, reward, person: userId ?? workflowId });
    }
    return contributionOf(plan, site, rows);
  },
};
