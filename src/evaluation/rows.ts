import { checkArgument } from "../core/arguments.js";
import { LearningError, show } from "../core/index.js";

/** What is read of a judged decision. */
export const ROW = { chosen: "number", logging: "list", target: "list", baseline: "list" } as const;

/**
 * One logged decision with everything that proof needs: what was drawn, from which distribution,
 * what came of it, and what the judged policies would have done. Arrays are aligned with the
 * candidates.
 */
export interface JudgedDecision {
  /** In [0,1]. */
  reward: number;
  /** Index of the candidate that was taken. */
  chosen: number;
  /** The distribution the choice was drawn from (`Decision.probabilities`). */
  logging: ArrayLike<number>;
  /** The judged policy's distribution. */
  target: ArrayLike<number>;
  /** The distribution of the policy it is compared with; all of it on the fallback's choice, say. */
  baseline: ArrayLike<number>;
  /** Predicted reward of each candidate in [0,1], by a model fitted on earlier data. Default 0.5. */
  model?: ArrayLike<number>;
  /** The run the decision belongs to. What a policy changes in one run is judged together, by what the run earned. */
  run?: string;
  /** What counts as one independent piece of evidence, a person say; default the run. */
  cluster?: string;
  /**
   * Set where one draw for the whole run decided whose distribution its choices come from: the probability that
   * it was the target's, in (0,1), else the baseline's. Absent where every decision was drawn by itself.
   */
  byRun?: number;
  /**
   * Inverse of the probability with which this run came to be rated, at least 0; the same for all decisions of a
   * run. Default 1. Set (even to 1) wherever people were asked by chance, so that sequential bets know that other
   * runs may weigh up to `MOST_WEIGHT`.
   */
  weight?: number;
}

/** One logged decision reduced to the numbers the estimators use. */
export interface OpeRow {
  /** In [0,1]. */
  reward: number;
  /** Probability with which the choice was drawn, at least 1e-12. */
  propensity: number;
  /** Probability with which the judged policy would have made the same choice. */
  target: number;
  /** The same for the policy it is compared with; needed for gains. */
  baseline?: number;
  /** Predicted rewards: of the choice made, and expected under the judged and the compared policy. */
  model?: { chosen: number; target: number; baseline?: number };
  /** Probability the judged policy gives to candidates that the logging policy never takes here. */
  unsupported?: number;
  run?: string;
  /** As in {@link JudgedDecision}: estimates are then self-normalised by it. */
  weight?: number;
  /** Decisions whose probabilities are multiplied in it, where it stands for a whole run. */
  decisions?: number;
}

/**
 * A candidate with a smaller logged probability counts as never tried: it would take a million decisions
 * to see it once, and one such row would outweigh all others.
 */
export const LEAST_TRIED = 1e-6;
/** Smallest propensity whose weight, to the fourth power, still adds up in double precision. */
const LEAST_PROPENSITY = 1e-12;

/** Neither right nor wrong about anything: the prediction where no model was given. */
const NO_MODEL = 0.5;

/** The predicted reward of candidate `a`. */
export function predicted(row: JudgedDecision, a: number): number {
  return row.model ? row.model[a] : NO_MODEL;
}

/**
 * The estimators' view of a judged decision. Candidates that the logs never show (see
 * {@link LEAST_TRIED}) are worth nothing to the target and everything to the baseline, so that a gain is
 * never owed to them.
 * @example
 * ```ts
 * const { propensity, target } = toOpeRow({
 *   reward: 1, chosen: 0, logging: [0.95, 0.05], target: [0.1, 0.9], baseline: [1, 0],
 * });
 * propensity; // 0.95
 * target; // 0.1
 * ```
 */
export function toOpeRow(row: JudgedDecision): OpeRow {
  checkArgument(row, "row", ROW, "EVALUATION_INVALID");
  let target = 0;
  let baseline = 0;
  let unsupported = 0;
  for (let a = 0; a < row.logging.length; a++) {
    const t = row.target[a];
    const b = row.baseline[a];
    const tried = row.logging[a] >= LEAST_TRIED;
    if (!tried) unsupported += t;
    target += tried ? t * predicted(row, a) : 0;
    baseline += tried ? b * predicted(row, a) : b;
  }
  const propensity = row.logging[row.chosen];
  const counts = propensity >= LEAST_TRIED;
  return {
    reward: row.reward,
    propensity: Math.max(propensity, LEAST_TRIED),
    target: counts ? row.target[row.chosen] : 0,
    baseline: counts ? row.baseline[row.chosen] : 0,
    model: { chosen: predicted(row, row.chosen), target, baseline },
    unsupported,
    ...(clusterOf(row) !== undefined && { run: clusterOf(row) }),
    ...(row.weight !== undefined && { weight: row.weight }),
  };
}

/** What the decision's evidence is counted under: its cluster, else its run. */
export function clusterOf(row: Pick<JudgedDecision, "cluster" | "run">): string | undefined {
  return row.cluster ?? row.run;
}

/** Fails with EVALUATION_INVALID, naming the row, on anything the estimators cannot use. */
export function checkOpeRows(rows: readonly OpeRow[], needs: { baseline: boolean; model: boolean }): void {
  rows.forEach((row, i) => {
    const refuse = (field: string, value: unknown, expected: string) => {
      throw invalidRow(i, field, value, expected);
    };
    if (!inUnit(row.reward)) refuse("reward", row.reward, "a number in [0,1]");
    if (!(inUnit(row.propensity) && row.propensity >= LEAST_PROPENSITY))
      refuse("propensity", row.propensity, `a number in [${LEAST_PROPENSITY},1]`);
    if (!inUnit(row.target)) refuse("target", row.target, "a probability");
    checkWeight(row.weight, refuse);
    if (row.unsupported !== undefined && !inUnit(row.unsupported))
      refuse("unsupported", row.unsupported, "a probability");
    if (row.decisions !== undefined && !(row.decisions >= 1 && Number.isInteger(row.decisions)))
      refuse("decisions", row.decisions, "a whole number of at least 1");
    if (row.run !== undefined && typeof row.run !== "string") refuse("run", row.run, "a text");
    if (needs.baseline && !inUnit(row.baseline)) refuse("baseline", row.baseline, "a probability");
    if (!needs.model) return;
    if (!Number.isFinite(row.model?.chosen) || !Number.isFinite(row.model?.target))
      refuse("model", row.model, "predictions of the choice and of the target policy");
    if (needs.baseline && !Number.isFinite(row.model?.baseline))
      refuse("model", row.model, "a prediction of the baseline policy");
  });
}

/** Fails with EVALUATION_INVALID, naming the row, unless every distribution is one. */
export function checkJudgedDecisions(rows: readonly JudgedDecision[]): void {
  rows.forEach((row, i) => {
    const refuse = (field: string, value: unknown, expected: string) => {
      throw invalidRow(i, field, value, expected);
    };
    for (const field of ["logging", "target", "baseline", "model"] as const)
      if (!isList(row[field]) && (field !== "model" || row.model !== undefined))
        refuse(field, row[field], "a list of numbers, one per candidate");
    const k = row.logging.length;
    if (!inUnit(row.reward)) refuse("reward", row.reward, "a number in [0,1]");
    checkWeight(row.weight, refuse);
    if (row.byRun !== undefined && !(inUnit(row.byRun) && row.byRun > 0 && row.byRun < 1))
      refuse("byRun", row.byRun, "a probability in (0,1)");
    if (!(Number.isInteger(row.chosen) && row.chosen >= 0 && row.chosen < k))
      refuse("chosen", row.chosen, `an index below ${k}`);
    for (const field of ["logging", "target", "baseline"] as const) {
      const values = row[field];
      let sum = 0;
      let fine = values.length === k;
      for (let a = 0; a < values.length; a++) {
        sum += values[a];
        if (!inUnit(values[a])) fine = false;
      }
      if (!fine || Math.abs(sum - 1) > 1e-6) refuse(field, Array.from(values), `${k} probabilities that sum to one`);
    }
    if (!(row.logging[row.chosen] > 0))
      refuse("logging", Array.from(row.logging), "a positive probability of the choice made");
    if (row.model && !(row.model.length === k && Array.from(row.model).every(inUnit)))
      refuse("model", Array.from(row.model), `${k} predictions in [0,1]`);
  });
}

function checkWeight(
  weight: number | undefined,
  refuse: (field: string, value: unknown, expected: string) => void,
): void {
  if (weight !== undefined && !(weight >= 0 && Number.isFinite(weight)))
    refuse("weight", weight, "a finite number of at least 0");
}

const isList = (value: unknown) => Array.isArray(value) || ArrayBuffer.isView(value);

function inUnit(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value <= 1 + 1e-9;
}

function invalidRow(index: number, field: string, value: unknown, expected: string): LearningError {
  return new LearningError("EVALUATION_INVALID", {
    received: `${field} ${show(value)} in row ${index}`,
    expected,
    remedy: "Leave out decisions without a known propensity or reward, and correct the rest.",
  });
}
