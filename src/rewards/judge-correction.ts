import { checkArgument } from "../core/arguments.js";
import { LearningError } from "../core/index.js";
import { backwardSolve, cholesky, forwardSolve, gram } from "../math/linear-algebra.js";
import { meanError } from "../math/mean-error.js";

/** A judge's score beside the mean human judgement of the same run, both in [0,1]. */
export interface JudgedPair {
  judge: number;
  human: number;
  /** Tokens or characters of what was judged, in one unit for all pairs. */
  outputLength?: number;
  /** Share of formatted lines in what was judged, in [0,1]; see `formattingOf`. */
  formatting?: number;
}

/** How often a judge calls a run good (0.5 or more) where people do, and where they do not. */
export interface JudgeAgreement {
  /** Share of runs that both call the same. */
  share: number;
  /** The same beyond chance (Cohen, 1960): 1 is full agreement, 0 what chance gives. Absent where nothing varies. */
  kappa?: number;
  /** Share of the runs people call bad that the judge calls good. Absent without such runs. */
  falsePositives?: number;
  /** Share of the runs people call good that the judge calls bad. Absent without such runs. */
  falseNegatives?: number;
}

/** How a judge differs from people, and the correction that follows. */
export interface JudgeCorrection {
  pairs: number;
  /** Mean of judge minus human. */
  bias: number;
  /** How much of a difference between runs, as the judge sees it, people see as well. */
  slope: number;
  /**
   * What is to be added to the judge's (scaled) score for each doubling of the output: negative for a judge that
   * likes long answers better than people do. Zero where taking it out did not help out of fold, or lengths are unknown.
   */
  perDoubling: number;
  /** The same for an output of formatted lines only (headings, lists, tables, bold) against one without any. */
  perFormatting: number;
  /** Root mean squared error out of fold: raw, corrected, and of the human mean alone. */
  rmse: { raw: number; corrected: number; mean: number };
  /** Good and bad by the judge and by people: as it scores, and corrected, out of fold. */
  agreement: { raw: JudgeAgreement; corrected: JudgeAgreement };
  /**
   * Whether the corrected judge predicts people better than their mean does, out of fold, by more than chance makes
   * of one that knows nothing. Otherwise leave it out.
   */
  helps: boolean;
  /** The judge's score as people would have given it, in [0,1]; what is unknown of the output counts as usual. */
  correct(score: number, outputLength?: number, formatting?: number): number;
}

const FOLDS = 10;
const LEAST_PAIRS = 20;
const GOOD = 0.5;
/** Standard errors that a judge must be ahead by: at half of one, a judge that knows nothing is in one case of twenty. */
const AHEAD = 0.5;

type Covariate = "length" | "formatting";
/** What may be taken out besides level and spread; later ones only where they help more. */
const CHOICES: readonly (readonly Covariate[])[] = [[], ["length"], ["formatting"], ["length", "formatting"]];

/**
 * Measures a judge's bias on the runs that both judge and people scored, and corrects it by linear
 * calibration. A liking for long outputs (Zheng et al., 2023) and for formatted ones is corrected beside it, where
 * the pairs say how long and formatted the outputs were and it helps out of fold.
 * @throws REWARD_INVALID with fewer than 20 pairs, or scores that are no numbers
 * @example const { bias, agreement } = fitJudgeCorrection(judgedPairs);
 */
export function fitJudgeCorrection(pairs: readonly JudgedPair[]): JudgeCorrection {
  checkArgument(pairs, "pairs", "objects", "REWARD_INVALID");
  const isScore = (value: number) => value >= 0 && value <= 1;
  const wrong = pairs.find((p) => !(isScore(p.judge) && isScore(p.human)));
  if (wrong)
    throw new LearningError("REWARD_INVALID", {
      received: `the pair judge ${wrong.judge}, human ${wrong.human}`,
      expected: "two numbers in [0,1]",
      remedy: "Leave runs out that one of them did not score.",
    });
  if (pairs.length < LEAST_PAIRS)
    throw new LearningError("REWARD_INVALID", {
      received: `${pairs.length} runs that judge and people scored`,
      expected: `at least ${LEAST_PAIRS}`,
      remedy: "Have people rate more of the judged runs.",
    });
  const foldOf = (i: number) => i % FOLDS;
  const training = Array.from({ length: FOLDS }, (_, k) => pairs.filter((_, j) => foldOf(j) !== k));
  const people = pairs.map((p) => p.human);
  const meanOf = (of: (p: JudgedPair) => number) => pairs.reduce((a, p) => a + of(p), 0) / pairs.length;
  const rmse = (predicted: readonly number[]) =>
    Math.sqrt(predicted.reduce((a, v, i) => a + (v - people[i]) ** 2, 0) / pairs.length);
  const tried = CHOICES.flatMap((covariates) => {
    const whole = fitLine(pairs, covariates);
    if (!whole) return [];
    const folds = training.map((others) => fitLine(others, covariates) ?? (fitLine(others, []) as Line));
    const outOfFold = pairs.map((p, i) => folds[foldOf(i)].at(p.judge, p.outputLength, p.formatting));
    return [{ whole, outOfFold, rmse: rmse(outOfFold) }];
  });
  const square = (predicted: readonly number[], i: number) => (predicted[i] - people[i]) ** 2;
  const gainsOf = (now: readonly number[], before: readonly number[]) =>
    people.map((_, i) => square(before, i) - square(now, i));
  const best = tried.reduce((a, b) => (isAhead(gainsOf(b.outOfFold, a.outOfFold)) ? b : a));
  const means = training.map((others) => others.reduce((a, p) => a + p.human, 0) / others.length);
  const raw = pairs.map((p) => p.judge);
  const byMean = pairs.map((_, i) => means[foldOf(i)]);
  const error = { raw: rmse(raw), corrected: best.rmse, mean: rmse(byMean) };
  return {
    pairs: pairs.length,
    bias: meanOf((p) => p.judge) - meanOf((p) => p.human),
    slope: best.whole.slope,
    perDoubling: best.whole.per.length ?? 0,
    perFormatting: best.whole.per.formatting ?? 0,
    rmse: error,
    agreement: { raw: agreementOf(raw, people), corrected: agreementOf(best.outOfFold, people) },
    helps: isAhead(gainsOf(best.outOfFold, byMean)),
    correct: best.whole.at,
  };
}

/** Whether what is gained is above zero by more than luck. */
function isAhead(gains: readonly number[]): boolean {
  const { mean, error } = meanError(gains);
  return mean > Math.max(1e-12, AHEAD * error);
}

function agreementOf(judged: readonly number[], people: readonly number[]): JudgeAgreement {
  const n = people.length;
  const good = (values: readonly number[]) => values.filter((v) => v >= GOOD).length;
  const both = (judge: boolean, human: boolean) =>
    people.filter((h, i) => h >= GOOD === human && judged[i] >= GOOD === judge).length;
  const [liked, passed] = [good(people), good(judged)];
  const share = (both(true, true) + both(false, false)) / n;
  const chance = (liked * passed + (n - liked) * (n - passed)) / n ** 2;
  return {
    share,
    ...(chance < 1 && { kappa: (share - chance) / (1 - chance) }),
    ...(liked < n && { falsePositives: both(true, false) / (n - liked) }),
    ...(liked > 0 && { falseNegatives: both(false, true) / liked }),
  };
}

/** A fitted line of what people say by what the judge says, and by what its outputs look like. */
interface Line {
  slope: number;
  per: Partial<Record<Covariate, number>>;
  at(score: number, outputLength?: number, formatting?: number): number;
}

const known = (value: number | undefined): value is number => value !== undefined && value >= 0;
const doublings = (length: number) => Math.log2(1 + length);

/**
 * Least squares of the human on the judge's score and covariates; undefined where a covariate is known of few
 * outputs, or tells no more than the others do.
 */
function fitLine(pairs: readonly JudgedPair[], covariates: readonly Covariate[]): Line | undefined {
  const n = pairs.length;
  const centre = (values: readonly number[]) => values.reduce((a, v) => a + v, 0) / Math.max(1, values.length);
  const judge = centre(pairs.map((p) => p.judge));
  const human = centre(pairs.map((p) => p.human));
  const lengths = pairs.flatMap((p) => (known(p.outputLength) ? [doublings(p.outputLength)] : []));
  const formats = pairs.flatMap((p) => (known(p.formatting) ? [p.formatting] : []));
  const usual = { length: centre(lengths), formatting: centre(formats) };
  const counts = { length: lengths.length, formatting: formats.length };
  if (covariates.some((c) => counts[c] < LEAST_PAIRS / 2)) return undefined;
  // What is unknown of an output counts as usual.
  const deviation = (c: Covariate, outputLength?: number, formatting?: number) => {
    const value = c === "length" ? (known(outputLength) ? doublings(outputLength) : undefined) : formatting;
    return known(value) ? value - usual[c] : 0;
  };
  const rowOf = (score: number, outputLength?: number, formatting?: number) =>
    Float64Array.of(score - judge, ...covariates.map((c) => deviation(c, outputLength, formatting)));
  const rows = pairs.map((p) => rowOf(p.judge, p.outputLength, p.formatting));
  const d = covariates.length + 1;
  const a = gram(rows, d);
  const scale = Array.from({ length: d }, (_, j) => Math.sqrt(a[j * d + j] / n));
  let weights: readonly number[] = [0];
  // Beside the rounding of a mean: a judge that always says the same.
  if (d === 1) weights = [scale[0] > 1e-9 ? dot(rows, 0, pairs, human) / a[0] : 0];
  else {
    // Scaled to correlations, so that what no longer tells two columns apart is one number for all.
    const l = cholesky(
      a.map((v, k) => v / (n * scale[Math.floor(k / d)] * scale[k % d])),
      d,
    );
    if (!l || scale.some((s, j) => !(s > 1e-9 && l[j * d + j] ** 2 > 1e-6))) return undefined;
    const right = scale.map((s, j) => dot(rows, j, pairs, human) / (n * s));
    weights = Array.from(backwardSolve(l, d, forwardSolve(l, d, right)), (w, j) => w / scale[j]);
  }
  return {
    slope: weights[0],
    per: Object.fromEntries(covariates.map((c, j) => [c, weights[j + 1]])),
    at(score, outputLength, formatting) {
      const row = rowOf(score, outputLength, formatting);
      return Math.min(
        1,
        Math.max(
          0,
          row.reduce((sum, v, j) => sum + weights[j] * v, human),
        ),
      );
    },
  };
}

function dot(rows: readonly Float64Array[], column: number, pairs: readonly JudgedPair[], human: number): number {
  return rows.reduce((sum, row, i) => sum + row[column] * (pairs[i].human - human), 0);
}
