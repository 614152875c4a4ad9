import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPostgresStore } from "langgraph-collective-learning/postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultLogger, systemClock } from "../../src/core/index.js";
import { createFactCollector } from "../../src/learning/cycle/collector.js";
import { ErasureWatch, noteErasure } from "../../src/learning/erasures.js";
import { forgetStatistics, keepStatistics, keptStatistics } from "../../src/learning/kept-statistics.js";
import type { LearningWorker } from "../../src/learning/thread/host.js";
import { createWorkShare } from "../../src/learning/work.js";
import { openRegistry } from "../../src/registry/index.js";
import { type LearningStore, openFileStore } from "../../src/store/index.js";
import { JOBS } from "../../src/worker/jobs/index.js";
import { CollectedFacts } from "../../src/worker/state.js";
import { aDecision, aFeedback } from "../support/facts.js";
import { startPostgres, type TestServer } from "../support/postgres.js";

const logger = defaultLogger({ LEARNING_LOG: "off" });
const plan = { rows: { reward: {} }, learn: { triage: {} }, seed: 1 };
let server: TestServer;
let schemas = 0;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

/** A store twice, as two processes have it. */
const STORES: Record<string, () => Promise<{ both: [LearningStore, LearningStore]; end(): Promise<void> }>> = {
  async files() {
    const root = mkdtempSync(join(tmpdir(), "elsewhere-"));
    const open = () =>
      openFileStore({ traces: join(root, "t"), feedback: join(root, "f"), models: join(root, "m"), logger });
    return { both: [await open(), await open()], end: async () => rmSync(root, { recursive: true }) };
  },
  async PostgreSQL() {
    const schema = `elsewhere${++schemas}`;
    const open = () => openPostgresStore({ connectionString: server.url, schema, logger, spill: false });
    return { both: [await open(), await open()], end: async () => {} };
  },
};

/** A learner that holds a hundred decisions, and so moves older ones into statistics. */
function learner(store: LearningStore) {
  let state = new CollectedFacts({ decisions: 100, runs: 1000, traceChars: 1e6 });
  const worker = {
    generation: 0,
    async run(job: keyof typeof JOBS, input: never) {
      return JOBS[job].run(input, { state, cancelled: () => false, progress() {} });
    },
    async restart() {
      state = new CollectedFacts({ decisions: 100, runs: 1000, traceChars: 1e6 });
      worker.generation++;
    },
  };
  const collector = createFactCollector(store, worker as unknown as LearningWorker, 64, () => plan);
  return { collector, held: () => JSON.stringify([...state.decisions.values()]), statistics: () => state.statistics };
}

async function runs(store: LearningStore, from: number, to: number, whose: (n: number) => string | undefined) {
  const ns = Array.from({ length: to - from }, (_, i) => from + i);
  const idsOf = (n: number) => ({ workflowId: `w${n}`, at: new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString() });
  const decisions = ns.map((n) => {
    const userId = whose(n);
    const context = { topic: userId === "victim" ? "zebrafish" : `t${n % 3}` };
    return aDecision({ ...idsOf(n), ...(userId && { userId }), decisionId: `d${n}`, context });
  });
  await store.append("decision", decisions);
  await store.append(
    "feedback",
    ns.map((n) => aFeedback({ ...idsOf(n), feedbackId: `f${n}`, userId: "crm" })),
  );
}

const isVictims = (n: number) => (n % 5 === 0 ? "victim" : undefined);

/** All that is stored beside the facts. */
async function learnedIn({ documents, blobs }: LearningStore): Promise<string> {
  const texts: string[] = [];
  for (const key of await documents.keys()) {
    const value = await documents.get<{ blobs?: string[] }>(key);
    texts.push(JSON.stringify(value));
    for (const name of value?.blobs ?? []) texts.push((await blobs.read(name)) ?? "");
  }
  return texts.join("\n");
}

describe.each(Object.keys(STORES))("an erasure by another process, over %s", (name) => {
  it("is never undone by a learner that held what was erased", async () => {
    const { both, end } = await STORES[name]!();
    const [own, other] = both;
    const { collector, held, statistics } = learner(own);
    await runs(own, 0, 1, isVictims);
    await collector.collect();
    await runs(own, 1, 300, isVictims);
    await collector.collect();
    expect(await learnedIn(own)).toContain("zebrafish");
    expect(held()).toContain("zebrafish");

    await other.erase({ userId: "victim" });
    await noteErasure(other.documents, true);
    await forgetStatistics(other);
    expect(await learnedIn(other)).not.toContain("zebrafish");
    await runs(own, 300, 500, () => undefined);
    await collector.collect();
    expect(held()).not.toContain("zebrafish");
    expect(JSON.stringify(statistics().snapshot())).not.toContain("zebrafish");
    expect(await learnedIn(own)).not.toContain("zebrafish");
    await Promise.all(both.map((store) => store.close()));
    await end();
  });

  it("is not undone by what was on its way to the store either, whenever it comes", async () => {
    const { both, end } = await STORES[name]!();
    const [own, other] = both;
    const { collector } = learner(own);
    await runs(own, 0, 1, isVictims);
    await collector.collect();
    await runs(own, 1, 300, isVictims);
    await collector.collect();
    const stale = await keptStatistics(own);
    expect(JSON.stringify(stale)).toContain("zebrafish");
    const erase = async () => {
      await other.erase({ userId: "victim" });
      await noteErasure(other.documents, true);
      await forgetStatistics(other);
    };

    // While it is written: the erasure comes before each of its steps in turn.
    for (let step = 0; step < 6; step++) {
      const watch = new ErasureWatch(own.documents);
      await watch.begin();
      let steps = 0;
      const paused = async () => {
        if (steps++ === step) await erase();
      };
      const slow: LearningStore = {
        ...own,
        documents: {
          ...own.documents,
          update: async (...given) => {
            await paused();
            return own.documents.update(...given);
          },
        },
        blobs: {
          ...own.blobs,
          write: async (...given) => {
            await paused();
            return own.blobs.write(...given);
          },
        },
      };
      const kept = keepStatistics(slow, stale, watch).catch((error) => error.code);
      if (steps <= step) await kept;
      const outcome = await kept;
      if (steps <= step) await erase();
      if (steps > step) expect(outcome).toBe("LEARNING_STATE");
      expect(await learnedIn(own), `step ${step}`).not.toContain("zebrafish");
    }

    // A learner that died between its write and its second look.
    await own.documents.put("statistics/triage", { ...stale[0], refits: 0 });
    expect(await keptStatistics(other)).toEqual([]);
    expect(await learnedIn(own)).not.toContain("zebrafish");
    await Promise.all(both.map((store) => store.close()));
    await end();
  });

  it("keeps artifacts from being published that were learned before it", async () => {
    const { both, end } = await STORES[name]!();
    const [own, other] = both;
    const registry = await openRegistry({ ...own, clock: systemClock, logger });
    const watch = new ErasureWatch(own.documents);
    await watch.begin();
    const work = createWorkShare({ store: own, clock: systemClock, logger, erasures: watch, intervalMs: 1 });
    const context = { documents: own.documents, registry, signal: new AbortController().signal };
    const taken = await work.take("patterns", context as never, true);
    const publish = () => taken!.context.registry.publish("patterns", "patterns", { text: "zebrafish" }, { rows: 1 });
    expect((await publish()).version).toBe("v1");
    await noteErasure(other.documents, true);
    await expect(publish()).rejects.toMatchObject({ code: "LEARNING_STATE" });
    expect(registry.versions("patterns")).toHaveLength(1);
    await watch.begin();
    expect((await publish()).version).toBe("v2");
    await taken!.leave();
    await Promise.all(both.map((store) => store.close()));
    await end();
  });
});
