import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CollectiveLearningLoop, ManualClock, UserFeedback } from "langgraph-collective-learning";
import { afterEach, describe, expect, it } from "vitest";
import { triageGraph } from "../support/triage.js";

let loop: CollectiveLearningLoop;
let storagePath: string;
afterEach(async () => {
  await loop.close();
  rmSync(storagePath, { recursive: true, force: true });
});

describe("feedback in the loop", () => {
  it("decides whom to ask by how runs went, forgets who is erased, and warns of a reward without signal", async () => {
    storagePath = mkdtempSync(join(tmpdir(), "loop-"));
    const clock = new ManualClock();
    loop = await CollectiveLearningLoop.open({ seed: 1, storagePath, clock });
    const graph = triageGraph(loop);
    for (let i = 0; i < 30; i++) {
      const workflowId = `w${i}`;
      await graph.invoke({ topic: "crash", noise: 0 }, { metadata: { workflowId } });
      if (i < 12) await loop.feedback.submitFeedback(new UserFeedback(workflowId, "alice").setOutcome(0.5));
    }
    // No reward model serves yet: a run that succeeded quickly is expected to be worth nearly one.
    const request = await loop.feedback.considerRequest({ workflowId: "w20", userId: "bob" });
    expect(request).toMatchObject({ reason: "above-threshold", probability: 1 });
    expect(request?.expectedReward).toBeGreaterThan(0.95);
    expect(await loop.predictRewards(["w20"])).toEqual({});

    await loop.triggerLearningCycle();
    const { warnings } = await loop.getLearningStatus();
    expect(warnings).toContainEqual(expect.stringMatching(/^reward-model: rewards hardly vary/));

    await loop.erase({ userId: "bob" });
    clock.advance(2000);
    expect(await loop.feedback.pendingRequests()).toEqual([]);
    expect((await loop.feedback.getFeedbackStatistics()).responses).toMatchObject({ considered: 0, asked: 0 });
  });

  it("keeps the texts of feedback as redaction leaves them", async () => {
    storagePath = mkdtempSync(join(tmpdir(), "loop-"));
    loop = await CollectiveLearningLoop.open({ seed: 1, storagePath, capture: { redact: ["email"] } });
    await triageGraph(loop).invoke({ topic: "crash", noise: 0 }, { metadata: { workflowId: "w" } });
    const kept = await loop.feedback.submitFeedback({
      workflowId: "w",
      userId: "alice",
      thumbs: "down",
      comment: "ask ann@example.org",
      correction: "write to ann@example.org",
      tags: ["ann@example.org"],
    });
    expect(kept).toMatchObject({ comment: "ask [redacted]", correction: "write to [redacted]", tags: ["[redacted]"] });
  });
});
