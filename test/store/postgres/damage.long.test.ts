import { describe, expect, it } from "vitest";
import { createFactCollector } from "../../../src/learning/cycle/collector.js";
import type { LearningWorker } from "../../../src/learning/thread/host.js";
import type { FactKind, LearningStore } from "../../../src/store/index.js";
import { JOBS } from "../../../src/worker/jobs/index.js";
import { CollectedFacts } from "../../../src/worker/state.js";
import { decision, sampleFeedback, segment } from "../facts.js";
import { postgresForTests } from "./schemas.js";

const { at, fresh, open } = postgresForTests();
const KINDS: readonly FactKind[] = ["trace", "decision", "feedback"];
const TABLES = { trace: "traces", decision: "decisions", feedback: "feedback" };
const FLAWS = ["", "{ torn", "[]", "null", "7", "1e400", '{"schemaVersion":99}'];

async function filled(): Promise<LearningStore> {
  fresh();
  const store = await open();
  const ns = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  await store.append(
    "trace",
    ns.map((n) => segment(n)),
  );
  await store.append(
    "decision",
    ns.map((n) => decision(n)),
  );
  await store.append(
    "feedback",
    ns.map((n) => sampleFeedback(n)),
  );
  return store;
}

/** Writes other texts into rows, one flaw each. */
async function spoil(kind: FactKind, rows: number, change?: string): Promise<void> {
  for (let i = 0; i < rows; i++) {
    const body = change ?? FLAWS[i];
    await at.admin.query(`UPDATE ${at.schema}.${TABLES[kind]} SET body = $1 WHERE seq = $2`, [body, i + 2]);
  }
}

async function read(store: LearningStore, kind: FactKind, latest: boolean): Promise<number> {
  let count = 0;
  for await (const { facts } of store.read(kind, latest ? { latest } : {})) count += facts.length;
  return count;
}

describe("rows of PostgreSQL that were changed by hand", () => {
  it("hide no other, are counted, and are named in the status", async () => {
    const store = await filled();
    for (const kind of KINDS) await spoil(kind, FLAWS.length);
    for (const kind of KINDS) {
      expect(await read(store, kind, false)).toBe(3);
      expect(await read(store, kind, true)).toBe(3);
      expect(await store.ofRuns!(kind, new Set(["w1", "w9"]))).toHaveLength(1);
    }
    const { unreadable, problems } = await store.health();
    expect(unreadable).toEqual({ trace: 7, decision: 7, feedback: 7 });
    expect(problems.map(({ code, count }) => `${code} ${count}`)).toEqual(Array(3).fill("STORE_CORRUPT 7"));
    expect(problems[1]!.message).toMatch(
      /^7 decision record\(s\) of store_\d+\.decisions cannot be read and are left out; the first is the row of lane 1, seq 2 \(.+\)\. Correct/,
    );
  });

  it("are looked through where their time is none", async () => {
    const store = await filled();
    await at.admin.query(`UPDATE ${at.schema}.traces SET at = -99999999999999999 WHERE seq = 2`);
    let found = 0;
    for await (const { facts } of store.read("trace", { latest: true, text: "w" })) found += facts.length;
    expect(found).toBe(10);
  });

  it("are read again once they are mended", async () => {
    const store = await filled();
    await spoil("trace", 1);
    expect(await read(store, "trace", true)).toBe(9);
    expect((await store.health()).unreadable.trace).toBe(1);
    await spoil("trace", 1, JSON.stringify(segment(1)));
    expect(await read(store, "trace", true)).toBe(10);
    expect(await store.health()).toMatchObject({ unreadable: { trace: 0 }, problems: [] });
  });

  it("stop no learner, which tells the store what it could not read", async () => {
    const store = await filled();
    for (const kind of KINDS) await spoil(kind, 3);
    const state = new CollectedFacts();
    const worker = {
      generation: 0,
      run: async (job: keyof typeof JOBS, input: never) =>
        JOBS[job].run(input, { state, cancelled: () => false, progress() {} }),
    };
    const collector = createFactCollector(store, worker as unknown as LearningWorker, 64);
    await collector.collect();
    expect([state.traces.size, state.decisions.size, state.feedback.size]).toEqual([7, 7, 7]);
    expect((await store.health()).unreadable).toEqual({ trace: 3, decision: 3, feedback: 3 });
    await store.append("decision", [decision(10), decision(11)]);
    await at.admin.query(`UPDATE ${at.schema}.decisions SET body = '{}' WHERE seq = 11`);
    await collector.collect();
    expect(state.decisions.size).toBe(8);
    expect((await store.health()).unreadable.decision).toBe(4);
  });

  it("fail with a code where they are documents", async () => {
    const store = await filled();
    await store.documents.put("registry/x", { n: 1 });
    await store.documents.put("registry/y", { n: 2 });
    await at.admin.query(`UPDATE ${at.schema}.documents SET value = '{ torn' WHERE key = 'registry/x'`);
    const code = "STORE_CORRUPT";
    await expect(store.documents.get("registry/x")).rejects.toMatchObject({ code });
    await expect(store.documents.update("registry/x", () => 1)).rejects.toMatchObject({ code });
    expect(await store.documents.get("registry/y")).toEqual({ n: 2 });
    await store.documents.put("registry/x", { n: 3 });
    expect(await store.documents.get("registry/x")).toEqual({ n: 3 });
  });
});
