import { logGamma } from "../math/beta.js";
import { normalTail } from "../math/normal.js";

/** How many of a group's runs could have been rated, and how many were. */
export interface AnswerGroup {
  name: string;
  asked: number;
  answered: number;
}

/** Whether groups answer alike. Plain JSON. */
export interface AnswerComparison {
  groups: AnswerGroup[];
  /** Chance of so large a difference if all answered alike (Pearson 1900), in [0,1]; 1 where there is too little to compare. */
  pValue: number;
  /** Set where they do not answer alike: who answers may then decide what is found. */
  warning?: string;
}

/** Smaller groups are left out: their rates say nothing yet. */
const LEAST_ASKED = 10;
/** Below this chance, and with a difference of at least so much, answers count as different. */
const DIFFERENT = { pValue: 0.01, rate: 0.1 };

/**
 * Sample-ratio test of answering given asking: inverse probabilities put right who was asked, and nothing
 * puts right who answers. Where one group's unhappy stay silent, what is left of it looks better than it is.
 * @param what the groups are, as in "destinations"
 */
export function compareAnswers(groups: readonly AnswerGroup[], what: string): AnswerComparison {
  const compared = groups.filter((g) => g.asked >= LEAST_ASKED);
  const pValue = homogeneity(compared);
  const unlike = unlikeRates(compared, pValue);
  if (unlike === undefined) return { groups: compared, pValue };
  return {
    groups: compared,
    pValue,
    warning: `${what} are not answered alike ${unlike}: who answers may decide what is found`,
  };
}

/**
 * The same test of amounts (costs, durations) that are known of some runs only: where those of one group stay unknown
 * when they are large, what is left of it looks cheaper than it is.
 * @returns in words where they are not known alike
 */
export function compareKnown(groups: readonly AnswerGroup[], what: string): string | undefined {
  const compared = groups.filter((g) => g.asked >= LEAST_ASKED);
  const unlike = unlikeRates(compared, homogeneity(compared));
  return unlike && `${what} is not known alike ${unlike}: which are known may decide what is found`;
}

function unlikeRates(compared: readonly AnswerGroup[], pValue: number): string | undefined {
  const rate = (g: AnswerGroup) => g.answered / g.asked;
  const sorted = [...compared].sort((a, b) => rate(b) - rate(a));
  const [most, least] = [sorted[0], sorted.at(-1)];
  if (!most || !least || pValue >= DIFFERENT.pValue || rate(most) - rate(least) < DIFFERENT.rate) return undefined;
  const words = (g: AnswerGroup) => `${percent(rate(g))} of ${g.asked} for ${g.name}`;
  const chance = pValue < 1e-9 ? "below 1e-9" : pValue.toPrecision(1);
  return `(${words(most)}, ${words(least)}; chance ${chance})`;
}

/** Pearson's chi-squared test that all groups answer at one rate; 1 where there is nothing to tell them apart. */
export function homogeneity(groups: readonly Pick<AnswerGroup, "asked" | "answered">[]): number {
  const asked = groups.reduce((s, g) => s + g.asked, 0);
  const answered = groups.reduce((s, g) => s + g.answered, 0);
  const k = groups.length - 1;
  if (k < 1 || answered === 0 || answered === asked) return 1;
  const rate = answered / asked;
  const statistic = groups.reduce((s, g) => s + (g.answered - rate * g.asked) ** 2 / (g.asked * rate * (1 - rate)), 0);
  return chiSquaredTail(statistic, k);
}

/** Upper tail by Q(x, k) = Q(x, k - 2) + (x / 2)^(k / 2 - 1) exp(-x / 2) / Gamma(k / 2) (Abramowitz & Stegun 26.4.8). */
function chiSquaredTail(x: number, k: number): number {
  if (x <= 0) return 1;
  let tail = k % 2 ? 2 * normalTail(Math.sqrt(x)) : Math.exp(-x / 2);
  for (let df = k % 2 ? 3 : 4; df <= k; df += 2)
    tail += Math.exp((df / 2 - 1) * Math.log(x / 2) - x / 2 - logGamma(df / 2));
  return Math.min(1, tail);
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
