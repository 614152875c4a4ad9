import { checkArgument } from "../../core/arguments.js";
import { checkRisk } from "../estimate.js";
import type { Interval } from "../intervals.js";
import { gainOf } from "./gain.js";
import { provenFrom } from "./stakes.js";
import { type TrialState, thresholdsOf } from "./state.js";
import { logWealthAgainst, logWealthOf } from "./wealth.js";

/** What is read of arguments. */
const TRIAL = { wealth: "list", learned: "object", clusters: "number", sum: "number" } as const;

/** What a look at a trial says. Plain JSON. */
export interface TrialVerdict {
  /** `promote`: proven better. `stop`: it is not worth its cost any longer. `go-on`: neither yet. */
  action: "promote" | "stop" | "go-on";
  /** One sentence with the numbers. */
  reason: string;
  /** Mean gain per cluster so far, with its anytime-valid 95 % interval. */
  gain: number;
  interval: Interval;
  /** Wealth times stake, and what it must reach. */
  evidence: number;
  needed: number;
  /** Largest gain that is proven to be exceeded; absent where none is. */
  lowerBound?: number;
  clusters: number;
}

/** Bets on its being worse that have grown this much end a trial; a better one meets that in less than one of six. */
const STOPPED_AT = Math.log(6);

/**
 * What a trial's evidence allows. The wealth of a version that is no better is a non-negative
 * supermartingale from its first row, whatever the share, the order of looks and the time it is stopped
 * (Waudby-Smith & Ramdas 2024; Ville 1939), so every look is free.
 * @example const { action, reason } = decideTrial(trial, 0.05);
 */
export function decideTrial(state: TrialState, riskLevel: number): TrialVerdict {
  checkArgument(state, "state", TRIAL, "EVALUATION_INVALID");
  checkRisk(riskLevel);
  const { clusters, stake, minimumEffect } = state;
  const logWealth = logWealthOf(state);
  const from = provenFrom(riskLevel, stake);
  const { mean: gain, ...interval } = gainOf(state);
  const proven = thresholdsOf(minimumEffect).filter((_, t) => logWealthOf(state, t) >= from);
  const lowerBound = proven.at(-1);
  const numbers = `gain ${signed(gain)} over ${clusters} rated (${signed(interval.lower)} to ${signed(interval.upper)}), evidence ${Math.exp(Math.min(50, logWealth - from)).toPrecision(2)} of what is needed`;
  const common = {
    gain,
    interval,
    evidence: Math.exp(Math.min(700, logWealth)) * stake,
    needed: 1 / riskLevel,
    clusters,
    ...(lowerBound !== undefined && { lowerBound }),
  };
  if (logWealth >= from)
    return { ...common, action: "promote", reason: `proven better by more than ${lowerBound}: ${numbers}` };
  if (logWealthAgainst(state) >= STOPPED_AT)
    return { ...common, action: "stop", reason: `stopped, not better by more than ${minimumEffect}: ${numbers}` };
  if (state.taken >= state.budget)
    return {
      ...common,
      action: "stop",
      reason: `stopped, ${Math.round(state.taken)} decisions were spent on it without proof: ${numbers}`,
    };
  return { ...common, action: "go-on", reason: `on trial: ${numbers}` };
}

/** From this log wealth on, the running lower bound of the gain allows a larger share. */
const GROWS_FROM = Math.log(1.5);
/** At this log wealth the share has grown to its limit. */
const GROWN_AT = Math.log(5);

/**
 * The share of contested decisions that may go to the challenger: the budget's, which grows to `upTo`
 * while the running lower bound of the gain lies above minus the minimum effect, that is, while the
 * wealth on its being better exceeds 1.5 (a version that is no better ever gets there in at most two of
 * three cases, and to the full share in one of five).
 * @example const share = grownShare(trial, 0.1, 0.5);
 */
export function grownShare(state: TrialState, share: number, upTo: number | undefined): number {
  checkArgument(state, "state", TRIAL, "EVALUATION_INVALID");
  checkArgument(share, "share", "number", "EVALUATION_INVALID");
  checkArgument(upTo, "upTo", "number?", "EVALUATION_INVALID");
  return shareAt(logWealthOf(state), share, upTo);
}

/** The share that goes with a log wealth; see {@link grownShare}. */
export function shareAt(logWealth: number, share: number, upTo: number | undefined): number {
  if (upTo === undefined || upTo <= share) return share;
  const grown = (logWealth - GROWS_FROM) / (GROWN_AT - GROWS_FROM);
  return share * (upTo / share) ** Math.min(1, Math.max(0, grown));
}

function signed(value: number): string {
  return `${value >= 0 ? "+" : ""}${value.toFixed(3)}`;
}
