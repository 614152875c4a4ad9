import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { FeedbackRecord, TraceSegment } from "../../src/core/index.js";
import { ManualClock } from "../../src/index.js";
import { importLangfuse } from "../../src/integrations/langfuse/index.js";
import { createMemoryStore, type LearningStore } from "../../src/store/index.js";
import { brief } from "../tracing/support.js";

const folder = mkdtempSync(join(tmpdir(), "langfuse-"));
afterAll(() => rmSync(folder, { recursive: true }));
const clock = new ManualClock(Date.parse("2026-02-01T00:00:00Z"));
const at = (ms: number) => new Date(Date.parse("2026-01-01T00:00:00Z") + ms).toISOString();

const trace = { id: "t1", name: "desk", timestamp: at(0), userId: "ann", sessionId: "th", metadata: {} };
const base = { traceId: "t1", level: "DEFAULT" };
const observations = [
  { ...base, id: "o1", type: "SPAN", name: "LangGraph", startTime: at(0), endTime: at(90), parentObservationId: null },
  {
    ...base,
    ...{ id: "o2", type: "SPAN", name: "plan", startTime: at(1), endTime: at(40), parentObservationId: "o1" },
    metadata: { langgraph_node: "plan", langgraph_step: 1 },
  },
  {
    ...base,
    ...{
      id: "o3",
      type: "GENERATION",
      name: "ChatOpenAI",
      startTime: at(2),
      endTime: at(12),
      parentObservationId: "o2",
    },
    ...{ model: "gpt-4o", usageDetails: { input: 7, output: 2, total: 9 } },
  },
  {
    ...base,
    ...{ id: "o4", type: "SPAN", name: "write", startTime: at(50), endTime: at(70), parentObservationId: "o1" },
    ...{ level: "ERROR", statusMessage: "down", metadata: { langgraph_node: "write", langgraph_step: 2 } },
  },
  { ...base, id: "o5", type: "SPAN", name: "inner", startTime: at(51), endTime: at(52), parentObservationId: "o4" },
];
const score = (id: string, given: object) => ({
  id,
  traceId: "t1",
  timestamp: at(1000),
  source: "ANNOTATION",
  ...given,
});
const scores = [
  score("s1", { name: "stars", dataType: "NUMERIC", value: 4, authorUserId: "bob" }),
  score("s2", { name: "stars", dataType: "NUMERIC", value: 9 }),
  score("s3", { name: "helpful", dataType: "BOOLEAN", value: 1, stringValue: "True" }),
  score("s4", { name: "label", dataType: "CATEGORICAL", stringValue: "correct", source: "EVAL" }),
  score("s5", { name: "unheard of", dataType: "NUMERIC", value: 1 }),
  score("s6", { name: "unheard of", dataType: "NUMERIC", value: 1, comment: "nice" }),
  score("s7", { name: "stars", value: 3, timestamp: "2027-01-01T00:00:00Z" }),
  score("s8", { name: "stars", value: 3, traceId: "elsewhere" }),
];
const meanings = {
  stars: { as: "rating", name: "satisfaction", scale: [1, 5] },
  label: { as: "outcome", values: { correct: 1, incorrect: 0 } },
} as const;

async function facts(store: LearningStore) {
  const segments: TraceSegment[] = [];
  const feedback: FeedbackRecord[] = [];
  for await (const { facts } of store.read("trace")) segments.push(...facts);
  for await (const { facts } of store.read("feedback")) feedback.push(...facts);
  return { segments, feedback };
}

it("traces become runs, and scores judgements by the meanings given; again nothing is doubled", async () => {
  const store = createMemoryStore();
  const options = { store, clock, scores: meanings };
  const whole = [{ ...trace, observations, scores: scores.slice(0, 7) }, scores[7] as object] as never;
  const first = await importLangfuse(whole, options);
  expect(first).toEqual({
    traces: { imported: 1, known: 0, skipped: 0 },
    feedback: {
      ...{ imported: 4, known: 0, skipped: 4 },
      reasons: {
        'a score off its scale under "stars"': 1,
        'no meaning was given for "unheard of"': 2,
        "a time in the future": 1,
        "no trace of it in the export": 1,
      },
    },
    unknown: 0,
  });
  const again = await importLangfuse(whole, options);
  expect([again.traces.known, again.feedback.known]).toEqual([1, 4]);
  const { segments, feedback } = await facts(store);
  expect(segments).toHaveLength(1);
  expect(segments[0]).toMatchObject({ workflowId: "t1", workflowType: "desk", threadId: "th", userId: "ann" });
  expect(brief(segments[0] as never)).toEqual({
    status: "success",
    nodes: ["1 plan:success", "2 write:error"],
    edges: ["0 __start__>plan:static~", "1 plan>write:static~", "2 write>__end__:static~"],
  });
  expect(segments[0]?.modelCalls).toMatchObject([{ node: "plan", model: "gpt-4o", tokensIn: 7, tokensOut: 2 }]);
  expect(segments[0]?.nodes[1]?.error).toEqual({ name: "Error", message: "down" });
  expect(
    feedback.map(({ userId, source, ratings, thumbs, outcome, comment }) => [
      userId,
      source,
      ratings ?? thumbs ?? outcome ?? comment,
    ]),
  ).toEqual([
    ["bob", "human", { satisfaction: 0.75 }],
    ["langfuse:s3", "human", "up"],
    ["evaluator:label", "evaluator", 1],
    ["langfuse:s6", "human", "nice"],
  ]);
});

it("files by kind, in the names of exports to a bucket, say the same", async () => {
  const snake = (record: object) =>
    Object.fromEntries(
      Object.entries(record).map(([key, v]) => [
        key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`),
        key === "metadata" ? JSON.stringify(v) : v,
      ]),
    );
  const lines = (records: object[]) => records.map((r) => JSON.stringify(snake(r))).join("\n");
  writeFileSync(join(folder, "traces.jsonl"), lines([trace]));
  writeFileSync(join(folder, "observations.jsonl"), lines(observations));
  writeFileSync(join(folder, "scores.json"), JSON.stringify({ data: scores.slice(0, 1) }));
  const [api, bucket] = [createMemoryStore(), createMemoryStore()];
  await importLangfuse([{ ...trace, observations, scores: scores.slice(0, 1) }], {
    store: api,
    clock,
    scores: meanings,
  });
  await importLangfuse(folder, { store: bucket, clock, scores: meanings });
  expect(await facts(bucket)).toEqual(await facts(api));
});

it("a trace without one observation around all is the run itself; what cannot be read is a gap or counted", async () => {
  const store = createMemoryStore();
  const flat = [
    { ...base, id: "o1", type: "AGENT", name: "plan", startTime: at(1), endTime: at(5) },
    { ...base, id: "o2", type: "TOOL", name: "look", startTime: at(6), endTime: at(7) },
    { ...base, id: "o3", type: "SPAN", name: "lost", startTime: "yesterday" },
    {
      ...{ ...base, id: "o4", type: "TOOL", name: "seek", startTime: at(6), endTime: at(7), parentObservationId: "o1" },
      metadata: { langgraph_node: "plan", langgraph_step: { toString: 1, valueOf: 1 } },
    },
  ];
  const result = await importLangfuse([{ ...trace, observations: flat }, { what: "ever" }], { store, clock });
  expect([result.traces.imported, result.unknown]).toEqual([1, 1]);
  const { segments } = await facts(store);
  expect(segments[0]?.nodes.map((n) => n.name)).toEqual(["plan"]);
  expect(segments[0]?.toolCalls.map((c) => [c.name, c.node])).toEqual([
    ["look", undefined],
    ["seek", "plan"],
  ]);
  expect(segments[0]?.gaps).toContain("1 observations have no readable beginning");
  await expect(importLangfuse(join(folder, "none"), { store })).rejects.toMatchObject({ code: "INTEGRATION_FAILED" });
});
