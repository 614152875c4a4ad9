import type { DecisionRow } from "../../src/dataset/index.js";

/** The time of minute `n`. */
export const minute = (n: number) => new Date(Date.UTC(2026, 0, 1, 0, n)).toISOString();

/** A decision between a and b at the point p, in act of version v1 and in minute `n`: a, where the fallback would have said b. */
export function aRow(n: number, change: Partial<DecisionRow> = {}): DecisionRow {
  return {
    decisionId: `d${n}`,
    workflowId: `w${n}`,
    decisionPoint: "p",
    at: minute(n),
    index: 0,
    decisionsInRun: 1,
    context: { topic: "x" },
    candidates: ["a", "b"],
    chosen: "a",
    propensity: 0.9,
    probabilities: [0.9, 0.1],
    fallbackChoice: "b",
    source: "policy",
    mode: "act",
    ...change,
  };
}
