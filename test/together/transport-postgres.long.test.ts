import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPostgresStore } from "langgraph-collective-learning/postgres";
import type { LearningStore } from "langgraph-collective-learning/store";
import { storeTransport } from "langgraph-collective-learning/together";
import { afterAll, afterEach, beforeAll } from "vitest";
import { startPostgres, type TestServer } from "../support/postgres.js";
import { tryTransport } from "./support/contract.js";

let server: TestServer;
let schemas = 0;
const stores: LearningStore[] = [];
beforeAll(async () => {
  server = await startPostgres(["fsync=off"]);
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});
afterAll(() => server.stop());

async function openIn(schema: string) {
  const spill = { folder: mkdtempSync(join(tmpdir(), "spill-")) };
  const store = await openPostgresStore({ connectionString: server.url, schema, spill });
  stores.push(store);
  return storeTransport(store.documents);
}

tryTransport("PostgreSQL", async () => {
  const schema = `federation_${++schemas}`;
  return { north: await openIn(schema), south: await openIn(schema) };
});
