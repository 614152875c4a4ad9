import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../src/core/index.js";
import { extremesOf } from "../../../src/store/facts.js";
import type { FactQuery, LearningStore } from "../../../src/store/index.js";
import { searchTermsOf, textTerms } from "../../../src/store/postgres/terms.js";
import { sampleFeedback, segment } from "../facts.js";
import { postgresForTests } from "./schemas.js";

const { at, fresh, open } = postgresForTests();

/** Beyond what is looked through before an index is asked, over many partitions. */
const RUNS = 6000;
const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 5, 1);
const timeOf = (n: number) => new Date(NOW - (RUNS - n) * HOUR_MS).toISOString();

const runOf = (n: number) =>
  segment(n, {
    startedAt: timeOf(n),
    tags: n % 1000 === 3 ? ["Escalated"] : n % 2 ? ["odd one"] : [],
    metadata: { request: `r-${n * 7919}` },
    ...(n % 500 === 0 && { threadId: `topic-${n}` }),
    edges: [
      { from: "a", to: n % 1500 === 1 ? "rare" : "b", kind: "conditional", path: [], step: 1, started: n !== 1501 },
    ],
    nodes:
      n % 1500 === 2
        ? [
            {
              ...{ name: "b", path: [], step: 1, taskId: `t${n}`, attempt: 1, startedAt: timeOf(n), durationMs: 1 },
              status: "error",
            },
          ]
        : [],
  });

async function found(store: LearningStore, query: FactQuery) {
  const ids: string[] = [];
  let looked = 0;
  const untils: number[] = [];
  for await (const batch of store.read("trace", { latest: true, ...query })) {
    ids.push(...batch.facts.map((t) => t.workflowId));
    looked += batch.looked?.facts ?? 0;
    if (batch.looked) untils.push(Date.parse(batch.looked.until));
  }
  expect(untils).toEqual([...untils].sort((a, b) => b - a));
  return { ids, looked };
}

describe("what is looked for in PostgreSQL", () => {
  it("is found newest first, and what is rare without looking at everything", async () => {
    fresh();
    const store = await open({ clock: new ManualClock(NOW) });
    for (let n = 0; n < RUNS; n += 1000)
      await store.append(
        "trace",
        Array.from({ length: 1000 }, (_, i) => runOf(n + i)),
      );
    await at.admin.query(`ANALYZE ${at.schema}.traces`);
    const rare = await found(store, { text: "sCALAt" });
    expect(rare.ids).toEqual(["w5003", "w4003", "w3003", "w2003", "w1003", "w3"]);
    expect(rare.looked).toBeLessThan(RUNS * 0.75);
    // A value of the metadata, an id by its beginning, and what nobody wrote.
    expect((await found(store, { text: `r-${17 * 7919}` })).ids).toContain("w17");
    expect((await found(store, { text: "topic-1000" })).ids).toEqual(["w1000"]);
    expect(await found(store, { text: "nobody wrote this" })).toMatchObject({ ids: [] });
    expect((await found(store, { took: "a>rare" })).ids).toEqual(["w4501", "w3001", "w1"]);
    expect((await found(store, { failedIn: "b" })).ids).toEqual([4502, 3002, 1502, 2].map((n) => `w${n}`));
    // Together with what a column answers, and from a time on.
    const type = runOf(3).workflowType;
    expect((await found(store, { text: "escalated", workflowType: type, to: timeOf(2500) })).ids).toEqual(
      [2003, 1003, 3].map((n) => `w${n}`),
    );
    // What is frequent comes in one go with the newest.
    let first: string[] | undefined;
    for await (const { facts } of store.read("trace", { latest: true, text: "odd", batchSize: 50 })) {
      first = facts.map((t) => t.workflowId);
      break;
    }
    expect(first).toEqual(Array.from({ length: 50 }, (_, i) => `w${RUNS - 1 - 2 * i}`));
  });

  it("is found of judgements by their values", async () => {
    fresh();
    const store = await open({ clock: new ManualClock(NOW) });
    const said = Array.from({ length: 4000 }, (_, n) => ({
      ...sampleFeedback(n),
      at: timeOf(n),
      ratings: { satisfaction: n % 900 === 7 ? 0.99 : 0.5 },
      thumbs: undefined,
    }));
    await store.append("feedback", said);
    const ids: string[] = [];
    for await (const { facts } of store.read("feedback", { latest: true, valueFrom: 0.99 }))
      ids.push(...facts.map((f) => f.workflowId));
    const high = said.filter((f) => (extremesOf(f)?.[1] ?? 0) >= 0.99).map((f) => f.workflowId);
    expect(high.length).toBeGreaterThan(2);
    expect(ids).toEqual(high.reverse());
    for await (const { facts } of store.read("feedback", { latest: true, valueTo: 0.1 }))
      expect(facts.filter((f) => (extremesOf(f)?.[0] ?? 1) <= 0.1)).toEqual(facts);
  });

  it("has a number for each three letters, letter case aside, and a limit", () => {
    expect(searchTermsOf(segment(1))).toBeNull();
    expect(textTerms("ab")).toBeUndefined();
    expect(searchTermsOf(segment(1, { tags: ["vip"] }))).toBe(`{${textTerms("VIP")?.[0]}}`);
    const words = Object.fromEntries([...Array(3000).keys()].map((i) => [`k${i}`, `v-${i * 7919}`]));
    expect(searchTermsOf(segment(1, { metadata: words }))?.split(",").length).toBeLessThanOrEqual(4096);
  });
});
