import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { Clock } from "../../../src/core/index.js";
import type { LearningStore } from "../../../src/store/index.js";
import { openPostgresStore } from "../../../src/store/postgres/index.js";
import { startPostgres, type TestServer } from "../../support/postgres.js";
import { tryStore } from "../contract.js";

let server: TestServer;
let schemas = 0;
beforeAll(async () => {
  server = await startPostgres(["fsync=off"]);
});
afterAll(() => server.stop());

const schemaOf = new WeakMap<LearningStore, string>();
const openIn = async (schema: string, clock: Clock) => {
  const spill = { folder: mkdtempSync(join(tmpdir(), "spill-")) };
  const store = await openPostgresStore({ connectionString: server.url, schema, spill, clock });
  schemaOf.set(store, schema);
  return store;
};

tryStore("PostgreSQL store", {
  open: (clock) => openIn(`contract_${++schemas}`, clock),
  again: (store, clock) => openIn(schemaOf.get(store)!, clock),
  // Leases end by the server's clock.
  async elapse(clock, ms) {
    clock.advance(ms);
    await new Promise((resolve) => setTimeout(resolve, ms));
  },
});
