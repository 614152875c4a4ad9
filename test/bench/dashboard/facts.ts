import type { Decision, FeedbackRecord, TraceSegment } from "../../../src/core/index.js";
import type { LearningStore } from "../../../src/store/index.js";

/** Kinds of runs, and where they go. */
export const TYPES = ["support", "search", "review", "billing"];
export const TEAMS = ["billing", "tech", "sales"];
/** One run in so many goes to a destination, is of a version, or has a reward that no other has. */
const RARE = 2000;
const BATCH = 500;
const BEGIN = Date.UTC(2026, 0, 1);
const STEP_MS = 20_000;

export const idOf = (n: number) => `run-${n.toString(36).padStart(6, "0")}`;
export const timeOf = (n: number) => new Date(BEGIN + n * STEP_MS).toISOString();

function trace(n: number): TraceSegment {
  const startedAt = timeOf(n);
  const isRare = n % RARE === 0;
  const team = isRare ? "legal" : (TEAMS[n % TEAMS.length] ?? "tech");
  const isFailed = n % 17 === 0;
  const node = (name: string, step: number, status: "success" | "error") => ({
    name,
    path: [],
    step,
    taskId: `t${n}-${step}`,
    attempt: 1,
    startedAt,
    durationMs: 12,
    status,
  });
  return {
    schemaVersion: 1,
    workflowId: idOf(n),
    segmentId: `s${n}`,
    workflowType: TYPES[n % TYPES.length] ?? "support",
    threadId: `thread-${n % 5000}`,
    tags: n % 50 === 0 ? ["vip"] : n % 50_000 === 7 ? ["escalated"] : [],
    metadata: { request: ((n * 2_654_435_761) % 2 ** 32).toString(16), region: n % 2 ? "eu-west" : "us-east" },
    startedAt,
    durationMs: 30,
    status: isFailed ? "error" : "success",
    capture: "tap",
    resumed: false,
    keepProbability: 1,
    nodes: [node("triage", 1, "success"), node(team, 2, isFailed ? "error" : "success")],
    edges: [{ from: "triage", to: team, kind: "conditional", path: [], step: 1, started: true }],
    modelCalls: [],
    toolCalls: [],
    interactions: [],
    gaps: [],
  };
}

function decision(n: number): Decision {
  return {
    schemaVersion: 1,
    decisionId: `d${n}`,
    workflowId: idOf(n),
    workflowType: TYPES[n % TYPES.length],
    decisionPoint: "triage",
    at: timeOf(n),
    index: 0,
    context: { topic: TEAMS[(n * 7) % 3] ?? "tech", length: n % 400 },
    candidates: TEAMS,
    chosen: n % RARE === 0 ? "legal" : (TEAMS[n % 3] ?? "tech"),
    ...(n % RARE === 1 && { policyVersion: "v2" }),
    propensity: 0.9,
    probabilities: TEAMS.map((_, i) => (i === n % 3 ? 0.9 : 0.05)),
    source: "fallback",
    fallbackReason: "shadow",
    mode: "shadow",
  };
}

const judgement = (n: number): FeedbackRecord => ({
  schemaVersion: 1,
  feedbackId: `f${n}`,
  workflowId: idOf(n),
  userId: `rater-${n % 20}`,
  source: "human",
  at: timeOf(n),
  // What people say is above .2 and below .9; few runs have a measured result, and a very low one.
  ...(n % (10 * RARE) === 0
    ? { outcome: 0.01 }
    : { cat: { score: 3 + (((n / 10) * 7919) % 541) / 90, dimensions: {} } }),
});

/** Runs with a decision each, one in ten judged. */
export async function fill(store: LearningStore, runs: number): Promise<void> {
  for (let from = 0; from < runs; from += BATCH) {
    const all = Array.from({ length: Math.min(BATCH, runs - from) }, (_, i) => from + i);
    const rated = all.filter((n) => n % 10 === 0);
    await Promise.all([
      store.append("trace", all.map(trace)),
      store.append("decision", all.map(decision)),
      ...(rated.length > 0 ? [store.append("feedback", rated.map(judgement))] : []),
    ]);
  }
}
