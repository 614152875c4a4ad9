import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ManualClock, type TraceSegment } from "../../src/core/index.js";
import { createMemoryStore, type LearningStore, openFileStore } from "../../src/store/index.js";
import { WorkflowTracer } from "../../src/tracing/index.js";
import { BufferedWriter } from "../../src/tracing/writer/buffered-writer.js";
import { decision, segment } from "../store/facts.js";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A store whose appends do as told. */
function storeThat(append: LearningStore["append"]): LearningStore {
  return { ...createMemoryStore(), append };
}

function writerOver(store: LearningStore, options: object = {}) {
  const clock = new ManualClock();
  return { clock, writer: new BufferedWriter(store, clock, silent, options) };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("buffered writer", () => {
  it("writes in batches, by time or by number", async () => {
    const batches: number[] = [];
    const { writer, clock } = writerOver(
      storeThat(async (_, facts) => void batches.push(facts.length)),
      { batchRecords: 3, flushIntervalMs: 100 },
    );
    writer.addTrace(() => segment(1), 10);
    await settle();
    expect(batches).toEqual([]);
    clock.advance(100);
    await settle();
    expect(batches).toEqual([1]);
    for (let n = 0; n < 7; n++) writer.addTrace(() => segment(n), 10);
    await writer.flush();
    expect(batches).toEqual([1, 3, 3, 1]);
    expect(writer.counters()).toMatchObject({ queued: 0, written: 8, dropped: 0 });
  });

  it("makes traces several at once, and what waits before it is written", async () => {
    let made = 0;
    const { writer } = writerOver(storeThat(async (_, facts) => expect(facts).toEqual(facts.map(() => segment(1)))));
    const add = () =>
      writer.addTrace(() => {
        made += 1;
        return segment(1);
      }, 10);
    for (let n = 0; n < 15; n++) add();
    expect(made).toBe(0);
    add();
    expect(made).toBe(16);
    add();
    await writer.flush();
    expect(made).toBe(17);
    expect(writer.counters()).toMatchObject({ written: 17, dropped: 0 });
  });

  it("drops a trace that cannot be made, and no other; at the end of the process what waits is made", () => {
    const written: string[] = [];
    const { writer } = writerOver({
      ...createMemoryStore(),
      appendSync: (_, facts) => void written.push(...facts.map((fact) => (fact as TraceSegment).workflowId)),
    });
    writer.addTrace(() => segment(1), 10);
    writer.addTrace(() => {
      throw new Error("bug");
    }, 10);
    writer.addTrace(() => segment(2), 10);
    writer.flushSync();
    expect(written).toEqual(["w1", "w2"]);
    expect(writer.counters()).toMatchObject({ queued: 0, written: 2, droppedBy: { invalid: 1 } });
  });

  it("tries a failing store again, with growing pauses, and loses nothing when it recovers", async () => {
    let failing = true;
    const got: string[] = [];
    const { writer, clock } = writerOver(
      storeThat(async (_, facts) => {
        if (failing) throw new Error("disk on fire");
        got.push(...(facts as readonly TraceSegment[]).map((f) => f.workflowId));
      }),
      { flushIntervalMs: 100 },
    );
    writer.addTrace(() => segment(1), 10);
    await expect(writer.flush()).rejects.toMatchObject({ code: "STORE_IO" });
    await expect(writer.flush()).rejects.toThrow(/disk on fire/);
    failing = false;
    clock.advance(1000);
    await settle();
    expect(got).toEqual(["w1"]);
    expect(writer.counters()).toMatchObject({ queued: 0, written: 1, dropped: 0, storeErrors: 2 });
  });

  it("gives records up after some tries, and counts them", async () => {
    const { writer } = writerOver(
      storeThat(async () => {
        throw new Error("no");
      }),
      { maxAttempts: 2 },
    );
    writer.addTrace(() => segment(1), 10);
    for (let i = 0; i < 2; i++) await expect(writer.flush()).rejects.toMatchObject({ code: "STORE_IO" });
    expect(writer.counters()).toMatchObject({ queued: 0, dropped: 1, droppedBy: { "store-failed": 1 } });
    await writer.flush();
  });

  it("is bounded while a store hangs; decisions push traces out, never the reverse", async () => {
    const { writer, clock } = writerOver(
      storeThat(() => new Promise(() => {})),
      { maxRecords: 10, batchRecords: 4 },
    );
    for (let n = 0; n < 20; n++) writer.addTrace(() => segment(n), 10);
    for (let n = 0; n < 5; n++) writer.addDecision(decision(n), 10);
    writer.addTrace(() => segment(99), 10);
    expect(writer.counters()).toMatchObject({ queued: 10, dropped: 16, droppedBy: { "buffer-full": 16 } });
    const flushed = expect(writer.flush(500)).rejects.toThrow(/no answer within 500 ms/);
    clock.advance(500);
    await flushed;
    const closed = expect(writer.close()).rejects.toMatchObject({ code: "STORE_IO" });
    clock.advance(30_000);
    await closed;
    writer.addTrace(() => segment(1), 10);
    expect(writer.counters().droppedBy.closed).toBeGreaterThan(0);
  });

  it("has flushed a record when that one is written, whatever others are written or dropped before", async () => {
    const answers: { kind: string; accept: () => void }[] = [];
    const { writer } = writerOver(
      storeThat((kind) => new Promise((accept) => answers.push({ kind, accept }))),
      { maxRecords: 3 },
    );
    const accept = async (kind: string) => {
      const answer = answers.shift();
      expect(answer?.kind).toBe(kind);
      answer?.accept();
      await settle();
    };
    const flushed: string[] = [];
    const flush = (name: string) => void writer.flush().then(() => flushed.push(name));
    writer.addTrace(() => segment(0), 10);
    flush("first");
    writer.addTrace(() => segment(1), 10);
    writer.addTrace(() => segment(2), 10);
    flush("second");
    // One of the traces that wait leaves for this decision, which is then written before the other.
    writer.addDecision(decision(3), 10);
    await settle();
    expect(flushed).toEqual([]);
    await accept("trace");
    expect(flushed).toEqual(["first"]);
    await accept("decision");
    expect(flushed).toEqual(["first"]);
    expect(writer.counters()).toMatchObject({ queued: 1, written: 2, dropped: 1 });
    await accept("trace");
    expect(flushed).toEqual(["first", "second"]);
  });

  it("gives up what a store refuses after the closing, and counts it", async () => {
    const refusals: (() => void)[] = [];
    const { writer, clock } = writerOver(
      storeThat(() => new Promise((_, reject) => refusals.push(() => reject(new Error("late"))))),
      { flushTimeoutMs: 100 },
    );
    writer.addTrace(() => segment(1), 10);
    const closed = expect(writer.close()).rejects.toThrow(/no answer within 100 ms/);
    clock.advance(100);
    await closed;
    refusals[0]?.();
    await settle();
    clock.advance(60_000);
    await settle();
    expect(refusals.length).toBe(1);
    expect(writer.counters()).toMatchObject({ queued: 0, dropped: 1, droppedBy: { closed: 1 } });
  });

  it("drives no trace out for a decision that never fits", () => {
    const { writer } = writerOver(createMemoryStore(), { maxBytes: 1000 });
    for (let n = 0; n < 5; n++) writer.addTrace(() => segment(n), 100);
    writer.addDecision(decision(1), 1001);
    expect(writer.counters()).toMatchObject({ queued: 5, dropped: 1 });
  });

  it("a flush waits for what it was called for, also when later records are dropped meanwhile", async () => {
    let accept = () => {};
    const { writer } = writerOver(
      storeThat((kind) => (kind === "trace" ? new Promise((resolve) => (accept = resolve)) : Promise.resolve())),
      { maxRecords: 2, batchRecords: 1 },
    );
    writer.addTrace(() => segment(1), 10);
    let isFlushed = false;
    const flushed = writer.flush().then(() => (isFlushed = true));
    writer.addTrace(() => segment(2), 10);
    writer.addDecision(decision(1), 10);
    await settle();
    expect(writer.counters()).toMatchObject({ queued: 2, written: 0, droppedBy: { "buffer-full": 1 } });
    expect(isFlushed).toBe(false);
    accept();
    await flushed;
    expect(writer.counters().written).toBeGreaterThan(0);
  });

  it("is bounded in bytes", () => {
    const { writer } = writerOver(
      storeThat(() => new Promise(() => {})),
      { maxBytes: 1000 },
    );
    for (let n = 0; n < 20; n++) writer.addTrace(() => segment(n), 100);
    expect(writer.counters()).toMatchObject({ queued: 10, dropped: 10 });
  });
});

describe("a program that never lets the event loop turn", () => {
  it("loses nothing while the disk is healthy", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tight-"));
    const at = { traces: `${folder}/t`, feedback: `${folder}/f`, models: `${folder}/m` };
    const store = await openFileStore(at);
    const { writer } = writerOver(store, { maxRecords: 500, batchRecords: 64 });
    for (let n = 0; n < 2200; n++) {
      if (n % 10 === 0) writer.addTrace(() => segment(n), 300);
      else writer.addDecision(decision(n), 300);
    }
    expect(writer.counters().dropped).toBe(0);
    await writer.close();
    expect(writer.counters()).toMatchObject({ written: 2200, dropped: 0, queued: 0 });
    await store.close();
    const again = await openFileStore(at);
    const ids: string[] = [];
    for await (const { facts } of again.read("decision")) ids.push(...facts.map((d) => d.decisionId));
    for await (const { facts } of again.read("trace")) ids.push(...facts.map((t) => t.segmentId));
    expect(ids).toHaveLength(2200);
    expect(new Set(ids).size).toBe(2200);
    await again.close();
    rmSync(folder, { recursive: true });
  });

  it("is told apart from a store that hangs: that is never written to before the host goes on", async () => {
    const { writer } = writerOver(
      { ...storeThat(() => new Promise(() => {})), appendSync: () => expect.unreachable("the host would be held") },
      { maxRecords: 10, batchRecords: 4 },
    );
    for (let n = 0; n < 20; n++) {
      writer.addTrace(() => segment(n), 10);
      await settle();
    }
    expect(writer.counters()).toMatchObject({ queued: 10, dropped: 10 });
  });
});

describe("a host that freezes a function when it has answered", () => {
  it("is given the writing of each record by waitUntil, which never fails", async () => {
    const held: Promise<void>[] = [];
    let isBroken = false;
    const store = storeThat(async () => {
      if (isBroken) throw new Error("no");
    });
    const { writer } = writerOver(store, { waitUntil: (writing: Promise<void>) => void held.push(writing) });
    writer.addTrace(() => segment(1), 10);
    await held[0];
    expect(writer.counters()).toMatchObject({ written: 1, queued: 0 });
    isBroken = true;
    writer.addTrace(() => segment(2), 10);
    await expect(held[1]).resolves.toBeUndefined();
    expect(writer.counters().storeErrors).toBe(1);
  });

  it("may fail to take it", () => {
    const { writer } = writerOver(createMemoryStore(), {
      waitUntil: () => {
        throw new Error("outside of a request");
      },
    });
    writer.addTrace(() => segment(1), 10);
    expect(writer.counters().queued).toBe(1);
    const wrong = { store: createMemoryStore(), buffer: { waitUntil: "soon" as never } };
    expect(() => new WorkflowTracer(wrong)).toThrow(/CONFIG_INVALID.*waitUntil.*a function/);
  });
});

describe("a tracer over a store that hangs", () => {
  it("keeps no more bytes of decisions than it may, long texts and vectors counted", () => {
    const store = storeThat(() => new Promise(() => {}));
    const tracer = new WorkflowTracer({ store, buffer: { maxBytes: 100_000, processHooks: false } });
    const text = "long ".repeat(2000);
    for (let n = 0; n < 30; n++) tracer.record(decision(n, { context: { text } }));
    expect(tracer.counters()).toMatchObject({ queued: 9, droppedBy: { "buffer-full": 21 } });
    const vector = Array.from({ length: 1000 }, () => 0.5);
    const other = new WorkflowTracer({ store, buffer: { maxBytes: 100_000, processHooks: false } });
    for (let n = 0; n < 30; n++) other.record(decision(n, { candidateFeatures: { a: { vector }, b: { vector } } }));
    expect(other.counters().queued).toBe(6);
  });
});
