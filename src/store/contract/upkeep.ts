import assert from "node:assert/strict";
import { all, ids, isRefused, type StoreCase, storeCase } from "./case.js";
import { decision, sampleFeedback, segment } from "./samples.js";

/** What sizes, erasure and closing must do. */
export const upkeepCases: StoreCase[] = [
  storeCase("tells sizes", async ({ make }) => {
    const store = await make();
    assert.deepEqual(await store.sizes(), { traces: 0, feedback: 0, models: 0 });
    await store.append("trace", [segment(1)]);
    const { traces } = await store.sizes();
    await store.append("decision", [decision(1)]);
    await store.append("feedback", [sampleFeedback(1)]);
    await store.blobs.write("x", "0123456789");
    const sizes = await store.sizes();
    assert.ok(traces > 200);
    assert.ok(sizes.traces > traces);
    assert.ok(sizes.feedback > 50);
    assert.ok(sizes.models >= 10);
  }),

  storeCase("is in good health while nothing is damaged", async ({ make }) => {
    const store = await make();
    await store.append("trace", [segment(1)]);
    assert.deepEqual(await store.health(), { unreadable: { trace: 0, decision: 0, feedback: 0 }, problems: [] });
  }),

  storeCase("erases a person, with the runs that were theirs", async ({ make }) => {
    const store = await make();
    await store.append("trace", [segment(1, { userId: "ann" }), segment(2, { userId: "bob" })]);
    await store.append("decision", [decision(1), decision(2)]);
    await store.append("feedback", [
      sampleFeedback(1, { userId: "bob" }),
      sampleFeedback(2, { userId: "ann" }),
      sampleFeedback(3),
    ]);
    assert.deepEqual(await store.erase({ userId: "ann" }), { trace: 1, decision: 1, feedback: 2 });
    assert.deepEqual(ids((await all(store, "trace")).facts), ["w2"]);
    assert.deepEqual(ids((await all(store, "decision")).facts), ["w2"]);
    assert.deepEqual(ids((await all(store, "feedback")).facts), ["w3"]);
    assert.deepEqual((await all(store, "trace", { userId: "ann" })).facts, []);
    assert.deepEqual(await store.erase({ userId: "ann" }), { trace: 0, decision: 0, feedback: 0 });
  }),

  storeCase("erases a person's runs by their decisions, where no trace was kept", async ({ make }) => {
    const store = await make();
    await store.append("decision", [decision(1, { userId: "ann" }), decision(2), decision(3, { userId: "bob" })]);
    await store.append("decision", [decision(1, { decisionId: "d1b" })]);
    await store.append("feedback", [sampleFeedback(1), sampleFeedback(3)]);
    assert.deepEqual(await store.erase({ userId: "ann" }), { trace: 0, decision: 2, feedback: 1 });
    assert.deepEqual(ids((await all(store, "decision")).facts), ["w2", "w3"]);
    assert.deepEqual(ids((await all(store, "feedback")).facts), ["w3"]);
  }),

  storeCase("erases what others said when they compared a run with one that is erased", async ({ make }) => {
    const store = await make();
    await store.append("decision", [decision(1, { userId: "ann" }), decision(2), decision(3)]);
    const over = (workflowId: string) => ({ preference: { over: workflowId, verdict: "better" as const } });
    await store.append("feedback", [
      sampleFeedback(2, over("w1")),
      sampleFeedback(3, over("w2")),
      sampleFeedback(4, over("w9")),
    ]);
    assert.deepEqual(await store.erase({ userId: "ann" }), { trace: 0, decision: 1, feedback: 1 });
    assert.deepEqual(await store.erase({ workflowId: "w9" }), { trace: 0, decision: 0, feedback: 1 });
    assert.deepEqual(ids((await all(store, "feedback")).facts), ["w3"]);
  }),

  storeCase("erases nothing where it is not said whose data, and several at once where it is", async ({ make }) => {
    const store = await make();
    await store.append(
      "trace",
      [1, 2, 3].map((n) => segment(n, { userId: `u${n}` })),
    );
    const wrong = [
      {},
      { userId: undefined },
      { userId: "" },
      { user: "u1" },
      { userId: "u1", threadId: "t" },
      undefined,
    ];
    for (const selector of wrong) await isRefused(store.erase(selector as never), "STORE_QUERY");
    assert.equal((await all(store, "trace")).facts.length, 3);
    const erased = await Promise.all([store.erase({ userId: "u1" }), store.erase({ workflowId: "w2" })]);
    assert.deepEqual(
      erased.map((counts) => counts.trace),
      [1, 1],
    );
    assert.deepEqual(ids((await all(store, "trace")).facts), ["w3"]);
  }),

  storeCase("erases a thread and a run, and cursors stay good", async ({ make }) => {
    const store = await make();
    await store.append("trace", [segment(1, { threadId: "t" }), segment(2), segment(3)]);
    const { cursor } = await all(store, "trace", { limit: 2 });
    await store.append("decision", [decision(4, { threadId: "t" }), decision(5)]);
    assert.deepEqual(await store.erase({ threadId: "t" }), { trace: 1, decision: 1, feedback: 0 });
    assert.deepEqual(await store.erase({ workflowId: "w2" }), { trace: 1, decision: 0, feedback: 0 });
    assert.deepEqual(ids((await all(store, "trace", { after: cursor })).facts), ["w3"]);
    await store.append("trace", [segment(6)]);
    assert.deepEqual(ids((await all(store, "trace")).facts), ["w3", "w6"]);
    assert.deepEqual(ids((await all(store, "decision")).facts), ["w5"]);
  }),

  storeCase("removes nothing by a policy that it does not understand", async ({ make }) => {
    const store = await make();
    await store.append("trace", [segment(1)]);
    const misspelt: object = { maxDays: 0 };
    await isRefused(store.retain(misspelt), "STORE_QUERY");
    assert.deepEqual(ids((await all(store, "trace")).facts), ["w1"]);
  }),

  storeCase("is closed for good", async ({ make }) => {
    const store = await make();
    await store.append("trace", [segment(1)]);
    await store.close();
    await store.close();
    const calls: (() => Promise<unknown>)[] = [
      () => store.append("trace", [segment(2)]),
      () => all(store, "trace"),
      () => store.documents.get("a"),
      () => store.documents.update("a", () => 1),
      () => store.blobs.read("a"),
      () => store.lease("a", { ttlMs: 1000 }),
      () => store.health(),
      () => store.sizes(),
      () => store.retain({}),
      () => store.erase({ userId: "u" }),
    ];
    for (const call of calls) await isRefused(call(), "STORE_CLOSED");
  }),
];
