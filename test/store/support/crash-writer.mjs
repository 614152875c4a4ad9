// Writes traces without end and says after each acknowledgement which ones are on disk.
// Arguments: folder, prefix of the ids, bytes of a segment. With a fourth, it writes nothing and retires
// segments without end instead, so that no more than that many bytes are kept.
import { openFileStore } from "langgraph-collective-learning/store";
import { traceOf } from "./crash-trace.mjs";

const [folder, prefix, segmentBytes, retire] = process.argv.slice(2);
const store = await openFileStore({
  traces: `${folder}/t`,
  feedback: `${folder}/f`,
  models: `${folder}/m`,
  segmentBytes: Number(segmentBytes),
});
// Facts of one writer never go back in time, whatever the machine's clock does.
let time = 0;
const now = () => {
  time = Math.max(time, Date.now());
  return new Date(time).toISOString();
};
process.stdout.write("ready\n");
while (retire) {
  const gone = await store.retain({ maxBytes: Number(retire) });
  if (gone > 0) process.stdout.write(`retired ${gone}\n`);
}
for (let n = 0; ; n += 5) {
  const batch = Array.from({ length: 5 }, (_, i) => traceOf(`${prefix}-${n + i}`, now()));
  try {
    await store.append("trace", batch);
    process.stdout.write(`${batch.map((t) => t.workflowId).join(" ")}\n`);
  } catch (error) {
    process.stdout.write(`refused ${error.code}\n`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
