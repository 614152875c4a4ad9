// Writes traces and decisions without end and says after each acknowledgement which ones are safe.
// Arguments: connection string, schema, spill folder, prefix of the ids.
import { openPostgresStore } from "langgraph-collective-learning/postgres";
import { traceOf } from "./crash-trace.mjs";

const [connectionString, schema, folder, prefix] = process.argv.slice(2);
const quiet = { debug() {}, info() {}, warn() {}, error: (...words) => console.error(...words) };
const open = async () => {
  for (;;) {
    try {
      return await openPostgresStore({ connectionString, schema, spill: { folder }, logger: quiet });
    } catch (error) {
      if (error.code !== "STORE_UNREACHABLE") throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
};
const store = await open();
const now = () => new Date().toISOString();
const decisionOf = (id) => ({
  schemaVersion: 1,
  decisionId: id,
  workflowId: id,
  decisionPoint: "p",
  at: now(),
  index: 0,
  context: {},
  candidates: ["a"],
  chosen: "a",
  source: "fallback",
  mode: "shadow",
});
process.stdout.write("ready\n");
for (let n = 0; ; n += 5) {
  const ids = Array.from({ length: 5 }, (_, i) => `${prefix}-${n + i}`);
  try {
    await store.append("decision", ids.map(decisionOf));
    process.stdout.write(`decision ${ids.join(" ")}\n`);
    await store.append(
      "trace",
      ids.map((id) => traceOf(id, now())),
    );
    process.stdout.write(`trace ${ids.join(" ")}\n`);
  } catch (error) {
    process.stdout.write(`refused ${error.code}\n`);
    if (error.code !== "STORE_UNREACHABLE") throw error;
  }
  await new Promise((resolve) => setTimeout(resolve, 2));
}
