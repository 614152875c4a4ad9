import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openPostgresStore } from "langgraph-collective-learning/postgres";
import pg from "pg";
import type { Decision, FactTypes, FeedbackRecord } from "../../src/core/index.js";
import type { FactKind, FactQuery, LearningStore } from "../../src/store/index.js";
import { startPostgres } from "../support/postgres.js";
import { type Bench, median, round } from "./support/bench.js";
import { TYPES, traceOf } from "./support/traces.js";

const BATCH = 256;
const schema = "bench";
const quiet = { debug() {}, info() {}, warn: console.warn, error: console.error };

function decisionOf(n: number, time: number): Decision {
  const isTech = n % 3 === 0;
  return {
    schemaVersion: 1,
    decisionId: `decision-${n.toString(16).padStart(12, "0")}`,
    workflowId: `workflow-${n.toString(16).padStart(12, "0")}`,
    workflowType: `type-${n % TYPES}`,
    threadId: `thread-${n % 5000}`,
    decisionPoint: "triage",
    at: new Date(time).toISOString(),
    index: 0,
    context: { topic: isTech ? "crash" : "invoice", length: n % 400, urgent: n % 5 === 0 },
    candidates: ["billing", "tech"],
    chosen: n % 2 ? "billing" : "tech",
    propensity: 0.5,
    probabilities: [0.5, 0.5],
    fallbackChoice: "billing",
    source: "exploration",
    mode: "shadow",
  };
}

function feedbackOf(n: number, time: number): FeedbackRecord {
  const isRight = (n % 3 === 0) === (n % 2 === 0);
  return {
    schemaVersion: 1,
    feedbackId: `feedback-${n.toString(16).padStart(12, "0")}`,
    workflowId: `workflow-${n.toString(16).padStart(12, "0")}`,
    workflowType: `type-${n % TYPES}`,
    userId: `user-${n % 997}`,
    source: "human",
    at: new Date(time + 1000).toISOString(),
    ratings: { satisfaction: isRight ? 0.9 : 0.3 },
  };
}

/** A learner in a process of its own that learns one cycle after the other; says after each how long it took. */
function startLearner(url: string, once = false): { process: ChildProcess; cycles: number[]; ended: Promise<void> } {
  const script = fileURLToPath(new URL("./postgres/learner.mjs", import.meta.url));
  const child = spawn(process.execPath, [script, url, schema, ...(once ? ["once"] : [])], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const cycles: number[] = [];
  child.stdout.on("data", (data) => {
    for (const line of String(data).split("\n")) if (line.startsWith("cycle")) cycles.push(Number(line.split(" ")[1]));
  });
  return { process: child, cycles, ended: new Promise((resolve) => child.once("close", () => resolve())) };
}

/** Rates of writing beside a learner and of plain COPY of the same bytes, pages under filters, and a learner's start. */
const bench: Bench = async ({ quick, args }) => {
  const asked = Number(args.find((a) => a.startsWith("--runs="))?.slice("--runs=".length));
  const total = asked > 0 ? asked : quick ? 15_000 : 1_000_000;
  const server = await startPostgres(["shared_buffers=512MB", "max_wal_size=4GB", "checkpoint_timeout=15min"]);
  const spill = mkdtempSync(join(tmpdir(), "bench-spill-"));
  const open = () =>
    openPostgresStore({ connectionString: server.url, schema, logger: quiet, spill: { folder: spill } });
  // Two hosts: while one makes its batch ready, the server writes the other's.
  const hosts = [await open(), await open()];
  const store = hosts[0]!;
  const admin = new pg.Pool({ connectionString: server.url, max: 2 });
  try {
    const begin = Date.now() - total * 50;
    const factsOf = (from: number) => {
      const ns = Array.from({ length: BATCH }, (_, i) => from + i);
      const at = (n: number) => begin + n * 50;
      return {
        trace: ns.map((n) => ({ ...traceOf(n, at(n)), ...(n % 10 === 0 && { userId: `user-${n % 997}` }) })),
        decision: ns.map((n) => decisionOf(n, at(n))),
        feedback: ns.map((n) => feedbackOf(n, at(n))),
      };
    };
    const write = async (host: LearningStore, facts: { [K in FactKind]: FactTypes[K][] }) => {
      // A host's tracer and its collector of feedback do not wait for each other.
      await Promise.all([
        host.append("decision", facts.decision),
        host.append("trace", facts.trace),
        host.append("feedback", facts.feedback),
      ]);
    };
    await write(store, factsOf(0));
    const learner = startLearner(server.url);
    const rates: number[] = [];
    const copies: number[] = [];
    let written = BATCH;
    const windows = Math.ceil((total - BATCH) / (10 * BATCH));
    // So many windows measure COPY beside the learner too, in turn with the store's own.
    const copyEvery = Math.max(1, Math.floor(windows / 20));
    for (let w = 0; w < windows; w++) {
      const batches = Array.from({ length: 10 }, (_, i) => factsOf(written + i * BATCH));
      const started = performance.now();
      await Promise.all(
        hosts.map(async (host, h) => {
          // As a tracer does, a host makes its next batch ready while the server writes the one before.
          let before: Promise<unknown> = Promise.resolve();
          for (const [i, batch] of batches.entries()) {
            if (i % hosts.length !== h) continue;
            const now = write(host, batch);
            await before;
            before = now;
          }
          await before;
        }),
      );
      rates.push((10 * BATCH) / ((performance.now() - started) / 1000));
      written += 10 * BATCH;
      if (w % copyEvery === 0) copies.push(await copyRate(admin, batches));
    }
    learner.process.kill("SIGKILL");
    await learner.ended;
    const { rows: sizes } = await admin.query("SELECT pg_database_size(current_database())::float8 AS bytes");
    console.log(
      `${written} runs, ${round(sizes[0].bytes / 2 ** 20, 0)} MiB; learner's cycles (ms): ${learner.cycles.join(" ")}`,
    );

    await admin.query(`ANALYZE ${schema}.traces`);
    const pages = await pageTimes(store, begin, written);
    const restarts: number[] = [];
    for (let i = 0; i < (quick ? 1 : 3); i++) {
      const again = startLearner(server.url, true);
      await again.ended;
      restarts.push(...again.cycles);
    }
    console.log(
      `pages (ms): ${Object.entries(pages)
        .map(([name, ms]) => `${name} ${round(ms, 1)}`)
        .join(", ")}`,
    );
    const runsPerS = median(rates);
    return {
      runsPerS: round(runsPerS, 0),
      copyRunsPerS: round(median(copies), 0),
      ratioToCopy: round(runsPerS / median(copies), 3),
      pageP50Ms: round(Math.max(...Object.values(pages)), 1),
      restartMs: round(median(restarts), 0),
      runs: written,
      bytesPerRun: round(sizes[0].bytes / written, 0),
    };
  } finally {
    await Promise.all(hosts.map((host) => host.close()));
    await admin.end();
    await server.stop();
    rmSync(spill, { recursive: true, force: true });
  }
};

/** Runs a second by COPY of the same JSON lines from a file of the server's into a table without indexes. */
async function copyRate(admin: pg.Pool, batches: { [K in FactKind]: FactTypes[K][] }[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "bench-copy-"));
  chmodSync(folder, 0o755);
  const file = join(folder, "lines");
  const lines = batches.flatMap((b) => [...b.decision, ...b.trace, ...b.feedback].map((fact) => JSON.stringify(fact)));
  writeFileSync(file, `${lines.map((line) => line.replaceAll("\\", "\\\\")).join("\n")}\n`, { mode: 0o644 });
  await admin.query("CREATE TABLE IF NOT EXISTS plain (line text)");
  const started = performance.now();
  await admin.query(`COPY plain FROM '${file}'`);
  const seconds = (performance.now() - started) / 1000;
  await admin.query("TRUNCATE plain");
  rmSync(folder, { recursive: true });
  return (batches.length * BATCH) / seconds;
}

/** The median time of the newest 50 traces under each of several filters. */
async function pageTimes(store: LearningStore, begin: number, written: number): Promise<Record<string, number>> {
  const middle = new Date(begin + (written / 2) * 50).toISOString();
  const queries: Record<string, FactQuery> = {
    all: {},
    type: { workflowType: "type-3" },
    status: { status: "error" },
    "type and status": { workflowType: "type-3", status: "error" },
    person: { userId: "user-70" },
    thread: { threadId: "thread-77" },
    before: { to: middle },
    "type before": { workflowType: "type-5", to: middle },
    "no such status": { status: "cancelled", from: new Date(begin + (written - 10_000) * 50).toISOString() },
  };
  const times: Record<string, number> = {};
  for (const [name, query] of Object.entries(queries)) {
    const found: number[] = [];
    for (let i = 0; i < 15; i++) {
      const started = performance.now();
      let got = 0;
      for await (const { facts } of store.read("trace", { ...query, latest: true, limit: 50 })) got += facts.length;
      found.push(performance.now() - started);
      if (got > 50) throw new Error(`found ${got} traces`);
    }
    times[name] = median(found);
  }
  return times;
}

export default bench;
