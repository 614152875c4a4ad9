import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { openPostgresStore } from "langgraph-collective-learning/postgres";
import { openFileStore } from "langgraph-collective-learning/store";
import { startPostgres } from "../support/postgres.js";
import { fill } from "./dashboard/facts.js";
import { measure } from "./dashboard/measure.js";
import type { Bench } from "./support/bench.js";

const logger = { debug() {}, info() {}, warn: console.warn, error: console.error };

/** Over a folder; one that was kept is measured as it is, for filling takes minutes. */
async function overFiles(runs: number, quick: boolean, kept?: string) {
  const folder = kept ?? (await mkdtemp(join(tmpdir(), "bench-dashboard-")));
  const where = { traces: join(folder, "traces"), feedback: join(folder, "feedback"), models: join(folder, "models") };
  if (kept === undefined || !existsSync(where.traces)) {
    const writer = await openFileStore(where);
    await fill(writer, runs);
    await writer.close();
  }
  const loop = await CollectiveLearningLoop.open({ storagePath: folder, logger });
  const figures = await measure(loop, runs, quick);
  await loop.close();
  if (kept === undefined) await rm(folder, { recursive: true, force: true });
  return figures;
}

/** Over PostgreSQL: a server of its own, or the one at an address, whose schema is filled where it is empty. */
async function overPostgres(runs: number, quick: boolean, address?: string) {
  const server = address
    ? undefined
    : await startPostgres(["shared_buffers=512MB", "max_wal_size=4GB", "checkpoint_timeout=15min"]);
  const store = await openPostgresStore({
    connectionString: address ?? server?.url ?? "",
    schema: "bench_dashboard",
    logger,
    spill: false,
    statementTimeoutMs: 120_000,
  });
  try {
    let isFilled = false;
    for await (const { facts } of store.read("trace", { latest: true, limit: 1 })) isFilled = facts.length > 0;
    const started = performance.now();
    if (!isFilled) await fill(store, runs);
    if (!isFilled) console.log(`PostgreSQL was filled in ${Math.round((performance.now() - started) / 1000)} s`);
    const loop = await CollectiveLearningLoop.open({ store, logger });
    const figures = await measure(loop, runs, quick);
    await loop.close();
    return figures;
  } finally {
    await store.close();
    await server?.stop();
  }
}

/**
 * How long the dashboard's server takes over a large store, files and PostgreSQL, and what memory paging costs.
 * `--store=files` or `--store=postgres` measures one, `--runs=N` fewer; `--keep=FOLDER` and `--url=ADDRESS` keep what was
 * filled for the next time.
 */
const bench: Bench = async ({ quick, args }) => {
  const option = (name: string) => args.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3);
  const asked = Number(option("runs"));
  const runs = asked > 0 ? asked : quick ? 20_000 : 1_000_000;
  const only = option("store");
  const files = only === "postgres" ? {} : await overFiles(runs, quick, option("keep"));
  const inPostgres = only === "files" ? {} : await overPostgres(runs, quick, option("url"));
  const named = Object.entries(inPostgres).map(([name, v]) => [`pg${name[0]?.toUpperCase()}${name.slice(1)}`, v]);
  return { runs, ...files, ...Object.fromEntries(named) };
};

export default bench;
