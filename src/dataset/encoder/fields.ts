import type { ContextValue } from "../../core/index.js";

/** How one field of a context is encoded; plain JSON, part of the encoder's snapshot. */
export type FieldPlan = NumberPlan | BooleanPlan | CategoryPlan | TextPlan | VectorPlan;

/** A number, centred and scaled by robust statistics, after `log(1 + x)` where the tail is long; cut at 4. */
export interface NumberPlan {
  kind: "number";
  name: string;
  log: boolean;
  center: number;
  scale: number;
}

export interface BooleanPlan {
  kind: "boolean";
  name: string;
}

/** One position for each value seen at fitting, and {@link CATEGORY_BUCKETS} shared by all others. */
export interface CategoryPlan {
  kind: "category";
  name: string;
  values: string[];
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
}

/** A vector of numbers of one length, each component like a number without the logarithm. */
export interface VectorPlan {
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
    case "category":
      return plan.values.length + CATEGORY_BUCKETS + 1;
    case "text":
      return plan.vocabulary.length + plan.buckets + 1;
    case "vector":
      return plan.centers.length + 1;
  }
}

/** The name of the `at`-th position of a field. */
export function positionName(plan: FieldPlan, at: number): string {
  if (at === widthOf(plan) - 1) return `${plan.name} is missing`;
  switch (plan.kind) {
    case "number":
    case "boolean":
      return plan.name;
    case "category":
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

/** The number a value stands for; undefined for anything that is no finite number. */
export function finite(value: ContextValue | undefined): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
