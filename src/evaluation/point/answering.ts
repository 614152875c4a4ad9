import type { DecisionRow } from "../../dataset/index.js";
import { type AnswerComparison, type AnswerGroup, compareAnswers } from "../answers.js";

/** A request for feedback that was answered or lapsed. */
export interface ClosedRequest {
  workflowId: string;
  answered: boolean;
}

/** Share of ratings whose delay an unrated decision must have outlived to count as not answered. */
const MOST_DELAYS = 0.9;
/** So many ratings tell how long they take. */
const LEAST_RATED = 20;

/**
 * Whether destinations, and versions, are answered alike: by the requests that were answered or lapsed, or,
 * where nobody was asked, by the decisions that were rated in the time in which most ratings come.
 * @param rows all of the decision point
 */
export function comparedAnswers(rows: readonly DecisionRow[], requests: readonly ClosedRequest[]): AnswerComparison[] {
  const known = new Map(requests.map((r) => [r.workflowId, r.answered]));
  const asked = rows.flatMap((row) => {
    const answered = known.get(row.workflowId);
    return answered === undefined ? [] : [{ row, answered }];
  });
  const counted = asked.length > 0 ? asked : ripe(rows).map((row) => ({ row, answered: row.reward !== undefined }));
  const by = (groupOf: (row: DecisionRow) => string) => {
    const groups = new Map<string, AnswerGroup>();
    for (const { row, answered } of counted) {
      const name = groupOf(row);
      const group = groups.get(name) ?? { name, asked: 0, answered: 0 };
      groups.set(name, group);
      group.asked++;
      group.answered += Number(answered);
    }
    return [...groups.values()];
  };
  return [
    compareAnswers(
      by((row) => row.chosen),
      "destinations",
    ),
    compareAnswers(
      by((row) => (row.source === "policy" ? (row.policyVersion ?? "a policy") : row.source)),
      "versions",
    ),
  ];
}

/** Decisions old enough for most ratings to be in. */
function ripe(rows: readonly DecisionRow[]): DecisionRow[] {
  const made = Float64Array.from(rows, (r) => Date.parse(r.at));
  const known = Float64Array.from(rows, (r, i) => (r.ratedAt === undefined ? made[i] : Date.parse(r.ratedAt)));
  const delays = rows.flatMap((r, i) => (r.ratedAt === undefined ? [] : [known[i] - made[i]])).sort((a, b) => a - b);
  if (delays.length < LEAST_RATED) return [];
  const delay = delays[Math.floor(MOST_DELAYS * (delays.length - 1))] ?? 0;
  const newest = known.reduce((latest, time) => Math.max(latest, time), 0);
  return rows.filter((r, i) => r.reward !== undefined || made[i] + delay < newest);
}
