import type { Recent, RunIdentity } from "../core/index.js";
import { mostLikely } from "../policies/index.js";
import type { OnTrial } from "../registry/index.js";
import type { ChoiceCall } from "./decision-record.js";
import { armOfUnit } from "./identity.js";
import type { PolicyProposal } from "./proposal.js";
import type { TrialTurn } from "./verdict.js";

/**
 * The turn of a version on trial at one choice. Where whole runs are tried, the run goes one way to its
 * end: its arm comes from its id, and it keeps the share that it began with. A conversation or a person that keeps
 * its way has one arm for all of its runs.
 * @param shares what runs in progress began with, by run and version
 */
export function turnOfTrial(
  { run, arm, spread }: Pick<ChoiceCall, "run" | "arm" | "spread">,
  { version, share, uniform, unit }: OnTrial,
  proposal: PolicyProposal,
  shares: Recent<number>,
  decisionPoint: string,
  seed: number,
  stickyBy?: "thread" | "user",
): TrialTurn {
  const challenger = proposal.trouble ? undefined : mostLikely(proposal.probabilities);
  const sticky = stickyUnit(run, stickyBy);
  const armOf = (of: string) => armOfUnit(of, decisionPoint, version, seed);
  if (unit === "decision") {
    const own = sticky === undefined ? arm : armOf(sticky);
    return { version, uniform, share, arm: own, spread, challenger };
  }
  const key = `${run.workflowId}|${version}`;
  const begun = shares.get(key) ?? share;
  shares.set(key, begun);
  return { version, uniform, share: begun, arm: armOf(sticky ?? run.workflowId), spread, challenger };
}

/** Who keeps one way; undefined where the run names nobody. */
function stickyUnit({ threadId, userId }: RunIdentity, by: "thread" | "user" | undefined): string | undefined {
  if (by === "user" && userId !== undefined) return `user ${userId}`;
  return by !== undefined && threadId !== undefined ? `thread ${threadId}` : undefined;
}
