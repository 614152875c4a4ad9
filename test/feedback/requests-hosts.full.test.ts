import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ManualClock } from "../../src/core/index.js";
import { FeedbackCollector } from "../../src/feedback/index.js";
import { type LearningStore, openFileStore } from "../../src/store/index.js";
import { openPostgresStore } from "../../src/store/postgres/index.js";
import { startPostgres, type TestServer } from "../support/postgres.js";
import { segment } from "./support.js";

const quiet = { debug() {}, info() {}, warn() {}, error: console.error };
const clock = new ManualClock(Date.UTC(2026, 5, 1));
let server: TestServer | undefined;
afterAll(() => server?.stop());

/** Opens the same store as another host would. */
const STORES: Record<string, () => Promise<() => Promise<LearningStore>>> = {
  "one folder": async () => {
    const folder = mkdtempSync(join(tmpdir(), "requests-"));
    const [traces, feedback, models] = ["traces", "feedback", "models"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    return () => openFileStore({ traces, feedback, models, clock });
  },
  "one database": async () => {
    server = await startPostgres(["fsync=off"]);
    const { url } = server;
    return () =>
      openPostgresStore({
        connectionString: url,
        schema: "requests",
        spill: { folder: mkdtempSync(join(tmpdir(), "spill-")) },
        logger: quiet,
        clock,
      });
  },
};

describe("feedback requests of three hosts", () => {
  it.each(Object.keys(STORES))(
    "of %s keep their limits and their uniqueness, and are answered by any",
    async (name) => {
      const open = await STORES[name]!();
      const stores = [await open(), await open(), await open()];
      await stores[0]!.append(
        "trace",
        Array.from({ length: 60 }, (_, i) => segment(`w${i}`)),
      );
      const hosts = stores.map((store) => new FeedbackCollector({ store, clock, maxPerUserPerDay: 2 }));
      // Every host asks of every run; twenty people, three runs each.
      const asked = await Promise.all(
        hosts.flatMap((host) => Array.from({ length: 60 }, (_, i) => host.requestFeedback(`w${i}`, `u${i % 20}`))),
      );
      const ids = new Set(asked.flatMap((request) => request?.requestId ?? []));
      expect(ids.size).toBe(40);
      for (const host of hosts) {
        const pending = await host.pendingRequests();
        expect(new Set(pending.map((request) => request.requestId))).toEqual(ids);
      }
      const [first] = await hosts[0]!.pendingRequests();
      await hosts[2]!.submitFeedback({ workflowId: first!.workflowId, userId: first!.userId, thumbs: "up" });
      for (const host of hosts) expect(await host.pendingRequests()).toHaveLength(39);
      for (const store of stores) await store.close();
    },
  );
});
