import assert from "node:assert/strict";
import type { FactKind, FactQuery } from "../learning-store.js";
import { all, ids, isRefused, type StoreCase, storeCase } from "./case.js";
import { at, decision, sampleFeedback, segment } from "./samples.js";

const five = [1, 2, 3, 4, 5];
const wrongQueries: [string, FactQuery][] = [
  ["after together with latest", { after: "x", latest: true }],
  ["a time that is none", { from: "yesterday" }],
  ["a negative limit", { limit: -1 }],
  ["an empty batch", { batchSize: 0 }],
  ["a text without latest", { text: "x" }],
  ["a foreign cursor", { after: "nonsense!" }],
];
const wrongFacts: [FactKind, unknown][] = [
  ["feedback", sampleFeedback(2, { userId: ["al"] as never })],
  ["feedback", sampleFeedback(2, { at: "yesterday" })],
  ["decision", decision(2, { context: { a: { b: 1 } } as never })],
  ["decision", decision(2, { propensity: 0 })],
  ["trace", segment(2, { nodes: undefined })],
  ["trace", segment(2, { durationMs: Number.NaN })],
  ["trace", segment(2, { schemaVersion: 99 as 1 })],
  ["trace", 5],
];

/** What facts must do: order, batches, cursors, conditions. */
export const factCases: StoreCase[] = [
  storeCase("facts come back as they went in, in order, each kind by itself", async ({ make }) => {
    const store = await make();
    const odd = segment(1, { tags: ["ä", "\n", "\u2028"] });
    await store.append("trace", [odd, segment(2)]);
    await store.append("decision", [decision(7)]);
    await store.append("trace", [segment(3)]);
    await store.append("feedback", []);
    assert.deepEqual((await all(store, "trace")).facts, [odd, segment(2), segment(3)]);
    assert.deepEqual((await all(store, "decision")).facts, [decision(7)]);
    assert.deepEqual((await all(store, "feedback")).facts, []);
  }),

  storeCase(
    "the facts of some runs come in one reading as run by run, within the times asked for",
    async ({ make }) => {
      const store = await make();
      if (!store.ofRuns) return;
      const facts = [1, 2, 3, 4, 5, 6].map((n) => decision(n, { workflowId: `w${n % 3}`, at: at(n) }));
      await store.append("decision", facts);
      const runs = new Set(["w0", "w1", "nobody's"]);
      const asked = async (times?: Pick<FactQuery, "from" | "to">) =>
        (await store.ofRuns?.("decision", runs, times))?.map((d) => d.decisionId);
      const expected = (some: readonly number[]) => some.map((n) => decision(n).decisionId);
      assert.deepEqual(await asked(), expected([1, 3, 4, 6]));
      assert.deepEqual(await asked({ from: at(3), to: at(6) }), expected([3, 4]));
      assert.deepEqual(await store.ofRuns("trace", runs), []);
    },
  ),

  storeCase("facts are copies", async ({ make }) => {
    const store = await make();
    const mine = segment(1);
    const appended = store.append("trace", [mine]);
    mine.workflowId = "changed";
    await appended;
    const { facts } = await all(store, "trace");
    assert.deepEqual(ids(facts), ["w1"]);
    for (const fact of facts) fact.workflowId = "changed";
    assert.deepEqual(ids((await all(store, "trace")).facts), ["w1"]);
  }),

  storeCase("facts are taken as the store encodes them, too", async ({ make }) => {
    const store = await make();
    const encoded = [segment(1), segment(2)].map((fact) => store.encode?.("trace", fact) ?? fact);
    await store.append("trace", encoded);
    assert.deepEqual((await all(store, "trace")).facts, [segment(1), segment(2)]);
  }),

  storeCase("facts are read in batches, and from a cursor on", async ({ make }) => {
    const store = await make();
    await store.append(
      "trace",
      five.map((n) => segment(n)),
    );
    const sizes: number[] = [];
    const cursors: string[] = [];
    for await (const batch of store.read("trace", { batchSize: 2 })) {
      sizes.push(batch.facts.length);
      cursors.push(batch.cursor);
    }
    const [first, , last] = cursors;
    assert.deepEqual(sizes, [2, 2, 1]);
    assert.deepEqual(ids((await all(store, "trace", { after: first })).facts), ["w3", "w4", "w5"]);
    assert.deepEqual((await all(store, "trace", { after: last })).facts, []);
    await store.append("trace", [segment(6)]);
    assert.deepEqual(ids((await all(store, "trace", { after: last })).facts), ["w6"]);
    const limited = await all(store, "trace", { after: first, limit: 1 });
    assert.deepEqual(ids(limited.facts), ["w3"]);
    assert.deepEqual(ids((await all(store, "trace", { after: limited.cursor })).facts), ["w4", "w5", "w6"]);
  }),

  storeCase("facts are found by type, status, run, thread, person, decision point and time", async ({ make }) => {
    const store = await make();
    await store.append("trace", [
      segment(1, { threadId: "t1", status: "error" }),
      segment(2, { threadId: "t1", userId: "ann" }),
      segment(3, { threadId: "t2", userId: "ann" }),
      segment(4),
    ]);
    await store.append("decision", [decision(1, { userId: "bob" }), decision(2, { decisionPoint: "other" })]);
    await store.append("feedback", [sampleFeedback(1), sampleFeedback(2)]);
    const found = async (kind: FactKind, query: FactQuery) => ids((await all(store, kind, query)).facts);
    assert.deepEqual(await found("trace", { workflowType: "even" }), ["w2", "w4"]);
    assert.deepEqual(await found("trace", { status: "error" }), ["w1"]);
    assert.deepEqual(await found("trace", { workflowId: "w3" }), ["w3"]);
    assert.deepEqual(await found("trace", { threadId: "t1" }), ["w1", "w2"]);
    assert.deepEqual(await found("trace", { userId: "ann", threadId: "t2" }), ["w3"]);
    assert.deepEqual(await found("trace", { from: at(2000), to: at(4000) }), ["w2", "w3"]);
    assert.deepEqual(await found("decision", { decisionPoint: "other" }), ["w2"]);
    assert.deepEqual(await found("decision", { userId: "bob" }), ["w1"]);
    assert.deepEqual(await found("decision", { userId: "ann" }), []);
    assert.deepEqual(await found("feedback", { userId: "u1" }), ["w1"]);
  }),

  storeCase(
    "decisions are found by destination and version; a text is looked for from the newest on",
    async ({ make }) => {
      const store = await make();
      const facts = five.map((n) =>
        decision(n, { at: at(n), chosen: n % 2 ? "a" : "b", ...(n > 3 && { policyVersion: "v1" }) }),
      );
      await store.append("decision", facts);
      const chosen = (await all(store, "decision", { latest: true, chosen: "a" })).facts.filter(
        (d) => d.chosen === "a",
      );
      assert.deepEqual(ids(chosen), ["w5", "w3", "w1"]);
      const served = (await all(store, "decision", { policyVersion: "v1" })).facts.filter(
        (d) => d.policyVersion === "v1",
      );
      assert.deepEqual(ids(served), ["w4", "w5"]);
      const tags = ["ÄRGER", "100 %", 'a "quoted" one', "back\\slash_x", "plain"];
      await store.append(
        "trace",
        tags.map((tag, i) => segment(i + 1, { tags: [tag] })),
      );
      for (const [i, tag] of tags.entries()) {
        const found: string[] = [];
        for await (const batch of store.read("trace", { latest: true, text: tag.toLowerCase() })) {
          found.push(...batch.facts.filter((t) => t.tags.includes(tag)).map((t) => t.workflowId));
          if (batch.looked) assert.ok(batch.looked.facts > 0 && !Number.isNaN(Date.parse(batch.looked.until)));
        }
        assert.deepEqual(found, [`w${i + 1}`]);
      }
    },
  ),

  storeCase("facts are read newest first", async ({ make }) => {
    const store = await make();
    await store.append(
      "trace",
      [1, 3, 5, 2, 4].map((n) => segment(n)),
    );
    const latest = await all(store, "trace", { latest: true, limit: 3 });
    assert.deepEqual(ids(latest.facts), ["w5", "w4", "w3"]);
    const odd = await all(store, "trace", { latest: true, workflowType: "odd", limit: 2 });
    assert.deepEqual(ids(odd.facts), ["w5", "w3"]);
    if (store.readTexts) {
      const texts: string[] = [];
      for await (const batch of store.readTexts("trace", { latest: true, batchSize: 2 })) texts.push(...batch.texts);
      assert.deepEqual(
        ids(texts.map((text) => JSON.parse(text))),
        ids((await all(store, "trace", { latest: true })).facts),
      );
    }
    const inTwos = await all(store, "trace", { latest: true, batchSize: 2 });
    assert.deepEqual(ids(inTwos.facts), ["w5", "w4", "w3", "w2", "w1"]);
    await store.append("trace", [segment(9)]);
    assert.ok(ids((await all(store, "trace", { after: latest.cursor })).facts).includes("w9"));
  }),

  storeCase("facts read newest first come in full batches and are followed by what comes later", async ({ make }) => {
    const store = await make();
    // Over many segments, where the store has such: among them the times do not rise.
    const filler = { x: "y".repeat(600) };
    const times = [3, 1, 3, 2, 3, 1, 2, 2, 3, 1];
    for (const [n, time] of times.entries())
      await store.append("trace", [segment(n, { startedAt: at(time), metadata: filler })]);
    const batches: string[][] = [];
    let cursor: string | undefined;
    for await (const batch of store.read("trace", { latest: true, batchSize: 3 })) {
      batches.push(ids(batch.facts));
      cursor ??= batch.cursor;
    }
    assert.deepEqual(batches, [["w8", "w4", "w2"], ["w0", "w7", "w6"], ["w3", "w9", "w5"], ["w1"]]);
    assert.deepEqual(ids((await all(store, "trace", { latest: true, limit: 1, to: at(3) })).facts), ["w7"]);
    await store.append("trace", [segment(20)]);
    assert.deepEqual(ids((await all(store, "trace", { after: cursor })).facts), ["w20"]);
  }),

  ...wrongQueries.map(([what, query]) =>
    storeCase(`facts refuse a query with ${what}`, async ({ make }) => {
      const store = await make();
      await store.append("trace", [segment(1)]);
      await isRefused(all(store, "trace", query), "STORE_QUERY");
    }),
  ),

  storeCase("facts of a wrong shape are refused, store nothing and block nothing", async ({ make }) => {
    const store = await make();
    for (const [kind, wrong] of wrongFacts) {
      const good = { trace: segment(1), decision: decision(1), feedback: sampleFeedback(1) }[kind];
      for (let attempt = 0; attempt < 2; attempt++)
        await isRefused(store.append(kind, [good, wrong as never]), "FACT_INVALID");
    }
    await store.append("trace", [segment(3)]);
    await store.append("decision", [decision(3)]);
    await store.append("feedback", [sampleFeedback(3)]);
    for (const kind of ["trace", "decision", "feedback"] as const)
      assert.deepEqual(ids((await all(store, kind)).facts), ["w3"]);
    assert.deepEqual((await store.health()).unreadable, { trace: 0, decision: 0, feedback: 0 });
  }),

  storeCase("facts may be appended from many sides at once", async ({ make }) => {
    const store = await make();
    await Promise.all(Array.from({ length: 40 }, (_, n) => store.append("trace", [segment(n), segment(n + 1000)])));
    const found = ids((await all(store, "trace")).facts);
    assert.equal(new Set(found).size, 80);
    for (let n = 0; n < 40; n++) assert.ok(found.indexOf(`w${n}`) < found.indexOf(`w${n + 1000}`));
  }),
];

/** What facts must do when two store objects work over the same data. */
export const sharedFactCases: StoreCase[] = [
  storeCase("facts of two processes reach a reader that follows, each once", async ({ make, again }) => {
    const one = await make();
    const two = await again(one);
    const seen: string[] = [];
    let after: string | undefined;
    for (let round = 0; round < 5; round++) {
      await Promise.all([
        one.append("trace", [segment(round * 2), segment(100 + round * 2)]),
        two.append("trace", [segment(round * 2 + 1)]),
      ]);
      const found = await all(two, "trace", after === undefined ? {} : { after });
      seen.push(...ids(found.facts));
      after = found.cursor;
    }
    assert.equal(seen.length, 15);
    assert.equal(new Set(seen).size, 15);
    assert.deepEqual((await all(one, "trace")).facts.length, 15);
  }),
];
