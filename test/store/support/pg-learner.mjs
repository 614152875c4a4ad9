// Follows the traces by a cursor that it keeps in a document, together with how many it has seen: what a learner that
// is killed at any moment had noted is what the next one goes on from.
// Arguments: connection string, schema, spill folder.
import { openPostgresStore } from "langgraph-collective-learning/postgres";

const [connectionString, schema, folder] = process.argv.slice(2);
const quiet = { debug() {}, info() {}, warn() {}, error: (...words) => console.error(...words) };
const again = async (work) => {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error.code !== "STORE_UNREACHABLE") throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
};
const store = await again(() => openPostgresStore({ connectionString, schema, spill: { folder }, logger: quiet }));
process.stdout.write("ready\n");
for (;;) {
  await again(async () => {
    const seen = (await store.documents.get("seen")) ?? { cursor: undefined, count: 0 };
    const query = seen.cursor === undefined ? { limit: 200 } : { after: seen.cursor, limit: 200 };
    for await (const { facts, cursor } of store.read("trace", query)) {
      const next = { cursor, count: seen.count + facts.length };
      // Two learners may read the same; one of them notes it.
      await store.documents.update("seen", (present) => ((present?.count ?? 0) === seen.count ? next : present));
      break;
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
}
