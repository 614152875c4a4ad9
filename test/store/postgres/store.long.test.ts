import pg from "pg";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../src/core/index.js";
import type { FactQuery } from "../../../src/store/index.js";
import { Lanes } from "../../../src/store/postgres/lane.js";
import { columnsOf, rowOf } from "../../../src/store/postgres/row.js";
import { type Sql, sqlOver } from "../../../src/store/postgres/sql.js";
import { decision, sampleFeedback, segment } from "../facts.js";
import { transactionPooler } from "./pooler.js";
import { idsOf, postgresForTests } from "./schemas.js";

const { at, fresh, open } = postgresForTests();
const sql = (): Sql => sqlOver(at.admin as never, at.schema, 5000);
const batchOf = (lane: string, number: number, ...ids: number[]) => ({
  lane,
  number,
  columns: columnsOf(
    "trace",
    ids.map((n) => rowOf("trace", segment(n))),
    Date.now(),
    7,
  ),
});

describe("PostgreSQL store", () => {
  it("makes its tables once, however many start together", async () => {
    fresh();
    const opened = await Promise.all(Array.from({ length: 10 }, () => open({ maxConnections: 2 })));
    const { rows } = await at.admin.query(`SELECT version FROM ${at.schema}.migrations`);
    expect(rows).toEqual([{ version: 1 }]);
    await Promise.all(opened.map((store, n) => store.append("trace", [segment(n)])));
    expect((await idsOf(opened[0]!)).ids.sort()).toEqual(opened.map((_, n) => `w${n}`).sort());
  });

  it("goes on over a pool of one connection, also while it listens", async () => {
    fresh();
    const store = await open({ maxConnections: 1 });
    let told = () => {};
    const change = new Promise<void>((resolve) => {
      told = resolve;
    });
    const end = store.listen?.(told);
    await Promise.all([1, 2, 3].map((n) => store.append("trace", [segment(n)])));
    await store.documents.put("registry/index", { v: 1 });
    expect((await idsOf(store)).ids.sort()).toEqual(["w1", "w2", "w3"]);
    await change;
    end?.();
  });

  it("refuses tables of a later release", async () => {
    fresh();
    await open();
    await at.admin.query(`INSERT INTO ${at.schema}.migrations (version) VALUES (99)`);
    await expect(open()).rejects.toMatchObject({ code: "STORE_IO", message: expect.stringContaining("version 99") });
  });

  it("never skips what is committed late", async () => {
    fresh();
    const store = await open();
    await store.append("trace", [segment(1)]);
    const lanes = new Lanes(sql());
    await lanes.deliver(batchOf("slow", 1, 2));
    const { cursor } = await idsOf(store);
    // A statement that takes its time in another process, while this one goes on.
    const slow = await at.admin.connect();
    await slow.query("BEGIN");
    await new Lanes({
      schema: sql().schema,
      query: async (_: string, text: string, values: unknown[] = []) => {
        const { rows, rowCount } = await slow.query(text, values);
        return { rows, count: rowCount ?? 0 };
      },
    } as Sql).deliver(batchOf("slow", 2, 3));
    await store.append("trace", [segment(4)]);
    const before = await idsOf(store, "trace", { after: cursor });
    expect(before.ids).toEqual(["w4"]);
    await slow.query("COMMIT");
    slow.release();
    expect((await idsOf(store, "trace", { after: before.cursor })).ids).toEqual(["w3"]);
    expect((await idsOf(store)).ids.sort()).toEqual(["w1", "w2", "w3", "w4"]);
  });

  it("takes a batch once, however often it is tried, also by the lane that follows an ended one", async () => {
    fresh();
    const store = await open();
    const lanes = new Lanes(sql());
    expect(await lanes.deliver(batchOf("a", 1, 1, 2))).toBe("a");
    await Promise.all([1, 2, 3].map(() => lanes.deliver(batchOf("a", 2, 3))));
    await lanes.end("a");
    expect(await lanes.deliver(batchOf("a", 2, 3))).toBe("a");
    expect(await lanes.deliver(batchOf("a", 3, 4))).toBe("a+");
    expect(await lanes.deliver(batchOf("a", 3, 4))).toBe("a+");
    expect((await idsOf(store)).ids).toEqual(["w1", "w2", "w3", "w4"]);
  });

  it("takes batches of several kinds together, once, though some of them have arrived with others", async () => {
    fresh();
    const store = await open();
    const lanes = new Lanes(sql());
    const decided = {
      ...batchOf("a", 3),
      columns: columnsOf("decision", [rowOf("decision", decision(5))], Date.now(), 7),
    };
    await lanes.deliver(batchOf("a", 1, 1), batchOf("a", 2, 2));
    await lanes.deliver(batchOf("a", 2, 2), decided, batchOf("a", 4, 3));
    await lanes.deliver(batchOf("a", 1, 1), batchOf("a", 2, 2), decided, batchOf("a", 4, 3), batchOf("a", 5, 4));
    expect((await idsOf(store)).ids).toEqual(["w1", "w2", "w3", "w4"]);
    expect((await idsOf(store, "decision")).ids).toEqual([decision(5).workflowId]);
    const { rows } = await at.admin.query(
      `SELECT batch::int, trace_seq::int, decision_seq::int FROM ${at.schema}.lanes`,
    );
    expect(rows).toContainEqual({ batch: 5, trace_seq: 4, decision_seq: 1 });
  });

  it("gives a statement up that takes too long", async () => {
    fresh();
    await open();
    const store = await open({ statementTimeoutMs: 4000 });
    const locking = await at.admin.connect();
    try {
      await locking.query(`BEGIN; LOCK TABLE ${at.schema}.documents IN ACCESS EXCLUSIVE MODE`);
      await expect(store.documents.get("held")).rejects.toThrow(/STORE_UNREACHABLE.*timeout/);
    } finally {
      await locking.query("ROLLBACK");
      locking.release();
    }
    expect(await store.documents.get("held")).toBeUndefined();
  });

  it("has cursors that grow with the writers of now, not of all times", async () => {
    fresh();
    const reader = await open();
    let cursor: string | undefined;
    for (let n = 0; n < 12; n++) {
      const writer = await open({ maxConnections: 2 });
      await writer.append("trace", [segment(n)]);
      await writer.close();
      const next = await idsOf(reader, "trace", cursor === undefined ? {} : { after: cursor });
      expect(next.ids).toEqual([`w${n}`]);
      cursor = next.cursor;
    }
    expect(cursor).toBe("pg1t12");
  });

  it("reads pages in the order of an index, whatever they are filtered by", async () => {
    fresh();
    const real = new pg.Pool({ connectionString: at.server.url, max: 2 });
    const asked: { text: string; values: unknown[] }[] = [];
    const pool = {
      options: { max: 2 },
      connect: async () => {
        const client = await real.connect();
        return new Proxy(client, {
          get: (target, key) => {
            const value = Reflect.get(target, key);
            if (key !== "query") return typeof value === "function" ? value.bind(target) : value;
            return (config: { text: string; values: unknown[] }) => {
              if (config.text.includes("ORDER BY")) asked.push(config);
              return target.query(config);
            };
          },
        });
      },
      end: () => real.end(),
      on: () => {},
      off: () => {},
    };
    const store = await open({ pool: pool as never, partitionDays: 1, clock: new ManualClock(Date.UTC(2026, 5, 3)) });
    const dayOf = (n: number) => new Date(Date.UTC(2026, 5, 1 + (n % 2), 0, 0, n)).toISOString();
    const keysOf = (n: number) => ({ threadId: `t${n % 3}`, userId: `u${n % 3}`, workflowType: `x${n % 2}` });
    const traces = Array.from({ length: 400 }, (_, n) =>
      segment(n, { startedAt: dayOf(n), ...keysOf(n), ...(n % 9 === 0 && { status: "error" as const }) }),
    );
    await store.append("trace", traces);
    await at.admin.query(`ANALYZE ${at.schema}.traces`);
    const filters: FactQuery[] = [
      { latest: true },
      { latest: true, workflowType: "x1" },
      { latest: true, status: "error" },
      { latest: true, userId: "u1" },
      { latest: true, threadId: "t1" },
      { latest: true, to: "2026-06-02T00:00:00.000Z" },
      { status: "error" },
    ];
    for (const filter of filters) expect((await idsOf(store, "trace", { ...filter, limit: 5 })).ids).toHaveLength(5);
    expect(asked.filter(({ text }) => text.includes(".traces"))).toHaveLength(filters.length);
    const planner = await at.admin.connect();
    await planner.query("SET enable_seqscan = off; SET enable_bitmapscan = off");
    for (const { text, values } of asked.filter((a) => a.text.includes(".traces"))) {
      const { rows } = await planner.query(`EXPLAIN ${text}`, values);
      expect(rows.map((row) => row["QUERY PLAN"]).join("\n")).not.toMatch(/-> +Sort|^Sort|Seq Scan/m);
    }
    await planner.query("RESET ALL");
    planner.release();
    await store.close();
    await real.end();
  });

  it("keeps facts whose keys no column can hold", async () => {
    fresh();
    const store = await open();
    const long = "x".repeat(5000);
    await store.append("trace", [segment(1, { threadId: "nul\0l", userId: long, workflowId: "lone \ud800" })]);
    expect((await idsOf(store, "trace", { threadId: "nul\0l" })).ids).toEqual(["lone \ud800"]);
    expect((await idsOf(store, "trace", { userId: long })).ids).toHaveLength(1);
    expect((await store.erase({ userId: long })).trace).toBe(1);
  });

  it("refuses one bad fact and not those beside it", async () => {
    fresh();
    const store = await open();
    const results = await Promise.allSettled([
      store.append("trace", [segment(1)]),
      store.append("trace", [segment(2, { startedAt: "once" })]),
      store.append("trace", [segment(3)]),
    ]);
    expect(results.map((r) => r.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((await idsOf(store)).ids).toEqual(["w1", "w3"]);
  });

  it("works behind a pooler in transaction mode, and looks for changes where it hears of none", async () => {
    fresh();
    const real = new pg.Pool({ connectionString: at.server.url, max: 6 });
    const clock = new ManualClock();
    const store = await open({ pool: transactionPooler(real), clock });
    const other = await open();
    await Promise.all([1, 2, 3, 4].map((n) => store.append("trace", [segment(n, { userId: "u" })])));
    await store.append("feedback", [sampleFeedback(1)]);
    expect((await idsOf(store)).ids).toHaveLength(4);
    expect(await store.erase({ userId: "u" })).toMatchObject({ trace: 4, feedback: 1 });
    await Promise.all([1, 2, 3].map(() => store.documents.update<number>("n", (n = 0) => n + 1)));
    expect(await other.documents.get("n")).toBe(3);
    let told = 0;
    const end = store.listen?.(() => told++);
    const look = async () => {
      const before = told;
      for (let i = 0; i < 100 && told === before; i++) {
        clock.advance(1000);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return told > before;
    };
    expect(await look()).toBe(true);
    await other.documents.put("registry/policy", { version: 1 });
    expect(await look()).toBe(true);
    end?.();
    await store.close();
    await real.end();
  });

  it("tells of changes of the registry at once, and of no others", async () => {
    fresh();
    const [here, there] = [await open(), await open()];
    let told = 0;
    let wake = () => {};
    here.listen?.(() => {
      told++;
      wake();
    });
    const next = () => new Promise<void>((resolve) => (wake = resolve));
    // It tells once when it begins to hear.
    await next();
    const before = told;
    await there.documents.put("gate/x", 1);
    const heard = next();
    await there.documents.update("registry/policy", () => 1);
    await heard;
    expect(told).toBe(before + 1);
  });

  it("drops whole partitions by age and by size, never the newest, and stops no writer", async () => {
    fresh();
    const day = 86_400_000;
    const clock = new ManualClock(Date.UTC(2026, 5, 1));
    const store = await open({ clock, partitionDays: 1 });
    const atDay = (n: number) => new Date(Date.UTC(2026, 4, 1) + n * day).toISOString();
    const of = (n: number) => segment(n, { startedAt: atDay(n), metadata: { x: "y".repeat(1500) } });
    await store.append("trace", [0, 10, 20, 30].map(of));
    await store.append("decision", [decision(1, { at: atDay(0) })]);
    // A writer in the middle of a long transaction: neither a new partition nor an old one's end may wait for it.
    const busy = await at.admin.connect();
    await busy.query(`BEGIN; LOCK TABLE ${at.schema}.traces IN ROW EXCLUSIVE MODE`);
    await store.append("trace", [of(31)]);
    await busy.query("COMMIT");
    busy.release();
    expect(await store.retain({ maxAgeDays: 15 })).toBe(3);
    expect((await idsOf(store)).ids).toEqual(["w20", "w30", "w31"]);
    expect(await store.retain({ maxBytes: 17_000 })).toBe(1);
    expect(await store.retain({ maxBytes: 1 })).toBe(1);
    expect((await idsOf(store)).ids).toEqual(["w31"]);
    expect(await store.retain({ maxBytes: 1, maxAgeDays: 1000 })).toBe(0);
  });

  it("puts what is dated strangely with what arrives now", async () => {
    fresh();
    const clock = new ManualClock(Date.UTC(2026, 5, 1));
    const store = await open({ clock });
    const years = [1970, 1990, 2019, 2031, 2999];
    await store.append(
      "trace",
      years.map((year, n) => segment(n, { startedAt: `${year}-01-01T00:00:00.000Z` })),
    );
    const { rows } = await at.admin.query("SELECT count(*)::int AS n FROM pg_inherits WHERE inhparent = $1::regclass", [
      `${at.schema}.traces`,
    ]);
    expect(rows).toEqual([{ n: 1 }]);
    expect((await idsOf(store, "trace", { latest: true })).ids).toEqual(["w4", "w3", "w2", "w1", "w0"]);
  });
});
