// A learner that is stopped, by itself and as a whole, at the moment at which it publishes a policy; whoever
// started it lets it go on. Says then what became of its cycle.
// Arguments: connection string, schema.
import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { openPostgresStore } from "langgraph-collective-learning/postgres";

const [connectionString, schema] = process.argv.slice(2);
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const store = await openPostgresStore({ connectionString, schema, spill: false, logger: quiet });
let wasStopped = false;
const documents = {
  ...store.documents,
  update(key, change, options) {
    if (!wasStopped && options?.lease && key === "registry/policy/triage") {
      wasStopped = true;
      process.kill(process.pid, "SIGSTOP");
    }
    return store.documents.update(key, change, options);
  },
};
const loop = await CollectiveLearningLoop.open({ store: { ...store, documents }, logger: quiet, role: "learn" });
const said = await loop.triggerLearningCycle().then(
  (report) => ({ steps: report.steps.map(({ component, state, message }) => ({ component, state, message })) }),
  (error) => ({ failed: error.message }),
);
process.stdout.write(`${JSON.stringify({ wasStopped, ...said })}\n`, () => process.exit(0));
