// Learns one cycle after the other over a PostgreSQL store, or begins once: opens the loop and reads what it will hold.
// Arguments: connection string, schema, and "once". Says after each how many milliseconds it took.
import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { openPostgresStore } from "langgraph-collective-learning/postgres";

const [connectionString, schema, once] = process.argv.slice(2);
const quiet = { debug() {}, info() {}, warn() {}, error: console.error };
const store = await openPostgresStore({ connectionString, schema, logger: quiet, spill: false });
let started = performance.now();
const loop = await CollectiveLearningLoop.open({ store, logger: quiet, enableRlTraining: false });
loop.router({
  decisionPoint: "triage",
  destinations: ["billing", "tech"],
  context: () => ({}),
  fallback: () => "billing",
  exploration: 0.5,
});
for (;;) {
  if (once) await loop.createReport();
  else await loop.triggerLearningCycle();
  process.stdout.write(`cycle ${Math.round(performance.now() - started)}\n`);
  if (once) break;
  started = performance.now();
}
process.exit(0);
