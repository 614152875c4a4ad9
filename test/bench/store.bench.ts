import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFileStore } from "langgraph-collective-learning/store";
import { type Bench, median, round } from "./support/bench.js";
import { TYPES, traceOf } from "./support/traces.js";

/** Appends synced batches for the rate; then fills a store, opens it anew and asks it. */
const bench: Bench = async ({ quick }) => {
  const folder = await mkdtemp(join(tmpdir(), "bench-store-"));
  const where = { traces: join(folder, "t"), feedback: join(folder, "f"), models: join(folder, "m") };
  const total = quick ? 30_000 : 1_000_000;
  const begin = Date.UTC(2026, 0, 1);
  const batchOf = (from: number, size: number) =>
    Array.from({ length: size }, (_, i) => traceOf(from + i, begin + (from + i) * 50));

  let store = await openFileStore(where);
  const rates: number[] = [];
  let written = 0;
  while (written < total) {
    // One window of 10 batches of 256, each awaited, that is synced, before the next.
    const batches = Array.from({ length: 10 }, (_, i) => batchOf(written + i * 256, 256));
    const started = performance.now();
    for (const batch of batches) await store.append("trace", batch);
    rates.push(2560 / ((performance.now() - started) / 1000));
    written += 2560;
  }
  const { traces: bytes } = await store.sizes();
  await store.close();
  console.log(`${written} traces, ${round(bytes / 2 ** 20, 0)} MiB, synced in batches of 256`);

  const opens: number[] = [];
  const latests: number[] = [];
  let peak = 0;
  const repetitions = quick ? 3 : 7;
  let found = 0;
  for (let r = 0; r < repetitions; r++) {
    globalThis.gc?.();
    let started = performance.now();
    store = await openFileStore(where);
    // Open means ready to answer: the first look-up by id goes through every index.
    for await (const { facts } of store.read("trace", { workflowId: "workflow-000000000001" })) found += facts.length;
    opens.push(performance.now() - started);
    for (let k = 0; k < 3; k++) {
      started = performance.now();
      let got = 0;
      const query = { latest: true, limit: 1000, workflowType: `type-${(r + k) % TYPES}` };
      for await (const { facts } of store.read("trace", query)) got += facts.length;
      latests.push(performance.now() - started);
      if (got !== Math.min(1000, Math.floor(written / TYPES))) throw new Error(`found ${got} traces`);
    }
    peak = Math.max(peak, process.memoryUsage().rss);
    await store.close();
  }
  if (found !== repetitions) throw new Error(`found ${found} instead of ${repetitions}`);
  await rm(folder, { recursive: true });
  console.log(
    `opening (ms): ${opens.map((o) => round(o, 0)).join(" ")}; latest 1,000 (ms): ${latests.map((o) => round(o, 0)).join(" ")}`,
  );
  return {
    appendPerS: round(median(rates), 0),
    openMs: round(median(opens), 1),
    latestMs: round(median(latests), 1),
    rssMiB: round(peak / 2 ** 20, 0),
    traces: written,
    bytesPerTrace: round(bytes / written, 0),
  };
};

export default bench;
