import { textToFind } from "../facts.js";
import type { FactKind, FactQuery } from "../learning-store.js";
import { columnValue } from "./row.js";
import { edgeTerm, failureTerm, textTerms } from "./terms.js";

/** Takes a value and names its parameter. */
export type Place = (value: unknown) => string;

/** What is looked for from the newest fact on: first through what is new, and, where that has little of it, by index. */
export interface Sought {
  /** True for each row of the table `t` that may hold it. */
  test(place: Place): string;
  /** The same as an index answers it; absent where none can. */
  indexed?(place: Place): string;
}

/** What of a query is looked for. */
export function soughtOf(kind: FactKind, query: FactQuery): Sought | undefined {
  const parts: Sought[] = [];
  const both = (condition: (place: Place) => string) => parts.push({ test: condition, indexed: condition });
  const { text, took, failedIn, valueFrom, valueTo } = query;
  if (kind === "trace" && took !== undefined) both((place) => hasTerms([edgeTerm(took)], place));
  if (kind === "trace" && failedIn !== undefined) both((place) => hasTerms([failureTerm(failedIn)], place));
  if (kind === "feedback" && valueFrom !== undefined) both((place) => `t.high >= ${place(valueFrom - ROUNDED)}::real`);
  if (kind === "feedback" && valueTo !== undefined) both((place) => `t.low <= ${place(valueTo + ROUNDED)}::real`);
  if (text !== undefined) parts.push(ofText(kind, text));
  if (parts.length === 0) return undefined;
  return {
    test: (place) => parts.map((part) => part.test(place)).join(" AND "),
    ...(parts.some((part) => part.indexed) && {
      indexed: (place) => parts.map((part) => (part.indexed ?? part.test)(place)).join(" AND "),
    }),
  };
}

/** The columns have single precision. */
const ROUNDED = 1e-6;

const hasTerms = (terms: readonly number[], place: Place): string => `t.terms @> ${place(terms)}::int[]`;

/** What a pattern of LIKE takes as it stands. */
const literally = (text: string) => text.replace(/[\\%_]/g, "\\$&");

/** As much of the beginning of an id as each column holds as it is. */
const BEGINNING = 300;

/** A text: in the tags and the metadata of a trace and at the beginning of its ids; where it is too short, anywhere. */
function ofText(kind: FactKind, text: string): Sought {
  const terms = kind === "trace" ? textTerms(text) : undefined;
  if (!terms) {
    const wanted = textToFind(text);
    return { test: (place) => (wanted ? `t.body ILIKE ${place(`%${literally(wanted)}%`)}` : "true") };
  }
  const beginnings = [...new Set([text, text.toLowerCase()])].map((one) => columnValue(one.slice(0, BEGINNING)));
  const condition = (place: Place) => {
    const ids = beginnings.flatMap((beginning) => {
      const pattern = place(`${literally(beginning)}%`);
      return ["workflow_id", "thread_id", "user_id"].map((column) => `t.${column} LIKE ${pattern}`);
    });
    return `(${[hasTerms(terms, place), ...ids].join(" OR ")})`;
  };
  return { test: condition, indexed: condition };
}
