import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { openPostgresStore } from "../../../src/store/postgres/index.js";
import { startPostgres, type TestServer } from "../../support/postgres.js";
import { storeContract } from "../contract.js";

let server: TestServer;
let schemas = 0;
beforeAll(async () => {
  server = await startPostgres(["fsync=off"]);
});
afterAll(() => server.stop());

storeContract("PostgreSQL store", (clock) =>
  openPostgresStore({
    connectionString: server.url,
    schema: `contract_${++schemas}`,
    spill: { folder: mkdtempSync(join(tmpdir(), "spill-")) },
    clock,
  }),
);
