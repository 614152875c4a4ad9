import { checkArgument, textArgument } from "../core/arguments.js";
import type { Decision, FeedbackRecord, TraceSegment } from "../core/index.js";
import { LearningError, show } from "../core/index.js";
import type { ErasureSelector, FactKind, FactQuery, FactTypes } from "./learning-store.js";

/** The kinds of facts, in the order in which reports list them. */
export const FACT_KINDS: readonly FactKind[] = ["trace", "decision", "feedback"];

/** The fields that a query names exactly. Their order is that of the columns of a segment's index: append only. */
export const EXACT_FIELDS = [
  "workflowId",
  "workflowType",
  "threadId",
  "userId",
  "decisionPoint",
  "status",
  "chosen",
  "policyVersion",
] as const;

/** The fields of a fact that queries look at; those it lacks are undefined. */
export interface FactKeys extends Pick<FactQuery, Exclude<(typeof EXACT_FIELDS)[number], "workflowId">> {
  /** ISO 8601: a trace's start, a decision's or a feedback's own moment. */
  at: string;
  workflowId: string;
}

/** The queryable fields of any fact. */
export function keysOf(kind: FactKind, fact: FactTypes[FactKind]): FactKeys {
  const { workflowId, workflowType, threadId } = fact;
  if (kind === "trace") {
    const { startedAt, userId, status } = fact as TraceSegment;
    return { at: startedAt, workflowId, workflowType, threadId, userId, status };
  }
  if (kind === "decision") {
    const { at, decisionPoint, userId, chosen, policyVersion } = fact as Decision;
    return { at, workflowId, workflowType, threadId, userId, decisionPoint, chosen, policyVersion };
  }
  const { at, userId } = fact as FeedbackRecord;
  return { at, workflowId, workflowType, threadId, userId };
}

/** The run that a judgement compares its own with; undefined where it compares none. */
export function comparedRunOf(kind: FactKind, fact: FactTypes[FactKind]): string | undefined {
  return kind === "feedback" ? (fact as FeedbackRecord).preference?.over : undefined;
}

/** The lowest and the highest of a judgement's values, each on [0,1]; undefined where it has none. */
export function extremesOf({
  cat,
  ratings,
  thumbs,
  preference,
  outcome,
}: FeedbackRecord): [number, number] | undefined {
  const values: number[] = [];
  if (cat) values.push((cat.score - 1) / 9);
  const rated = Object.values(ratings ?? {});
  if (rated.length > 0) values.push(rated.reduce((a, b) => a + b, 0) / rated.length);
  if (thumbs) values.push(thumbs === "up" ? 1 : 0);
  if (preference) values.push({ better: 1, equal: 0.5, worse: 0 }[preference.verdict]);
  if (outcome !== undefined) values.push(outcome);
  return values.length > 0 ? [Math.min(...values), Math.max(...values)] : undefined;
}

/** Facts that are read at once where a query does not say. */
export const DEFAULT_BATCH_SIZE = 256;

/** Whether a fact's fields satisfy all conditions of a query (position and order aside). */
export function matches(keys: FactKeys, query: FactQuery): boolean {
  for (const field of EXACT_FIELDS) if (query[field] !== undefined && keys[field] !== query[field]) return false;
  if (query.from !== undefined && Date.parse(keys.at) < Date.parse(query.from)) return false;
  return query.to === undefined || Date.parse(keys.at) < Date.parse(query.to);
}

/**
 * What can be looked for in a fact's JSON before it is read: the longest part of a text whose letters fold alike wherever
 * they stand, in lower case, as JSON writes it. Empty where there is none.
 */
export function textToFind(text: string): string {
  const inJson = JSON.stringify(text.toLowerCase()).slice(1, -1);
  const parts = inJson.split(/[^\x20-\x7e]+/);
  return parts.reduce((best, part) => (part.length > best.length ? part : best), "");
}

/** Fails with STORE_QUERY on a kind that no fact has. */
export function checkKind(kind: unknown): void {
  if (FACT_KINDS.includes(kind as FactKind)) return;
  throw new LearningError("STORE_QUERY", {
    received: `the kind ${show(kind)}`,
    expected: `one of ${FACT_KINDS.join(", ")}`,
    remedy: "Name the kind of facts first.",
  });
}

/** Fails where facts to be appended are no list. */
export function checkFacts(kind: unknown, facts: unknown): void {
  checkKind(kind);
  checkArgument(facts, "facts", "list", "FACT_INVALID");
}

/** Fails where what is to be retained is not said. */
export function checkRetention(policy: unknown): void {
  checkArgument(policy, "policy", { maxAgeDays: "number?", maxBytes: "number?" }, "STORE_QUERY");
  const unknown = Object.keys(policy as object).filter((key) => key !== "maxAgeDays" && key !== "maxBytes");
  if (unknown.length > 0)
    throw new LearningError("STORE_QUERY", {
      received: `a policy with ${unknown.join(", ")}`,
      expected: "maxAgeDays, maxBytes, or both",
      remedy: "Correct the name; nothing was removed.",
    });
}

/** Fails with STORE_QUERY on a document's key that is no text. */
export function checkKey(key: unknown): void {
  textArgument(key, "key", "STORE_QUERY");
}

/** Fails with STORE_QUERY on a blob's name or content that is no text. */
export function checkBlob(name: unknown, content: unknown): void {
  textArgument(name, "name", "STORE_QUERY");
  checkArgument(content, "content", "text", "STORE_QUERY");
}

/** Fails with STORE_QUERY on a query that contradicts itself or cannot be understood. */
export function checkQuery(query: FactQuery): void {
  checkArgument(query, "query", "object", "STORE_QUERY");
  if (query.after !== undefined && query.latest)
    throw new LearningError("STORE_QUERY", {
      received: "a query with both `after` and `latest`",
      expected: "one of them",
      remedy: "Read forward from a cursor, or backward from the newest fact.",
    });
  if (query.text !== undefined && !query.latest)
    throw new LearningError("STORE_QUERY", {
      received: "a query with `text` and without `latest`",
      expected: "both",
      remedy: "Texts are looked for from the newest fact on.",
    });
  for (const field of ["from", "to"] as const)
    if (query[field] !== undefined && Number.isNaN(Date.parse(query[field])))
      throw new LearningError("STORE_QUERY", {
        received: `${field}: ${show(query[field])}`,
        expected: "an ISO 8601 timestamp",
        remedy: "Give the time as 2026-01-31T12:00:00.000Z.",
      });
  for (const field of ["limit", "batchSize"] as const) {
    const value = query[field];
    if (value !== undefined && !(Number.isInteger(value) && value >= (field === "limit" ? 0 : 1)))
      throw new LearningError("STORE_QUERY", {
        received: `${field}: ${show(value)}`,
        expected: "a positive integer",
        remedy: `Leave \`${field}\` out or give a positive integer.`,
      });
  }
}

const SELECTORS: readonly string[] = ["userId", "threadId", "workflowId"];

/** Fails with STORE_QUERY unless a selector names exactly one person, thread or run: an empty one would match everything. */
export function checkSelector(selector: ErasureSelector): void {
  const entries = Object.entries(selector ?? {});
  const [name, id] = entries[0] ?? ["", undefined];
  if (entries.length === 1 && SELECTORS.includes(name) && typeof id === "string" && id !== "") return;
  throw new LearningError("STORE_QUERY", {
    received: `${show(selector)} to erase`,
    expected: "exactly one of { userId }, { threadId } and { workflowId }, and an id that is not empty",
    remedy: "Name whose data is to go; nothing was erased.",
  });
}

/** The error of a cursor that this store did not make. */
export function badCursor(cursor: string, cause?: unknown): LearningError {
  return new LearningError("STORE_QUERY", {
    received: `cursor ${show(cursor)}`,
    expected: "a cursor of an earlier batch of this store and kind",
    remedy: "Read from the start by leaving `after` out.",
    cause,
  });
}
