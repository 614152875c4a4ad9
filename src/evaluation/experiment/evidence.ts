import { checkArgument } from "../../core/arguments.js";

/** What is read of arguments. */
const EVIDENCE = { margin: "number", claims: "list", capitals: "list" } as const;
/** Probabilities stay this far from 0 and 1, so that no single outcome can end a bet. */
const EDGE = 0.01;
/** A bet is at most this many times as bold as outcomes of 0 and 1 would allow. */
const BOLDEST = 8;
/** Differences bet on: small ones for the long run, large ones for quick decisions. */
const SIZES = [0.03, 0.06, 0.12, 0.24, 0.45];
/** Against a negative margin the truth is taken to be near "no difference": shares of the margin above it. */
const NEAR_ZERO = [0.6, 1, 1.4];

/** The running evidence for one claim about a pair of variants; plain JSON. */
export interface EvidenceState {
  /** The claim: mean of a exceeds mean of b by more than this. In (-1,1). */
  margin: number;
  /** What each bet takes the excess over the margin to be, and its capital. */
  claims: number[];
  capitals: number[];
  /** Outcomes of either variant so far, their sum and sum of squares. */
  n: number;
  sum: number;
  square: number;
}

/**
 * Evidence before any outcome.
 * @example evidenceOf(openEvidence(0)); // 1
 */
export function openEvidence(margin: number): EvidenceState {
  checkArgument(margin, "margin", "number", "EXPERIMENT_INVALID");
  const claims = margin < 0 ? NEAR_ZERO.map((s) => -margin * s) : SIZES;
  return { margin, claims, capitals: claims.map(() => 1), n: 0, sum: 0, square: 0 };
}

/**
 * The e-value of the claim: while it is false, the probability that this ever reaches 1/alpha is at
 * most alpha, whatever the allocation and however often one looks (Ville, 1939).
 * @example
 * ```ts
 * const state = openEvidence(0);
 * bet(state, true, 0.5, 1);
 * evidenceOf(state) > 1; // true
 * ```
 */
export function evidenceOf(state: EvidenceState): number {
  checkArgument(state, "state", EVIDENCE, "EXPERIMENT_INVALID");
  return state.capitals.reduce((s, c) => s + c, 0) / state.capitals.length;
}

/**
 * Bets one outcome on the claim. Each bet is the e-variable of Turner, Ly and Grünwald (2024) for two
 * samples: the likelihood of the outcome under a difference of its size, over that under the closest
 * distribution of the null hypothesis (the reverse information projection). It is linear in the
 * outcome, so it holds for all outcomes in [0,1], not only 0 and 1; outcomes that vary less than coin
 * flips are bet on more boldly in proportion. The bets are averaged, which keeps an e-value one.
 * @param isA whether the outcome is of variant a
 * @param shareA probability with which a was drawn, given that it was a or b; fixed before the draw
 * @param outcome in [0,1]
 * @param weight for how many units it stands, divided by the largest such number there can be; in (0,1]
 * @example
 * ```ts
 * const state = openEvidence(0); // "a is better than b"
 * for (let i = 0; i < 50; i++) {
 *   bet(state, true, 0.5, 1);
 *   bet(state, false, 0.5, 0);
 * }
 * evidenceOf(state) > 20; // true
 * ```
 */
export function bet(state: EvidenceState, isA: boolean, shareA: number, outcome: number, weight = 1): void {
  checkArgument(state, "state", EVIDENCE, "EXPERIMENT_INVALID");
  checkArgument(shareA, "shareA", "number", "EXPERIMENT_INVALID");
  checkArgument(outcome, "outcome", "number", "EXPERIMENT_INVALID");
  const { margin, claims, capitals } = state;
  const centre = (state.sum + 1) / (state.n + 2);
  const variance = Math.max(1e-4, (state.square + 1) / (state.n + 2) - centre * centre);
  const bold = Math.min(BOLDEST, Math.max(1, (centre * (1 - centre)) / variance));
  for (let k = 0; k < claims.length; k++) {
    const difference = margin + claims[k] * bold;
    const b = clamp(clamp(centre + difference * (1 - shareA)) - difference);
    const a = clamp(b + difference);
    if (a - b <= margin) continue;
    const t = projection(a, b, margin, shareA);
    const p = isA ? a : b;
    const q = isA ? t + margin : t;
    const ratio = (outcome * p) / q + ((1 - outcome) * (1 - p)) / (1 - q);
    capitals[k] = capitals[k] * (1 + weight * (ratio - 1));
  }
  state.n++;
  state.sum += outcome;
  state.square += outcome * outcome;
}

function clamp(p: number): number {
  return Math.min(1 - EDGE, Math.max(EDGE, p));
}

/**
 * The mean of b under the null distribution (a at b + margin) closest in Kullback-Leibler divergence to
 * (a, b): closed form without a margin, else the zero of a convex function's slope by bisection.
 */
function projection(a: number, b: number, margin: number, shareA: number): number {
  if (margin === 0) return shareA * a + (1 - shareA) * b;
  let low = Math.max(0, -margin) + 1e-9;
  let high = Math.min(1, 1 - margin) - 1e-9;
  for (let i = 0; i < 30; i++) {
    const t = (low + high) / 2;
    const slope =
      (shareA * (t + margin - a)) / ((t + margin) * (1 - t - margin)) + ((1 - shareA) * (t - b)) / (t * (1 - t));
    if (slope > 0) high = t;
    else low = t;
  }
  return (low + high) / 2;
}
