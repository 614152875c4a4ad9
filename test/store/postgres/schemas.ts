import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll } from "vitest";
import type { FactKind, FactQuery, LearningStore } from "../../../src/store/index.js";
import { openPostgresStore, type PostgresStoreOptions } from "../../../src/store/postgres/index.js";
import { startPostgres, type TestServer } from "../../support/postgres.js";

/** A server for the tests of one file, and stores in schemas of their own, closed after each test. */
export function postgresForTests() {
  const at = {
    server: undefined as unknown as TestServer,
    admin: undefined as unknown as pg.Pool,
    schema: "",
    count: 0,
  };
  const stores: LearningStore[] = [];
  beforeAll(async () => {
    at.server = await startPostgres(["fsync=off"]);
    at.admin = new pg.Pool({ connectionString: at.server.url, max: 4 });
    at.admin.on("error", () => {});
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });
  afterAll(async () => {
    await at.admin.end();
    await at.server.stop();
  });
  return {
    at,
    /** From here on stores open in a schema of their own. */
    fresh(): void {
      at.schema = `store_${++at.count}`;
    },
    async open(options: Partial<PostgresStoreOptions> = {}): Promise<LearningStore> {
      const address = options.pool ? {} : { connectionString: at.server.url };
      const spill = { folder: join(mkdtempSync(join(tmpdir(), "spill-")), "s") };
      const store = await openPostgresStore({ ...address, schema: at.schema, spill, ...options });
      stores.push(store);
      return store;
    },
  };
}

/** The runs of all facts of a kind in order, and the cursor behind them. */
export async function idsOf(store: LearningStore, kind: FactKind = "trace", query: FactQuery = {}) {
  const ids: string[] = [];
  let cursor = query.after;
  for await (const batch of store.read(kind, query)) {
    ids.push(...batch.facts.map((f) => f.workflowId));
    cursor = batch.cursor;
  }
  return { ids, cursor };
}
