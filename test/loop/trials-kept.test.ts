import { expect, it } from "vitest";
import { openTrial } from "../../src/evaluation/index.js";
import { earlierTrialKey, keepTrial, trialsKey, trialsOf } from "../../src/learning/trial-evidence.js";
import { createMemoryStore } from "../../src/store/index.js";

const trial = (n: number) =>
  openTrial({ version: `v${n}`, startedAt: new Date(86_400_000 * n).toISOString(), stake: 0.5, unit: "run" });
const versions = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `v${to - i}`);

/** A memory store's documents, and how often each call was made. */
function counted() {
  const { documents } = createMemoryStore();
  const calls = { get: 0, keys: 0, update: 0 };
  return {
    calls,
    documents: {
      get: <T>(key: string) => {
        calls.get++;
        return documents.get<T>(key);
      },
      keys: (prefix?: string) => {
        calls.keys++;
        return documents.keys(prefix);
      },
      update: <T>(key: string, change: (current: T | undefined) => T) => {
        calls.update++;
        return documents.update(key, change);
      },
    },
    put: documents.put,
  };
}

it("keeps the trials of points apart whose names begin alike, the newest first", async () => {
  const { documents } = createMemoryStore();
  for (const n of [1, 2]) await keepTrial(documents, "a", trial(n));
  await keepTrial(documents, "a/b", trial(7));
  expect((await trialsOf(documents, "a")).map((t) => t.version)).toEqual(["v2", "v1"]);
  expect((await trialsOf(documents, "a/b")).map((t) => t.version)).toEqual(["v7"]);
  expect(await trialsOf(documents, "b")).toEqual([]);
});

it("keeps and reads no more after 160 trials than after ten", async () => {
  const { documents, calls } = counted();
  for (let n = 1; n <= 160; n++) await keepTrial(documents, "a", trial(n));
  await keepTrial(documents, "a", trial(160));
  expect(await documents.get(trialsKey("a"))).toHaveLength(10);
  Object.assign(calls, { get: 0, keys: 0 });
  expect((await trialsOf(documents, "a")).map((t) => t.version)).toEqual(versions(151, 160));
  expect(calls).toMatchObject({ get: 2, keys: 0 });
});

it("shows what an earlier release kept of each trial, and goes on from it", async () => {
  const { documents, calls, put } = counted();
  for (let n = 1; n <= 40; n++) await put(earlierTrialKey("a", `v${n}`), trial(n));
  await put(earlierTrialKey("a/b", "v50"), trial(50));
  expect((await trialsOf(documents, "a")).map((t) => t.version)).toEqual(versions(31, 40));
  expect(calls).toMatchObject({ get: 12, keys: 1 });
  await keepTrial(documents, "a", trial(41));
  expect((await trialsOf(documents, "a")).map((t) => t.version)).toEqual(versions(32, 41));
  expect((await trialsOf(documents, "a/b")).map((t) => t.version)).toEqual(["v50"]);
});
