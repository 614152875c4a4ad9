import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { createDashboard } from "langgraph-collective-learning/dashboard";
import { type LearningStore, openFileStore } from "langgraph-collective-learning/store";
import type { Decision, FeedbackRecord, TraceSegment } from "../../src/core/index.js";
import { type Bench, median, round } from "./support/bench.js";

const TYPES = ["support", "search", "review", "billing"];
const TEAMS = ["billing", "tech", "sales"];
const BATCH = 500;
/** One decision in so many goes to a destination, or is of a version, that no other has. */
const RARE = 2000;
const BEGIN = Date.UTC(2026, 0, 1);
const STEP_MS = 20_000;

const idOf = (n: number) => `run-${n.toString(36).padStart(6, "0")}`;
const timeOf = (n: number) => new Date(BEGIN + n * STEP_MS).toISOString();

function trace(n: number): TraceSegment {
  const startedAt = timeOf(n);
  const team = TEAMS[n % TEAMS.length] ?? "tech";
  const node = (name: string, step: number) => ({
    name,
    path: [],
    step,
    taskId: `t${n}-${step}`,
    attempt: 1,
    startedAt,
    durationMs: 12,
    status: "success" as const,
  });
  return {
    schemaVersion: 1,
    workflowId: idOf(n),
    segmentId: `s${n}`,
    workflowType: TYPES[n % TYPES.length] ?? "support",
    threadId: `thread-${n % 5000}`,
    tags: n % 50 === 0 ? ["vip"] : [],
    metadata: {},
    startedAt,
    durationMs: 30,
    status: n % 17 === 0 ? "error" : "success",
    capture: "tap",
    resumed: false,
    keepProbability: 1,
    nodes: [node("triage", 1), node(team, 2)],
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
  cat: { score: 1 + (n % 10), dimensions: {} },
});

async function fill(store: LearningStore, runs: number): Promise<void> {
  for (let from = 0; from < runs; from += BATCH) {
    const all = Array.from({ length: Math.min(BATCH, runs - from) }, (_, i) => from + i);
    await store.append("trace", all.map(trace));
    await store.append("decision", all.map(decision));
    // One run in ten is judged.
    const rated = all.filter((n) => n % 10 === 0);
    if (rated.length > 0) await store.append("feedback", rated.map(judgement));
  }
}

/** How long the dashboard's server takes over a large store, and what memory paging costs. */
const bench: Bench = async ({ quick, args }) => {
  const asked = Number(args.find((a) => a.startsWith("--runs="))?.slice("--runs=".length));
  const runs = asked > 0 ? asked : quick ? 20_000 : 1_000_000;
  // Filling takes minutes: a folder that was kept is measured as it is.
  const kept = args.find((a) => a.startsWith("--keep="))?.slice("--keep=".length);
  const folder = kept ?? (await mkdtemp(join(tmpdir(), "bench-dashboard-")));
  const where = { traces: join(folder, "traces"), feedback: join(folder, "feedback"), models: join(folder, "models") };
  if (kept === undefined || !existsSync(where.traces)) {
    const writer = await openFileStore(where);
    await fill(writer, runs);
    await writer.close();
  }
  console.log(`${runs} runs stored`);

  const loop = await CollectiveLearningLoop.open({ storagePath: folder });
  const dashboard = createDashboard(loop);
  const headers = { authorization: `Bearer ${dashboard.token}` };
  const ask = async (path: string): Promise<{ ms: number; text: string }> => {
    const started = performance.now();
    const response = await dashboard(new Request(`http://localhost:1${path}`, { headers }));
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return { ms: performance.now() - started, text };
  };
  const timed = async (paths: string[]) => {
    const times: number[] = [];
    for (const path of paths) times.push((await ask(path)).ms);
    return round(median(times), 1);
  };
  const times = quick ? 9 : 21;
  const each = (path: (i: number) => string) => Array.from({ length: times }, (_, i) => path(i));
  const cold = await ask("/api/overview");
  const firstScreen = await timed(each(() => "/api/overview"));
  const day = (i: number) => timeOf(Math.floor((runs * (i + 1)) / (times + 2)));
  const figures = {
    runs,
    firstScreenColdMs: round(cold.ms, 1),
    firstScreenMs: firstScreen,
    newestRunsMs: await timed(each(() => "/api/runs")),
    filteredByTypeMs: await timed(each((i) => `/api/runs?type=${TYPES[i % 4]}&status=error`)),
    filteredByTimeMs: await timed(each((i) => `/api/runs?to=${day(i)}`)),
    filteredByDestinationMs: await timed(each((i) => `/api/runs?destination=${TEAMS[i % 3]}`)),
    filteredByRareDestinationMs: await timed(each(() => "/api/runs?destination=legal")),
    filteredByRareVersionMs: await timed(each(() => "/api/runs?version=v2")),
    filteredByTextMs: await timed(each(() => "/api/runs?text=vip")),
    filteredByMissingTextMs: await timed(each(() => "/api/runs?text=nowhere")),
    filteredByRewardMs: await timed(each(() => "/api/runs?minReward=0.8")),
    oneRunMs: await timed(each((i) => `/api/run?id=${idOf(Math.floor((runs * i) / times))}`)),
    inboxMs: await timed(each(() => "/api/inbox").slice(0, 5)),
    graphMs: await timed(each(() => "/api/graph").slice(0, 5)),
  };
  let cursor = "";
  const memory: number[] = [];
  const pages = quick ? 60 : 300;
  for (let p = 0; p < pages; p++) {
    const { text } = await ask(`/api/runs${cursor && `?cursor=${cursor}`}`);
    cursor = (JSON.parse(text) as { cursor?: string }).cursor ?? "";
    if (p % 10 === 9) {
      globalThis.gc?.();
      memory.push(process.memoryUsage().heapUsed / 2 ** 20);
    }
    if (!cursor) break;
  }
  const third = Math.floor(memory.length / 3);
  const growth = median(memory.slice(-third)) - median(memory.slice(0, third));
  await loop.close();
  if (kept === undefined) await rm(folder, { recursive: true, force: true });
  return { ...figures, pages, heapGrowthMiB: round(growth, 1) };
};

export default bench;
