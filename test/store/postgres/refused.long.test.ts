import { describe, expect, it } from "vitest";
import { openPostgresStore, type PostgresStoreOptions } from "../../../src/store/postgres/index.js";
import { decision, segment } from "../facts.js";
import { idsOf, postgresForTests } from "./schemas.js";

const { at, fresh, open } = postgresForTests();

describe("PostgreSQL store, refused", () => {
  const refused = (options: Partial<PostgresStoreOptions>) =>
    open(options).then(
      () => "opened",
      (error) => `${error.code}: ${error.message}`,
    );
  it.each<[string, (url: string) => string, RegExp]>([
    ["no server", () => "postgres://postgres@127.0.0.1:1/x", /^STORE_UNREACHABLE.*ECONNREFUSED/],
    ["a wrong password", (url) => url.replace(":password", ":wrong"), /^STORE_REFUSED.*password/],
    ["a database that is not there", (url) => `${url}_not`, /^STORE_REFUSED.*database that exists/],
    ["TLS where the server has none", (url) => `${url}?sslmode=require`, /^STORE_REFUSED.*encryption/],
    ["an address that is none", () => "postgres://:::", /^CONFIG_INVALID.*postgres:/],
  ])("by %s, with a code", async (_, change, expected) => {
    fresh();
    expect(await refused({ connectionString: change(at.server.url) })).toMatch(expected);
  });
  it.each<[string, Partial<PostgresStoreOptions>]>([
    ["a pool beside a connection string", { pool: {} as never, connectionString: "x" }],
    ["a schema that is no name", { schema: 'a"b' }],
    ["partitions of no days", { partitionDays: 0 }],
  ])("%s", async (_, options) => {
    await expect(openPostgresStore({ connectionString: at.server.url, ...options })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
  });

  it("what a serving user's rights do not allow, and nothing else", async () => {
    fresh();
    const owner = await open();
    await owner.append("trace", [segment(1)]);
    await at.admin.query(`
      CREATE ROLE serving_${at.count} LOGIN PASSWORD 'p';
      GRANT USAGE ON SCHEMA ${at.schema} TO serving_${at.count};
      GRANT SELECT ON ALL TABLES IN SCHEMA ${at.schema} TO serving_${at.count};
      GRANT INSERT ON ${at.schema}.traces, ${at.schema}.decisions, ${at.schema}.feedback, ${at.schema}.lanes, ${at.schema}.blobs TO serving_${at.count};
      GRANT UPDATE ON ${at.schema}.lanes, ${at.schema}.settings TO serving_${at.count};
      GRANT INSERT, UPDATE, DELETE ON ${at.schema}.documents, ${at.schema}.leases TO serving_${at.count};
      GRANT EXECUTE ON FUNCTION ${at.schema}.ensure_partition(text, integer) TO serving_${at.count}`);
    const url = at.server.url.replace("postgres:password", `serving_${at.count}:p`);
    const store = await open({ connectionString: url });
    // A partition that is not there yet is made by the function, with its owner's rights.
    await store.append("decision", [decision(1)]);
    await store.append("trace", [segment(2)]);
    await store.documents.update("a", () => 1);
    await store.blobs.write("b", "c");
    expect((await idsOf(store)).ids).toEqual(["w1", "w2"]);
    await expect(store.erase({ workflowId: "w1" })).rejects.toMatchObject({ code: "STORE_REFUSED" });
    fresh();
    await expect(open({ connectionString: url })).rejects.toMatchObject({ code: "STORE_REFUSED" });
  });
});
