import { EventEmitter } from "node:events";
import pg from "pg";
import { expect, it } from "vitest";
import { type PostgresClient, sqlOver } from "../../../src/store/postgres/sql.js";
import { segment } from "../facts.js";
import { idsOf, postgresForTests } from "./schemas.js";

const { at, fresh, open } = postgresForTests();

it("PostgreSQL leaves a connection of the host's pool to reads and writes, however many stores listen over it", async () => {
  fresh();
  const pool = new pg.Pool({ connectionString: at.server.url, max: 2 });
  const stores = [await open({ pool: pool as never }), await open({ pool: pool as never })];
  const heard = stores.map((store) => new Promise<void>((told) => void store.listen?.(told)));
  await Promise.all(stores.map((store, n) => store.append("trace", [segment(n)])));
  await stores[0]!.documents.put("registry/index", { v: 1 });
  await Promise.all(heard);
  expect((await idsOf(stores[1]!)).ids.sort()).toEqual(["w0", "w1"]);
  await Promise.all(stores.map((store) => store.close()));
  await pool.end();
});

it("PostgreSQL listens to a connection's errors from the moment it is handed out", async () => {
  const lost = Object.assign(new Error("terminating connection"), { code: "57P01" });
  const client = Object.assign(new EventEmitter(), { query: () => Promise.reject(lost), release: () => {} });
  const pool = {
    on: () => {},
    off: () => {},
    end: async () => {},
    // The server ends it in the same breath, as its messages come together.
    connect(done?: (error?: Error, handedOut?: PostgresClient) => void) {
      done?.(undefined, client as unknown as PostgresClient);
      client.emit("error", lost);
      return undefined;
    },
  };
  await expect(sqlOver(pool, "s", 1000).query("asking", "SELECT 1")).rejects.toMatchObject({
    code: "STORE_UNREACHABLE",
  });
});

it("PostgreSQL says so where its settings were changed by hand", async () => {
  fresh();
  await open();
  await at.admin.query(`DELETE FROM ${at.schema}.settings WHERE name = 'lane'`);
  const store = await open();
  await expect(store.append("trace", [segment(1)])).rejects.toMatchObject({ code: "STORE_CORRUPT" });
  for (const days of [0, -7, Number.MAX_SAFE_INTEGER]) {
    await at.admin.query(`UPDATE ${at.schema}.settings SET value = ${days} WHERE name = 'partitionDays'`);
    await expect(open()).rejects.toMatchObject({ code: "STORE_CORRUPT" });
  }
});
