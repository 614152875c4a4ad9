import { CollectiveLearningLoop, ManualClock } from "langgraph-collective-learning";
import { expect, it } from "vitest";
import { createMemoryStore } from "../../src/store/index.js";
import { ticketOffice, triageGraph } from "../support/triage.js";

it("what is promoted serves from the first decision of a process", async () => {
  const clock = new ManualClock();
  const parts = { store: createMemoryStore(), clock, enablePatternDiscovery: false, enableRewardModel: false };
  const teacher = await CollectiveLearningLoop.open(parts);
  await ticketOffice(teacher, triageGraph(teacher), clock)(200);
  await teacher.triggerLearningCycle();
  await teacher.close();
  // One run for each process, as a function host or a cron job has.
  for (let i = 0; i < 5; i++) {
    const loop = await CollectiveLearningLoop.open(parts);
    const graph = triageGraph(loop, { control: 0, exploration: 0 });
    const { team } = await graph.invoke({ topic: "crash", noise: 0.5 }, { metadata: { workflowId: `one-${i}` } });
    expect(team).toBe("tech");
    const [decision] = await loop.getDecisions(`one-${i}`);
    expect(decision).toMatchObject({ mode: "act", source: "policy", policyVersion: "v1" });
    await loop.close();
  }
});
