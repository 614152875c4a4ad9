import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { isLearningError, ManualClock } from "../../core/index.js";
import { isRefused, type StoreCase, storeCase } from "./case.js";

const ttlMs = 300;

/** What leases must do. */
export const leaseCases: StoreCase[] = [
  storeCase("a lease is held by one at a time, and its number grows with every taking", async ({ make }) => {
    const store = await make();
    const first = await store.lease("learn/triage", { ttlMs });
    assert.equal(first.name, "learn/triage");
    await isRefused(store.lease("learn/triage", { ttlMs }), "STORE_LEASE_HELD");
    const other = await store.lease("learn/other", { ttlMs });
    await first.release();
    await first.release();
    const second = await store.lease("learn/triage", { ttlMs });
    assert.ok(second.fence > first.fence);
    assert.equal(other.signal.aborted, false);
    assert.deepEqual(await store.documents.keys(), []);
  }),

  storeCase("a lease given back says so, and writes no more", async ({ make }) => {
    const store = await make();
    const lease = await store.lease("learn", { ttlMs });
    await store.documents.update("a", () => 1, { lease });
    await lease.release();
    assert.equal(lease.signal.aborted, true);
    assert.ok(isLearningError(lease.signal.reason, "STORE_LEASE_LOST"));
    await isRefused(
      store.documents.update("a", () => 2, { lease }),
      "STORE_LEASE_LOST",
    );
    assert.equal(await store.documents.get("a"), 1);
  }),

  storeCase("a lease refuses a time to live that is none", async ({ make }) => {
    const store = await make();
    for (const wrong of [{ ttlMs: 0 }, { ttlMs: Number.NaN }, {}, undefined])
      await isRefused(store.lease("learn", wrong as never), "STORE_QUERY");
    await isRefused(store.lease("", { ttlMs }), "STORE_QUERY");
  }),

  storeCase("a lease is given back when its store is closed", async ({ make }) => {
    const store = await make();
    const lease = await store.lease("learn", { ttlMs });
    await store.close();
    assert.equal(lease.signal.aborted, true);
    await isRefused(store.lease("learn", { ttlMs }), "STORE_CLOSED");
  }),
];

/** What leases must do when two store objects work over the same data. */
export const sharedLeaseCases: StoreCase[] = [
  storeCase("a lease of one process keeps the other out until it is given back", async ({ make, again }) => {
    const one = await make();
    const two = await again(one);
    const first = await one.lease("learn", { ttlMs });
    await isRefused(two.lease("learn", { ttlMs }), "STORE_LEASE_HELD");
    await first.release();
    const second = await two.lease("learn", { ttlMs });
    assert.ok(second.fence > first.fence);
    await isRefused(one.lease("learn", { ttlMs }), "STORE_LEASE_HELD");
  }),

  storeCase("a lease is taken once when many want it", async ({ make, again }) => {
    const one = await make();
    const two = await again(one);
    // Long enough for none to run out while the others are still asking, however busy the machine.
    const long = { ttlMs: 600_000 };
    const tries = await Promise.allSettled([one, two, one, two].map((store) => store.lease("learn", long)));
    assert.equal(tries.filter((t) => t.status === "fulfilled").length, 1);
  }),

  storeCase("a lease is kept by its heartbeat for longer than its time to live", async (bench) => {
    // Longer than a busy machine lets a process wait, where time cannot be set.
    const ttlMs = 2000;
    const [clock, other] = [new ManualClock(), new ManualClock()];
    const one = await bench.make(clock);
    const two = await bench.again(one, other);
    const lease = await one.lease("learn", { ttlMs });
    const waiting = clock.pending;
    for (let n = 0; n < 10; n++) {
      other.advance(ttlMs / 5);
      await bench.elapse(clock, ttlMs / 5);
      // A heartbeat under way waits for its store, not for its time.
      while (clock.pending < waiting) await setImmediate();
      await isRefused(two.lease("learn", { ttlMs }), "STORE_LEASE_HELD");
    }
    assert.equal(lease.signal.aborted, false);
    await one.documents.update("a", () => 1, { lease });
  }),

  storeCase("a holder that fell silent loses the lease, and writes nothing when it wakes", async (bench) => {
    const [asleep, awake] = [new ManualClock(), new ManualClock()];
    const one = await bench.make(asleep);
    const two = await bench.again(one, awake);
    const lost = await one.lease("learn", { ttlMs });
    await one.documents.update("a", () => "first", { lease: lost });
    await bench.elapse(awake, ttlMs + 50);
    const taken = await two.lease("learn", { ttlMs });
    assert.ok(taken.fence > lost.fence);
    const late = () => one.documents.update("a", () => "late", { lease: lost });
    await isRefused(late(), "STORE_LEASE_LOST");
    await two.documents.update("a", () => "second", { lease: taken });
    await isRefused(late(), "STORE_LEASE_LOST");
    await lost.release();
    assert.equal(await two.documents.get("a"), "second");
    // What the late one gave back was not its own any more.
    await two.documents.update("a", () => "third", { lease: taken });
    await taken.release();
    await isRefused(late(), "STORE_LEASE_LOST");
    assert.equal(await two.documents.get("a"), "third");
  }),

  storeCase("a lease in use says so when it is lost", async (bench) => {
    const [asleep, awake] = [new ManualClock(), new ManualClock()];
    const one = await bench.make(asleep);
    const two = await bench.again(one, awake);
    const lost = await one.lease("learn", { ttlMs });
    await bench.elapse(awake, ttlMs + 50);
    await two.lease("learn", { ttlMs });
    const told = new Promise<void>((resolve) => {
      lost.signal.addEventListener("abort", () => resolve());
    });
    asleep.advance(ttlMs);
    await told;
    assert.ok(isLearningError(lost.signal.reason, "STORE_LEASE_LOST"));
  }),
];
