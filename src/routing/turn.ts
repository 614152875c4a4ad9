import type { Recent } from "../core/index.js";
import { mostLikely } from "../policies/index.js";
import type { OnTrial } from "../registry/index.js";
import type { ChoiceCall } from "./decision-record.js";
import { armOfRun } from "./identity.js";
import type { PolicyProposal } from "./proposal.js";
import type { TrialTurn } from "./verdict.js";

/**
 * The turn of a version on trial at one choice. Where whole runs are tried, the run goes one way to its
 * end: its arm comes from its id, and it keeps the share that it began with.
 * @param shares what runs in progress began with, by run and version
 */
export function turnOfTrial(
  { run, arm, spread }: Pick<ChoiceCall, "run" | "arm" | "spread">,
  { version, share, uniform, unit }: OnTrial,
  proposal: PolicyProposal,
  shares: Recent<number>,
  decisionPoint: string,
  seed: number,
): TrialTurn {
  const challenger = proposal.trouble ? undefined : mostLikely(proposal.probabilities);
  if (unit === "decision") return { version, uniform, share, arm, spread, challenger };
  const key = `${run.workflowId}|${version}`;
  const begun = shares.get(key) ?? share;
  shares.set(key, begun);
  const ofRun = armOfRun(run.workflowId, decisionPoint, version, seed);
  return { version, uniform, share: begun, arm: ofRun, spread, challenger };
}
