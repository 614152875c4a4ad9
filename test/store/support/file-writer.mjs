// Appends feedback and changes one document without end, and says after each acknowledgement what is on disk.
// Arguments: folder, prefix of the ids. Lines: `feedback ID ...`, `count N`.
import { openFileStore } from "langgraph-collective-learning/store";

const [folder, prefix] = process.argv.slice(2);
const store = await openFileStore({
  traces: `${folder}/t`,
  feedback: `${folder}/f`,
  models: `${folder}/m`,
  segmentBytes: 20_000,
});
process.stdout.write("ready\n");
const facts = async () => {
  for (let n = 0; ; n++) {
    const id = `${prefix}-${n}`;
    const at = new Date().toISOString();
    const record = { schemaVersion: 1, feedbackId: id, workflowId: id, userId: "u", source: "human", at, outcome: 1 };
    await store.append("feedback", [{ ...record, comment: "c".repeat(n % 500) }]);
    process.stdout.write(`feedback ${id}\n`);
  }
};
const documents = async () => {
  for (let n = 1; ; n++) {
    await store.documents.update("counts/all", (all = {}) => ({ ...all, [prefix]: n }));
    process.stdout.write(`count ${n}\n`);
  }
};
await Promise.all([facts(), documents()]);
