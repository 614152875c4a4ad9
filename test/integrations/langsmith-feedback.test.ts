import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { currentFeedback, ManualClock } from "../../src/core/index.js";
import {
  type LangSmithClient,
  readLangSmithFeedback,
  writeLangSmithFeedback,
} from "../../src/integrations/langsmith.js";
import { sampleFeedback } from "../store/facts.js";
import { LangSmithServer } from "./langsmith-server.js";
import { clientOf } from "./langsmith-support.js";

let server: LangSmithServer;
let client: LangSmithClient;

beforeEach(async () => {
  server = new LangSmithServer();
  client = clientOf(await server.open());
});
afterEach(() => server.close());

describe("feedback to and from LangSmith", () => {
  const runId = "0f0e0d0c-0b0a-4908-8706-050403020100";

  it("is written once per score, and again without doubling", async () => {
    const record = sampleFeedback(1, {
      workflowId: runId,
      cat: { score: 9, dimensions: { novelty: 7 } },
      ratings: { clarity: 0.5 },
      comment: "good",
    });
    const other = sampleFeedback(2, { workflowId: "no-uuid" });
    for (let i = 0; i < 2; i++)
      expect(await writeLangSmithFeedback([record, other], { client, projectId: runId })).toEqual({
        written: 1,
        skipped: 1,
      });
    expect(server.feedback.map((f) => [f.key, f.score, f.comment]).sort()).toEqual([
      ["cat", 9, "good"],
      ["cat_novelty", 7, undefined],
      ["clarity", 0.5, undefined],
      ["thumbs", 1, undefined],
    ]);
  });

  const NOW = Date.UTC(2026, 0, 10);
  const read = (entries: object[], more: object = {}) => {
    server.feedback = entries.map((e, i) => ({
      id: String(i + 1),
      run_id: runId,
      created_at: "2026-01-02T03:04:05Z",
      feedback_source: { type: "api" },
      ...e,
    })) as typeof server.feedback;
    return readLangSmithFeedback({ client, runs: new Map([[runId, "w1"]]), clock: new ManualClock(NOW), ...more });
  };

  it("is read back by the meanings given, ours left out", async () => {
    const ann = { type: "app", user_id: "ann" };
    const { records, skipped, reasons } = await read(
      [
        { key: "quality", score: 0.75, feedback_source: ann },
        { key: "ok", score: true, comment: "fine", feedback_source: { type: "model" } },
        { key: "outcome", score: 1, feedback_source: ann },
        { key: "stars", score: 4, feedback_source: ann },
        { key: "hallucination", score: 1, feedback_source: { type: "auto_eval" } },
        { key: "label", score: null, value: "incorrect" },
        { key: "cat", score: 10 },
        { key: "mine", score: 1, feedback_source: { metadata: { origin: "langgraph-collective-learning" } } },
      ],
      {
        scores: {
          quality: { as: "rating" },
          outcome: { as: "outcome" },
          stars: { as: "rating", name: "satisfaction", scale: [1, 5] },
          hallucination: { as: "rating", name: "truth", scale: [1, 0], evaluator: "checker" },
          label: { as: "thumb", values: { correct: 1, incorrect: 0 } },
          cat: { as: "cat", scale: [1, 10] },
        },
      },
    );
    expect([skipped, reasons]).toEqual([1, {}]);
    expect(records).toMatchObject([
      { feedbackId: "langsmith-1", workflowId: "w1", userId: "ann", source: "human", ratings: { quality: 0.75 } },
      { source: "evaluator", userId: "evaluator:ok", thumbs: "up", comment: "fine" },
      { outcome: 1 },
      { ratings: { satisfaction: 0.75 } },
      { source: "evaluator", userId: "evaluator:checker", ratings: { truth: 0 } },
      { userId: "langsmith:6", thumbs: "down" },
      { cat: { score: 10, dimensions: {} } },
    ]);
    server.failures = [403];
    await expect(read([])).rejects.toMatchObject({ code: "INTEGRATION_FAILED" });
  });

  it("guesses nothing: what has no meaning, scale or time is counted by its reason, and its comment kept", async () => {
    const { records, reasons, skipped } = await read(
      [
        { key: "user_score", score: 1 },
        { key: "user_score", score: 0, comment: "bad" },
        { key: "stars", score: 7 },
        { key: "__proto__", score: 0.5 },
        { key: "note", score: "0.7" },
        { key: "label", value: "incorrect" },
        { key: "x", score: 0.9, created_at: undefined },
        { key: "y", score: 0.9, created_at: "2031-01-01T00:00:00" },
      ],
      { scores: { stars: { as: "rating", scale: [1, 5] }, x: { as: "rating" } } },
    );
    expect(records).toMatchObject([{ feedbackId: "langsmith-2", comment: "bad", userId: "langsmith:2" }]);
    expect(records[0]).not.toHaveProperty("ratings");
    expect(skipped).toBe(7);
    expect(reasons).toEqual({
      'no meaning was given for "user_score"': 2,
      'a score off its scale under "stars"': 1,
      'no meaning was given for "__proto__"': 1,
      'no number under "note"': 1,
      'a value without a score under "label"': 1,
      "no readable time": 1,
      "a time in the future": 1,
    });
  });

  it("of two people behind one server key stays two people's", async () => {
    const { records } = await read(
      [
        { key: "score", score: 1 },
        { key: "score", score: 0 },
      ],
      { scores: { score: { as: "rating" } } },
    );
    expect(currentFeedback(records).map((r) => r.ratings)).toEqual([{ score: 1 }, { score: 0 }]);
    const named = await read([{ key: "score", score: 1 }], { scores: { score: { as: "rating" } }, userOf: () => "bo" });
    expect(named.records[0]?.userId).toBe("bo");
  });
});
