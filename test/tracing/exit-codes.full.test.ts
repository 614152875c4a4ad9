import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { openFileStore } from "../../src/store/index.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
// Within the project, so that the programs find its packages.
mkdirSync(join(ROOT, ".cache"), { recursive: true });
const home = mkdtempSync(join(ROOT, ".cache", "exit-codes-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A program with a run of a graph; `START` and `END` are what it does before and after. */
const BARE = `START
let folder = process.env.STORE_FOLDER;
END`;
const WITH_US = `START
import { openFileStore } from "langgraph-collective-learning/store";
import { WorkflowTracer } from "langgraph-collective-learning/tracing";
let folder = process.env.STORE_FOLDER;
const store = await openFileStore({ traces: folder + "/t", feedback: folder + "/f", models: folder + "/m" });
const tracer = new WorkflowTracer({ store, buffer: { flushIntervalMs: 60000 } });
tracer.record({ schemaVersion: 1, decisionId: "d", workflowId: "w", decisionPoint: "p", at: "2026-01-01T00:00:00.000Z",
  index: 0, context: {}, candidates: ["a"], chosen: "a", source: "fallback", mode: "shadow" });
END`;

interface Ended {
  code: number | null;
  signal: string | null;
  out: string;
}

function run(program: string, folder: string): Promise<Ended> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "program.mjs");
  writeFileSync(file, program);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [file], { env: { ...process.env, STORE_FOLDER: folder } });
    let out = "";
    child.stdout.on("data", (text: Buffer) => (out += text.toString()));
    child.on("close", (code, signal) => resolve({ code, signal, out }));
  });
}

const alive = "setInterval(() => {}, 1000);";
const never = "await new Promise(() => {});";
const kill = (signal: string) => `${alive} process.kill(process.pid, "${signal}");`;
const says = (event: string) =>
  `process.on("${event}", (code) => console.log("${event}", code, String(process.exitCode)));`;
const signalExit =
  'import { onExit } from "signal-exit"; onExit((code, signal) => { console.log("signal-exit", code, signal); });';

const programs: [what: string, start: string, end: string, code: number | string][] = [
  ["a top-level await that never settles", "", never, 13],
  ["the same, after an exit code was set", "process.exitCode = 4;", never, 4],
  ["the same, seen by a handler", says("exit"), never, 13],
  ["the same, beside signal-exit, which makes it 0", signalExit, never, 0],
  ["an exit code that is set", "", "process.exitCode = 5;", 5],
  ["an exit code that is set in a handler", 'process.on("exit", () => { process.exitCode = 9; });', "", 9],
  ["what a handler sees at the end", says("exit"), "", 0],
  ["what a handler sees at process.exit()", says("exit"), "process.exitCode = 6; process.exit();", 6],
  ["process.exit(3) in a handler", 'process.on("exit", () => process.exit(3));', "process.exit(1);", 3],
  ["an error in a handler before ours", 'process.on("exit", () => { throw new Error("late"); });', "", 1],
  ["an error in a handler after ours", "", 'process.on("exit", () => { throw new Error("late"); });', 1],
  ["an unhandled rejection", "", 'Promise.reject(new Error("mine"));', 1],
  [
    "an uncaught error that is taken",
    'process.on("uncaughtException", () => console.log("taken"));',
    'setTimeout(() => { throw new Error("mine"); }, 1);',
    0,
  ],
  ["a handler of beforeExit, once", "", says("beforeExit"), 0],
  [
    "work in beforeExit",
    "let n = 0;",
    'process.on("beforeExit", () => { if (n++ < 2) setTimeout(() => console.log("work", n), 1); });',
    0,
  ],
  ["an exit code from beforeExit", "", 'process.on("beforeExit", () => { process.exitCode = 8; });', 8],
  ["SIGTERM", "", kill("SIGTERM"), "SIGTERM"],
  ["SIGHUP", "", kill("SIGHUP"), "SIGHUP"],
  ["SIGXFSZ, which Node ignores", "", `${kill("SIGXFSZ")} setTimeout(() => process.exit(2), 50);`, 2],
  ["SIGTERM beside signal-exit, which is told", signalExit, kill("SIGTERM"), "SIGTERM"],
  [
    "SIGTERM beside signal-exit that holds it",
    "",
    `const { onExit } = await import("signal-exit");
     onExit(() => { setTimeout(() => process.exit(2), 20); return true; }); ${kill("SIGTERM")}`,
    2,
  ],
  [
    "SIGTERM beside signal-exit that let go",
    "",
    `const { onExit } = await import("signal-exit"); onExit(() => console.log("told"))(); ${kill("SIGTERM")}`,
    "SIGTERM",
  ],
  [
    "a second SIGTERM after a handler that is to run once",
    'process.once("SIGTERM", () => console.log("graceful"));',
    `${kill("SIGTERM")} setTimeout(() => process.kill(process.pid, "SIGTERM"), 50);`,
    "SIGTERM",
  ],
  [
    "a forked child that sets its exit code",
    'import { fork } from "node:child_process"; const isChild = process.argv[2] === "child";',
    `if (isChild) { process.disconnect(); process.exitCode = 5; }
     else fork(process.argv[1], ["child"]).on("exit", (code, signal) => console.log("child", code, signal));`,
    0,
  ],
  [
    "a worker of a cluster that is disconnected",
    'import cluster from "node:cluster"; import { createServer } from "node:http";',
    `if (cluster.isPrimary) { const w = cluster.fork(); w.on("listening", () => w.disconnect());
       w.on("exit", (code, signal) => console.log("worker", code, signal)); }
     else createServer().listen(0, "127.0.0.1");`,
    0,
  ],
  [
    "a worker thread that exits",
    'import { Worker } from "node:worker_threads";',
    'new Worker("process.exit(3)", { eval: true }).on("exit", (code) => console.log("thread", code));',
    0,
  ],
];

describe("a program ends with us as it ends without us", () => {
  it.each(programs)("%s", async (what, start, end, code) => {
    const folder = join(home, what.replace(/\W+/g, "-"));
    const fill = (program: string) => program.replace("START", () => start).replace("END", () => end);
    const bare = await run(fill(BARE), join(folder, "bare"));
    const ours = await run(fill(WITH_US), join(folder, "ours"));
    expect(ours).toEqual(bare);
    expect(ours.signal ?? ours.code).toBe(code);
    const at = join(folder, "ours");
    const store = await openFileStore({ traces: `${at}/t`, feedback: `${at}/f`, models: `${at}/m` });
    const found = new Set<string>();
    for await (const { facts } of store.read("decision")) for (const d of facts) found.add(d.decisionId);
    await store.close();
    expect([...found]).toEqual(["d"]);
  });
});
