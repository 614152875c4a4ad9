import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRng } from "../../src/math/rng.js";
import type { FactKind } from "../../src/store/index.js";
import { openPostgresStore } from "../../src/store/postgres/index.js";
import { startPostgres } from "../support/postgres.js";

/** What a campaign of kills found. */
export interface KillFigures {
  kills: number;
  servers: number;
  acknowledged: number;
  lost: number;
  twice: number;
  /** Traces that the learners noted, and those that there are. */
  followed: number;
  there: number;
}

const script = (name: string) => fileURLToPath(new URL(`../store/support/${name}.mjs`, import.meta.url));
const bytesOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const quiet = { debug() {}, info() {}, warn() {}, error: console.error };

/** A child that says `ready`, and by lines `KIND id id ...` what was acknowledged to it. */
function child(name: string, args: string[], acknowledged: Record<string, Set<string>>) {
  const process_ = spawn(process.execPath, [script(name), ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let rest = "";
  let ready = () => {};
  const started = new Promise<void>((resolve) => {
    ready = resolve;
  });
  process_.stdout.on("data", (data) => {
    const lines = (rest + data).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "ready") ready();
      const [kind = "", ...ids] = line.split(" ");
      for (const id of ids) acknowledged[kind]?.add(id);
    }
  });
  return { started, kill: () => killed(process_) };
}

const killed = (target: ChildProcess) =>
  new Promise<void>((resolve) => {
    if (target.exitCode !== null) throw new Error(`a child ended by itself with ${target.exitCode}`);
    if (target.signalCode !== null) return resolve();
    target.once("close", () => resolve());
    target.kill("SIGKILL");
  });

/**
 * Kills writers, learners and the server (immediate shutdown) while they work, `kills` in all, and then counts what
 * was acknowledged and is not there, what is there twice, and what the learners' cursor passed over.
 */
export async function postgresKills(kills: number, seed: number): Promise<KillFigures> {
  const rng = createRng(seed);
  const server = await startPostgres();
  const folder = mkdtempSync(join(tmpdir(), "pg-kills-"));
  const schema = "kills";
  const acknowledged = { trace: new Set<string>(), decision: new Set<string>() };
  let names = 0;
  const writer = () => child("pg-writer", [server.url, schema, folder, `k${names++}`], acknowledged);
  const learner = () => child("pg-learner", [server.url, schema, folder], acknowledged);
  let writers = [writer(), writer()];
  let learners = [learner(), learner()];
  let done = 0;
  let servers = 0;
  try {
    while (done < kills) {
      await Promise.all([...writers, ...learners].map((c) => c.started));
      await pause(rng.next() * 120);
      const dice = rng.next();
      if (dice < 0.2) {
        await server.crash();
        servers++;
        done++;
        await pause(rng.next() * 300);
        // Half of the time a writer dies during the outage, and leaves what waits.
        if (rng.next() < 0.5 && done < kills) {
          await writers[0]!.kill();
          done++;
          writers = [writers[1]!, writer()];
        }
        await server.restart();
      } else if (dice < 0.4) {
        await learners[0]!.kill();
        done++;
        learners = [learners[1]!, learner()];
      } else {
        // Two at once where there is room for two.
        const both = Math.min(2, kills - done);
        await Promise.all(writers.slice(0, both).map((w) => w.kill()));
        done += both;
        writers = [...writers.slice(both), ...Array.from({ length: both }, writer)];
      }
    }
    await Promise.all(writers.map((w) => w.started));
    await Promise.all(writers.map((w) => w.kill()));
    return { ...(await judge()), kills: done, servers };
  } finally {
    await Promise.all([...writers, ...learners].map((c) => c.kill()));
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }

  async function judge(): Promise<Omit<KillFigures, "kills" | "servers">> {
    const store = await openPostgresStore({ connectionString: server.url, schema, spill: { folder }, logger: quiet });
    // What waits in files is on its way for as long as there are fewer of them, or less in them.
    const waiting = () => readdirSync(folder).reduce((sum, name) => sum + bytesOf(join(folder, name)), 0);
    for (let before = Number.POSITIVE_INFINITY; waiting() > 0 && waiting() < before; ) {
      before = waiting();
      for (let i = 0; i < 3000 && waiting() === before; i++) await pause(100);
    }
    let lost = 0;
    let twice = 0;
    let there = 0;
    for (const kind of ["trace", "decision"] as FactKind[]) {
      const found: string[] = [];
      for await (const { facts } of store.read(kind)) found.push(...facts.map((f) => f.workflowId));
      const set = new Set(found);
      twice += found.length - set.size;
      lost += [...acknowledged[kind as "trace"]].filter((id) => !set.has(id)).length;
      if (kind === "trace") there = set.size;
    }
    let followed = 0;
    for (let i = 0; i < 600 && followed !== there; i++) {
      followed = (await store.documents.get<{ count: number }>("seen"))?.count ?? 0;
      await pause(50);
    }
    await store.close();
    return { acknowledged: acknowledged.trace.size + acknowledged.decision.size, lost, twice, followed, there };
  }
}

export default () => postgresKills(500, 1);
