// A process that serves and learns until it is killed; prints each outcome that was acknowledged.
import { CollectiveLearningLoop, ManualClock } from "langgraph-collective-learning";
import { triageGraph } from "./triage.js";

const [dir, start] = process.argv.slice(2) as [string, string];
const clock = new ManualClock(Date.parse(start));
const loop = await CollectiveLearningLoop.open({ storagePath: dir, clock });
const graph = triageGraph(loop);
for (let i = 0; ; i++) {
  clock.advance(60_000);
  const topic = i % 2 ? "crash" : "invoice";
  const workflowId = `${start}-${i}`;
  const { team } = await graph.invoke({ topic, noise: i % 7 }, { metadata: { workflowId } });
  await loop.feedback.submitOutcome(workflowId, (team === "tech") === (topic === "crash") ? 1 : 0);
  await loop.flush();
  process.stdout.write(`${workflowId}\n`);
  if (i % 40 === 39) await loop.triggerLearningCycle();
}
