import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { describe, expect, it, vi } from "vitest";
import { createMemoryStore } from "../../src/store/index.js";
import { triageGraph } from "../support/triage.js";

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const KEYS = [
  "loop/history",
  "loop/work",
  "loop/timers",
  "loop/modes",
  "loop/approvals",
  "loop/described",
  "loop/erasures",
  "points/triage",
  "prompts/experiments/answer",
  "feedback-requests",
  "feedback-considered",
];
const SHAPES = [[], null, 3, 1e308, "x", {}, { version: 99 }, [7], { a: 7, points: 7, requests: 7, recentStarts: 7 }];

describe("documents of another shape", () => {
  it.each(SHAPES)("(%j) keep nobody from opening, running, judging, learning and erasing", async (shape) => {
    vi.stubEnv("LEARNING_LOG", "off");
    const store = createMemoryStore();
    for (const key of KEYS) await store.documents.put(key, shape);
    const loop = await CollectiveLearningLoop.open({ store, logger, enableRlTraining: false });
    const graph = triageGraph(loop);
    await graph.invoke({ topic: "crash", noise: 0 }, { metadata: { workflowId: "w" } });
    await loop.flush();
    await loop.feedback.submitFeedback({ workflowId: "w", userId: "u", cat: { score: 9 } });
    await loop.feedback.requestFeedback("w", "v");
    await loop.setMode("triage", "shadow");
    await loop.triggerLearningCycle();
    const { lastCycle } = await loop.getLearningStatus();
    expect(lastCycle?.steps.filter((step) => step.state === "failed")).toEqual([]);
    await loop.createReport();
    await loop.erase({ userId: "u" });
    await loop.close();
    vi.unstubAllEnvs();
  });
});
