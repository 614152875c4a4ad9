import pg from "pg";
import { describe, expect, it } from "vitest";
import { ArrayWriter } from "../../../src/store/postgres/arrays.js";
import { segment } from "../facts.js";
import { idsOf, postgresForTests } from "./schemas.js";

const { at, fresh, open } = postgresForTests();

describe("the writer of the PostgreSQL store", () => {
  it("writes arrays as PostgreSQL reads them", async () => {
    const texts = ["", null, 'quo"te', "a,b{}\\", "ü漢😀", "lone \ud800"];
    const numbers = [0, 1, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER];
    const arrays = new ArrayWriter();
    // The first arrays outgrow the memory, later ones share it, and after `clear` it is written over.
    for (const repeated of [1, 50, 3, 50, 1]) {
      const many = Array.from({ length: repeated }, () => texts).flat();
      const { rows } = await at.admin.query("SELECT $1::text[] AS texts, $2::bigint[] AS numbers, $3::text[] AS none", [
        arrays.texts(many),
        arrays.bigints(numbers),
        arrays.texts([]),
      ]);
      arrays.clear();
      expect(rows[0].texts).toEqual(many.map((text) => text?.replace("\ud800", "\ufffd") ?? null));
      expect(rows[0].numbers.map(Number)).toEqual(numbers);
      expect(rows[0].none).toEqual([]);
    }
  });

  it("sends what waits before it tells whose facts are written", async () => {
    fresh();
    const events: string[] = [];
    const pool = new pg.Pool({ connectionString: at.server.url, max: 2 });
    pool.on("error", () => {});
    pool.on("connect", (client) => {
      const query = client.query.bind(client) as unknown as (config: { text: string }) => never;
      client.query = ((config: { text: string }) => {
        if (config.text.includes("INSERT INTO")) events.push("sent");
        return query(config);
      }) as never;
    });
    const store = await open({ pool: pool as never });
    await store.append("trace", [segment(0)]);
    events.length = 0;
    const first = store.append("trace", [segment(1)]).then(() => events.push("told"));
    while (events.length === 0) await new Promise(setImmediate);
    const second = store.append("trace", [segment(2)]).then(() => events.push("told"));
    await Promise.all([first, second]);
    expect(events).toEqual(["sent", "sent", "told", "told"]);
    expect((await idsOf(store)).ids).toEqual(["w0", "w1", "w2"]);
    await store.close();
    await pool.end();
  });
});
