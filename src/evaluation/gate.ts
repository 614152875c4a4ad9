import { checkArgument } from "../core/arguments.js";
import { refuseUnknownKeys } from "../core/index.js";
import { normalQuantile } from "../math/normal.js";
import type { ContestedRun } from "./contested.js";
import { type Estimate, estimateGain, invalidOption } from "./estimate.js";
import { type ContestedRuns, contestedRuns, evidenceOfGain, forecastOfGain } from "./evidence.js";
import { MAX_UNSUPPORTED } from "./overlap.js";
import { checkJudgedDecisions, type JudgedDecision } from "./rows.js";
import { runRows } from "./run-rows.js";
import { openSpending, parseSpending, riskShare, type SpendingState, spend } from "./spending.js";

/** What the gate is asked. */
export interface PromotionRequest {
  /**
   * Decisions made after the last one the challenger (and the model) was trained on, with
   * `baseline` the champion, or the fallback where none serves.
   */
  rows: readonly JudgedDecision[];
  /** Names the challenger, so that a second look at it is told from a first look at another. */
  challenger: string;
  /** What earlier judgements of this decision point spent; omit for the first. */
  spending?: SpendingState;
  /** Lifetime risk of a wrong promotion, used when `spending` is omitted; default 0.05. */
  riskLevel?: number;
  /** The gain must be proven to be above this; default 0. Below 0: that it is not worse by more. */
  minimumEffect?: number;
  /** No judgement below this effective sample size; default 30. */
  minEffectiveSampleSize?: number;
  /** No judgement before it has this chance to succeed, by forecast; default 0.5. */
  power?: number;
}

/** What the gate answers. Plain JSON. */
export interface GateVerdict {
  /**
   * `promote`: the gain is proven. `keep`: judged and not proven, or the policies do not differ.
   * `not-enough-data`: about `needed` more decisions. `unidentifiable`: no number of such logs can tell.
   */
  action: "promote" | "keep" | "not-enough-data" | "unidentifiable";
  /** One sentence with the numbers. */
  reason: string;
  /** Doubly robust estimate of the gain with its ordinary 95 % interval; for the reader only. */
  gain?: Estimate;
  /** Lower bound of the gain at this judgement's own risk; present when one was made. */
  lowerBound?: number;
  /** Risk of this judgement; absent when none was made and nothing spent. */
  risk?: number;
  minimumEffect: number;
  /** About how many more decisions would do; absent where it is too early to say. */
  needed?: number;
  /** To be kept for the next judgement. */
  spending: SpendingState;
}

const KEYS: readonly (keyof PromotionRequest)[] = [
  "rows",
  "challenger",
  "spending",
  "riskLevel",
  "minimumEffect",
  "minEffectiveSampleSize",
  "power",
];

/** Effect above the minimum that a judgement must be able to find where the model foresees less. */
const PLANNED_EFFECT = 0.05;
/** More decisions than these are no forecast. */
const MOST_NEEDED = 1e9;
/** A second look at one challenger waits for this many times the runs of the last. */
const LOOK_GROWTH = 1.5;
/**
 * Decides whether a challenger replaces what serves: promotes when the lower bound of its gain, by
 * doubly robust empirical likelihood (see `Evidence`), is above the minimum effect at this
 * judgement's share of the lifetime risk. WHETHER to judge is decided without looking at a single
 * reward (effective sample size, support, forecast power), so waiting is free of risk.
 * @throws LearningError EVALUATION_INVALID on unusable rows, options or spending state
 * @example
 * ```ts
 * const { action, reason, spending } = decidePromotion({ rows: judged, challenger: "v2", minimumEffect: 0.01 });
 * // `spending` goes into the next judgement of this decision point.
 * ```
 */
export function decidePromotion(request: PromotionRequest): GateVerdict {
  checkArgument(request, "request", { rows: "objects", challenger: "text" }, "EVALUATION_INVALID");
  refuseUnknownKeys(request, KEYS, "the request of decidePromotion");
  const { rows, challenger, minimumEffect = 0, minEffectiveSampleSize = 30, power = 0.5 } = request;
  if (!(minimumEffect > -1 && minimumEffect < 1)) throw invalidOption("minimumEffect", minimumEffect, "in (-1,1)");
  if (!(power > 0 && power < 1)) throw invalidOption("power", power, "between 0 and 1");
  if (!(minEffectiveSampleSize >= 0))
    throw invalidOption("minEffectiveSampleSize", minEffectiveSampleSize, "at least 0");
  checkJudgedDecisions(rows);
  const spending = request.spending ? parseSpending(request.spending) : openSpending(request.riskLevel);
  const answer = (action: GateVerdict["action"], reason: string, more: Partial<GateVerdict> = {}): GateVerdict => ({
    action,
    reason,
    minimumEffect,
    spending,
    ...more,
  });
  if (rows.length === 0) {
    const needed = Math.ceil(2 * minEffectiveSampleSize);
    return answer("not-enough-data", `not enough data yet: no later decision; about ${needed} more`, { needed });
  }

  const gain = estimateGain(runRows(rows), { estimator: "dr" });
  const log = contestedRuns(rows);
  const perRun = rows.length / log.runs;
  const { unsupported, effectiveSampleSize } = gain.overlap;
  if (log.contested.length === 0) return answer("keep", "the challenger chooses as the champion does", { gain });
  if (unsupported > MAX_UNSUPPORTED)
    return answer(
      "unidentifiable",
      `unidentifiable: ${(100 * unsupported).toFixed(1)} % of the challenger's choices were never tried in the logs; let the decision point explore`,
      { gain },
    );

  const risk = riskShare(spending.riskLevel, spending.judgements + 1);
  const quantile = normalQuantile(1 - calibrated(risk, log));
  const wanted = (quantile + normalQuantile(power)) ** 2 / 2;
  const foreseen = Math.max(highest(forecastOfGain(log, minimumEffect)), plannedEvidence(log));
  const seenBefore = spending.last?.challenger === challenger ? spending.last.runs : 0;
  const missingRuns = Math.max(
    foreseen > 0 ? log.runs * (wanted / foreseen - 1) : log.runs,
    effectiveSampleSize > 0 ? log.runs * (minEffectiveSampleSize / effectiveSampleSize - 1) : log.runs,
    seenBefore * LOOK_GROWTH - log.runs,
  );
  const wait = (why: string, count: number, more: Partial<GateVerdict>): GateVerdict =>
    count < MOST_NEEDED
      ? answer("not-enough-data", `${why}: about ${count} more decisions`, { ...more, needed: count })
      : answer("not-enough-data", `${why}: too early to say how many more decisions it takes`, more);
  if (missingRuns > 0) return wait("not enough data yet", Math.ceil(missingRuns * perRun), { gain });

  const after = spend(spending, challenger, log.runs);
  const found = highest(evidenceOfGain(log, minimumEffect).logWealth);
  const proven = found >= quantile ** 2 / 2;
  const lowerBound = Math.max(proven ? minimumEffect : -1, lowerBoundOfGain(log, quantile ** 2 / 2));
  const judged = { gain, lowerBound, risk, spending: after };
  const numbers = `gain ${signed(gain.value)}, lower bound ${signed(lowerBound)} at risk ${risk.toPrecision(2)}`;
  if (proven) return answer("promote", `${numbers}, above ${minimumEffect}`, judged);
  const next = normalQuantile(1 - calibrated(riskShare(spending.riskLevel, after.judgements + 1), log));
  const hopeful = gain.value > minimumEffect && found > 0.1;
  if (!hopeful) return answer("keep", `${numbers}, not above ${minimumEffect}`, judged);
  const factor = Math.max(LOOK_GROWTH, (next + normalQuantile(power)) ** 2 / 2 / found);
  return wait(numbers, Math.ceil(rows.length * (factor - 1)), judged);
}

/** Halvings of the range of gains: the lower bound is found to 0.0005. */
const BISECTIONS = 12;

/** Largest threshold that the evidence rules out (`required` log wealth), found by bisection. */
function lowerBoundOfGain(log: ContestedRuns, required: number): number {
  let low = -0.999;
  let high = 0.999;
  if (highest(evidenceOfGain(log, low).logWealth) < required) return -1;
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (highest(evidenceOfGain(log, middle).logWealth) >= required) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * The level to judge at for a true error rate of `risk`. Against its chi-squared limit the empirical
 * likelihood was measured to err up to 1.8 times as often with about 7 rows of the largest weight
 * and 1.2 times with 30; 1 + 6 / rows covers that. The rows are counted as sum w^2 / max w^2, from
 * the propensities alone.
 */
function calibrated(risk: number, log: ContestedRuns): number {
  let squares = 0;
  let largest = 0;
  for (const { runs, size } of log.contested) {
    const weight = runs.reduce((sum, run) => sum + run.weight * leverOf(run), 0);
    const square = (weight / size) ** 2;
    squares += square;
    largest = Math.max(largest, square);
  }
  const heavyRows = largest > 0 ? squares / largest : 1;
  return risk / (1 + 6 / heavyRows);
}

/** What a run's reward counts for in the gain. */
function leverOf({ decisions, joint }: ContestedRun): number {
  if (joint) return joint.target - joint.baseline;
  return decisions.reduce((sum, c) => {
    const i = c.at.indexOf(c.chosen);
    const p = i < 0 ? 0 : c.p[i];
    return p > 0 ? sum + c.d[i] / p : sum;
  }, 0);
}

/** Log evidence to expect for an effect of {@link PLANNED_EFFECT}, from the propensities and weights alone. */
function plannedEvidence(log: ContestedRuns): number {
  let variance = 0;
  let total = 0;
  for (const [weight, count] of log.agreed) total += weight * count;
  for (const { runs, size, weight: sum } of log.contested) {
    total += sum / size;
    for (const { joint, decisions, weight } of runs) {
      const lever = (weight / size) ** 2;
      if (joint) variance += 0.25 * lever * (joint.squares.target + joint.squares.baseline);
      else
        for (const c of decisions)
          c.d.forEach((d, i) => {
            const p = c.p[i];
            if (p > 0) variance += (0.25 * lever * d * d) / p;
          });
    }
  }
  return variance > 0 ? (total * PLANNED_EFFECT) ** 2 / (2 * variance) : 0;
}

/** Largest of the values, and at least zero. */
export function highest(values: Float64Array): number {
  return values.reduce((m, v) => Math.max(m, v), 0);
}

function signed(value: number): string {
  return `${value >= 0 ? "+" : ""}${value.toFixed(3)}`;
}
