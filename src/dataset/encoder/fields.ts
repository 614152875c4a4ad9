import type { ContextValue } from "../../core/index.js";

/** How one field of a context is encoded; plain JSON, part of the encoder's snapshot. */
export type FieldPlan =
  | NumberPlan
  | LevelsPlan
  | BooleanPlan
  | CategoryPlan
  | CodePlan
  | DatePlan
  | TextPlan
  | VectorPlan;

/** A number, centred and scaled by robust statistics, after `log(1 + x)` where the tail is long; cut at 4. */
export interface NumberPlan {
  kind: "number";
  name: string;
  log: boolean;
  center: number;
  scale: number;
  /** What stands for "unknown" among the values (-999): read as missing. */
  placeholder?: number;
}

/** Whole numbers: their size as of a number, and a position for each that was seen at fitting. */
export interface LevelsPlan {
  kind: "levels";
  name: string;
  center: number;
  scale: number;
  levels: number[];
}

interface BooleanPlan {
  kind: "boolean";
  name: string;
}

/** One position for each value seen at fitting, and {@link CATEGORY_BUCKETS} shared by all others. */
export interface CategoryPlan {
  kind: "category";
  name: string;
  values: string[];
}

/** A category of the letters that a code begins with. */
export interface CodePlan {
  kind: "code";
  name: string;
  values: string[];
}

/** Hour of the day as sine and cosine, and one position for each day of the week, both in UTC. */
interface DatePlan {
  kind: "date";
  name: string;
}

/**
 * Text as a bag of tokens with weights (1 + log count) * idf, the whole scaled to length one. Frequent
 * tokens have a position of their own, all others share `buckets` hashed ones.
 */
export interface TextPlan {
  kind: "text";
  name: string;
  /** Whether runs of characters count as well as words and pairs; on for short texts. */
  grams: boolean;
  maxChars: number;
  buckets: number;
  /** Inverse document frequency of the tokens that are not in the vocabulary. */
  otherIdf: number;
  vocabulary: { token: string; hash: number; idf: number }[];
  /** What sums the text up in a few numbers; absent in encoders of release 0.1. */
  summary?: TextSummary;
}

/** Topics and shape of a text, each a number of about the size of a standardised one. */
export interface TextSummary {
  /** Number of topics. */
  topics: number;
  /** Per topic: what its direction is multiplied by, and the mean score that is then taken away. */
  scales: number[];
  centers: number[];
  /** Weight of each token of the vocabulary in each topic: signed bytes, token by token, in base64. */
  directions: string;
  /** Centre and scale of each measure of {@link SHAPES}. */
  shape: { center: number; scale: number }[];
}

/** What is measured of a text beside its words. */
export const SHAPES = ["length", "digits", "capitals", "symbols", "lines"] as const;
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
/** Positions of a date before its missing indicator. */
const DATE_POSITIONS = 2 + DAYS.length;

/** A vector of numbers of one length, each component like a number without the logarithm. */
interface VectorPlan {
  kind: "vector";
  name: string;
  centers: number[];
  scales: number[];
}

/** Hashed positions of a category for values that fitting did not see. */
export const CATEGORY_BUCKETS = 8;
/** Standardised numbers are cut at this many standard deviations. */
export const CUT = 4;

/** Positions a field takes, its missing indicator (the last one) included. */
export function widthOf(plan: FieldPlan): number {
  switch (plan.kind) {
    case "number":
    case "boolean":
      return 2;
    case "levels":
      return 1 + plan.levels.length + 1;
    case "date":
      return DATE_POSITIONS + 1;
    case "category":
    case "code":
      return plan.values.length + CATEGORY_BUCKETS + 1;
    case "text":
      return summaryWidth(plan) + plan.vocabulary.length + plan.buckets + (plan.summary ? 0 : 1);
    case "vector":
      return plan.centers.length + 1;
  }
}

/** Positions of a text's topics, shape and missing indicator, which stand before the words of all texts. */
export function summaryWidth(plan: TextPlan): number {
  return plan.summary ? plan.summary.topics + SHAPES.length + 1 : 0;
}

/** The name of the `at`-th position of a text's summary. */
export function summaryName(plan: TextPlan, at: number): string {
  const topics = plan.summary?.topics ?? 0;
  if (at < topics) return `${plan.name}: topic ${at + 1}`;
  return at === summaryWidth(plan) - 1 ? `${plan.name} is missing` : `${plan.name}: ${SHAPES[at - topics]}`;
}

/** The name of the `at`-th position of a field; of a text, of its words. */
export function positionName(plan: FieldPlan, at: number): string {
  if (plan.kind !== "text" || !plan.summary) if (at === widthOf(plan) - 1) return `${plan.name} is missing`;
  switch (plan.kind) {
    case "number":
    case "boolean":
      return plan.name;
    case "levels":
      return at === 0 ? plan.name : `${plan.name} = ${plan.levels[at - 1]}`;
    case "date":
      return at < 2 ? `${plan.name}: hour (${at === 0 ? "sine" : "cosine"})` : `${plan.name}: ${DAYS[at - 2]}`;
    case "category":
    case "code":
      return at < plan.values.length
        ? `${plan.name} = ${plan.values[at]}`
        : `${plan.name}: other values #${at - plan.values.length}`;
    case "text": {
      const entry = plan.vocabulary[at];
      return entry ? `${plan.name}: '${entry.token}'` : `${plan.name}: rare words #${at - plan.vocabulary.length}`;
    }
    case "vector":
      return `${plan.name}[${at}]`;
  }
}

/**
 * A number as text, with a sign of currency or per cent, and thousands set apart by commas. Leading zeros are those of
 * codes, and more digits than a number holds those of identifiers.
 */
const NUMERAL =
  /^\s*(-?)[$€£¥]?\s?((?:0|[1-9]\d{0,14}|[1-9]\d{0,2}(?:,\d{3}){1,4})(?:\.\d+)?(?:e[+-]?\d{1,3})?)\s?[$€£¥%]?\s*$/i;

/** The number a value stands for, also where it is written as text; undefined for anything that is no finite number. */
export function finite(value: ContextValue | undefined): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  const [, sign, digits] = (typeof value === "string" && NUMERAL.exec(value)) || [];
  const x = Number(`${sign}${digits?.replaceAll(",", "")}`);
  return Number.isFinite(x) ? x : undefined;
}

const YES = /^\s*(?:true|1)\s*$/i;
const NO = /^\s*(?:false|0)\s*$/i;

/** The yes or no a value stands for. */
export function truthOf(value: ContextValue | undefined): boolean | undefined {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return value === 1 ? true : value === 0 ? false : undefined;
  if (typeof value !== "string") return undefined;
  return YES.test(value) ? true : NO.test(value) ? false : undefined;
}
