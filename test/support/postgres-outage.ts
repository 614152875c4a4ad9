import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CollectiveLearningLoop, ManualClock } from "langgraph-collective-learning";
import type { LearningStore } from "../../src/store/index.js";
import { openPostgresStore } from "../../src/store/postgres/index.js";
import { startPostgres, type TestServer } from "./postgres.js";
import { triageGraph } from "./triage.js";

/** Runs a second, by the injected clock. */
const RATE = 20;

/** What an outage of the database came to. */
export interface OutageFigures {
  seconds: number;
  runs: number;
  /** Runs that failed, records that were refused, facts that are missing afterwards, and those that are there twice. */
  failed: number;
  dropped: number;
  lost: number;
  twice: number;
  /** Bytes that waited on the disk at the end of the outage. */
  spilled: number;
  /** Whether the status named the outage and what waited. */
  told: boolean;
}

const quiet = { debug() {}, info() {}, warn() {}, error: console.error };

function sizeIn(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}

/** The runs whose facts of a kind are there, and how many facts are there once too often. */
async function found(store: LearningStore, kind: "trace" | "decision"): Promise<{ runs: number; twice: number }> {
  const ids = new Set<string>();
  let facts = 0;
  for await (const batch of store.read(kind)) {
    facts += batch.facts.length;
    for (const fact of batch.facts) ids.add(fact.workflowId);
  }
  return { runs: ids.size, twice: facts - ids.size };
}

/** Serves runs while the database is away for so many seconds of the injected clock, and counts what arrives. */
export async function postgresOutage(seconds: number): Promise<OutageFigures> {
  const server = await startPostgres(["fsync=off"]);
  const folder = mkdtempSync(join(tmpdir(), "spill-"));
  try {
    return await outage(server, folder, seconds);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function outage(server: TestServer, folder: string, seconds: number): Promise<OutageFigures> {
  const clock = new ManualClock(Date.UTC(2026, 5, 1));
  const logger = quiet;
  const store = await openPostgresStore({ connectionString: server.url, spill: { folder }, logger, clock });
  const loop = await CollectiveLearningLoop.open({ store, logger, clock, role: "serve" });
  try {
    const graph = triageGraph(loop);
    let failed = 0;
    let runs = 0;
    const second = async () => {
      const tried = await Promise.allSettled(
        Array.from({ length: RATE }, () => graph.invoke({ topic: "crash", noise: 0.5 })),
      );
      runs += RATE;
      failed += tried.filter((r) => r.status === "rejected" || !r.value.team).length;
      clock.advance(1000);
    };
    await second();
    await loop.flush();
    await server.crash();
    for (let i = 0; i < seconds; i++) await second();
    await loop.flush();
    const spilled = sizeIn(folder);
    const { health, warnings } = await loop.getLearningStatus();
    const told =
      health.outage?.waitingBytes === spilled &&
      health.outage.refused === 0 &&
      // By the injected clock it may be noticed late: writing takes its own time.
      /PostgreSQL cannot be reached since 2026-06-01T00:.*MiB of records wait/.test(warnings.join());
    await server.restart();
    await second();
    for (let i = 0; i < 60_000 && sizeIn(folder) > 0; i++) {
      clock.advance(1000);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await loop.flush();
    const [traces, decisions] = [await found(store, "trace"), await found(store, "decision")];
    return {
      seconds,
      runs,
      failed,
      dropped: loop.tracer.counters().dropped,
      lost: 2 * runs - traces.runs - decisions.runs,
      twice: traces.twice + decisions.twice,
      spilled,
      told,
    };
  } finally {
    await loop.close();
    await store.close();
  }
}
