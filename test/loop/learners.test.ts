import { ChatPromptTemplate } from "@langchain/core/prompts";
import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../src/store/index.js";
import { supportRuns } from "../patterns/support/logs.js";
import { aSegment } from "../patterns/support/traces.js";
import { aFeedback } from "../support/facts.js";

describe("patterns and prompts in the loop", () => {
  it("are learned in a cycle, published with their data range, and answered from there", async () => {
    const store = createMemoryStore();
    const loop = await CollectiveLearningLoop.open({ store, storagePath: "unused" });
    for (const c of supportRuns(200, "loop")) {
      await store.append("trace", [aSegment(c.id, c.activities)]);
      const outcome = c.activities.includes("read") ? 1 : Number(c.id.endsWith("3"));
      await store.append("feedback", [aFeedback({ feedbackId: c.id, workflowId: c.id, outcome })]);
    }
    await loop.prompts.register("support", ChatPromptTemplate.fromMessages([["human", "{question}"]]));
    await loop.triggerLearningCycle();
    const status = await loop.getLearningStatus();
    expect(status.components.patterns).toMatchObject({ state: "done", samples: 200 });
    expect(status.components.prompts).toMatchObject({ state: "idle", message: "no experiment is running" });
    expect(loop.registry.champion("patterns")?.lineage).toMatchObject({
      rows: 200,
      dataFrom: "2026-01-01T00:00:00.000Z",
    });
    const advice = await loop.patterns.getPatternRecommendations({ workflowType: "support" });
    expect(advice.some((a) => a.activities.includes("read"))).toBe(true);
    await loop.triggerLearningCycle();
    expect(loop.registry.versions("patterns")).toHaveLength(1);
    await loop.close();
  });
});
