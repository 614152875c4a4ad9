// Writes traces without end and says after each acknowledgement which ones are on disk.
// Arguments: folder, first number, how it closes segments.
import { openFileStore } from "langgraph-collective-learning/store";

const [folder, prefix, segmentBytes, retire] = process.argv.slice(2);
const store = await openFileStore({
  traces: `${folder}/t`,
  feedback: `${folder}/f`,
  models: `${folder}/m`,
  segmentBytes: Number(segmentBytes),
});
const traceOf = (id) => ({
  schemaVersion: 1,
  workflowId: id,
  segmentId: id,
  workflowType: "crash",
  tags: ["x".repeat(100 + (id.length % 7) * 200)],
  metadata: {},
  startedAt: new Date().toISOString(),
  durationMs: 1,
  status: "success",
  capture: "tap",
  resumed: false,
  keepProbability: 1,
  nodes: [],
  edges: [],
  modelCalls: [],
  toolCalls: [],
  interactions: [],
  gaps: [],
});
process.stdout.write("ready\n");
for (let n = 0; ; n += 5) {
  const batch = Array.from({ length: 5 }, (_, i) => traceOf(`${prefix}-${n + i}`));
  try {
    await store.append("trace", batch);
    process.stdout.write(`${batch.map((t) => t.workflowId).join(" ")}\n`);
  } catch (error) {
    process.stdout.write(`refused ${error.code}\n`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  if (retire && n % 50 === 0) await store.retain({ maxBytes: Number(retire) });
}
