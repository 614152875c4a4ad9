import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CollectiveLearningLoop, ManualClock } from "langgraph-collective-learning";
import { afterAll, describe, expect, it } from "vitest";
import { ticketOffice, triageGraph } from "../support/triage.js";

const storagePath = mkdtempSync(join(tmpdir(), "late-"));
afterAll(() => rmSync(storagePath, { recursive: true, force: true }));

describe("outcomes that come after a learning cycle has seen their decisions", () => {
  it("still count in the watch over what serves: measured, and rolled back by", async () => {
    const clock = new ManualClock();
    const off = { enablePatternDiscovery: false, enableRewardModel: false };
    const loop = await CollectiveLearningLoop.open({ storagePath, clock, ...off });
    const graph = triageGraph(loop);
    await ticketOffice(loop, graph, clock)(200);
    await loop.triggerLearningCycle();
    expect(loop.registry.champion("policy/triage")?.version).toBe("v1");

    // The world turns: billing is right for everything now, but nobody says so for days.
    const untold: [string, number][] = [];
    for (let i = 0; i < 300; i++) {
      clock.advance(60_000);
      const workflowId = `late-${i}`;
      const { team } = await graph.invoke(
        { topic: i % 2 ? "crash" : "invoice", noise: i },
        { metadata: { workflowId } },
      );
      untold.push([workflowId, team === "billing" ? 1 : 0]);
    }
    await loop.triggerLearningCycle();
    expect((await loop.getLearningStatus()).averageImprovement).toBeUndefined();
    clock.advance(3 * 86_400_000);
    for (const [workflowId, outcome] of untold.slice(0, 20)) await loop.feedback.submitOutcome(workflowId, outcome);
    await loop.triggerLearningCycle();
    const { averageImprovement } = await loop.getLearningStatus();
    expect(averageImprovement?.decisions).toBe(20);

    for (const [workflowId, outcome] of untold.slice(20)) await loop.feedback.submitOutcome(workflowId, outcome);
    const cycle = await loop.triggerLearningCycle();
    expect(cycle.steps.map((s) => s.message).join("\n")).toMatch(/rolled back: after \d+ runs proven worse/);
    await loop.close();
  });
});
