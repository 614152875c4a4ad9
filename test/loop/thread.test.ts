import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { getPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { defaultLogger, VERSION } from "../../src/core/index.js";
import { findEntry, threadProof } from "../../src/learning/thread/find-entry.js";
import { type LearningWorkerOptions, startLearningWorker } from "../../src/learning/thread/host.js";
import { createMemoryStore } from "../../src/store/index.js";
import { triageGraph } from "../support/triage.js";

const ROOT = new URL("../../", import.meta.url);
const built = new URL("dist/worker/main.js", ROOT);
const home = mkdtempSync(join(tmpdir(), "thread-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((w) => w.close()));
});
const start = (options: Partial<LearningWorkerOptions>) => {
  const worker = startLearningWorker({ logger: defaultLogger({ LEARNING_LOG: "off" }), ...options });
  open.push(worker);
  return worker;
};
/** A program of the host's: it leaves a file where it was run. */
function program(name: string, body = "") {
  const file = join(home, name);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(
    file,
    `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(`${file}.ran`)}, "");${body}`,
  );
  return { file, wasRun: () => rmSync(`${file}.ran`, { force: false }) };
}

describe("the release", () => {
  it("is the same in the manifest, in the code and in the thread's file", () => {
    const manifest = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")) as { version: string };
    expect(VERSION).toBe(manifest.version);
    expect(readFileSync(built, "utf8")).toContain(threadProof());
  });
});

describe("the thread", () => {
  const niceOf = (task: string) => {
    const stat = readFileSync(`/proc/self/task/${task}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
  };

  it.skipIf(process.platform !== "linux")("gives way to all others, and changes the priority of none", async () => {
    const before = readdirSync("/proc/self/task");
    const own = before.map(niceOf);
    await start({ entry: built }).run("facts.ingest", {});
    expect(before.map(niceOf)).toEqual(own);
    const added = readdirSync("/proc/self/task").filter((task) => !before.includes(task));
    // The process may itself run at a low priority, up to the lowest there is.
    const ours = getPriority();
    expect(added.map(niceOf).filter((nice) => nice !== ours)).toEqual(ours < 19 ? [Math.min(19, ours + 5)] : []);
  });
});

describe("the thread's file", () => {
  const path = "../../worker/main.js";
  const hostFile = pathToFileURL(join(home, "app/a/b/host.js")).href;

  it("is found beside its host", () => {
    const from = new URL("dist/shared/chunks/any.js", ROOT).href;
    expect(findEntry({ from, path, near: [] })).toEqual({ entry: built, refused: [], isTaken: false });
  });

  it("is never a program of the host's that stands there", () => {
    program("app/worker/main.js");
    expect(findEntry({ from: hostFile, path, near: [] })).toEqual({
      refused: [expect.stringMatching(/main\.js is not the learning thread of release/)],
      isTaken: true,
    });
  });

  it("is found in the installed package of the same release, from a bundle that stands elsewhere or has no URL", () => {
    const installed = join(home, "project/node_modules/langgraph-collective-learning/dist/worker/main.js");
    mkdirSync(join(installed, ".."), { recursive: true });
    writeFileSync(installed, "// another release");
    const near = [join(home, "project/dist/server")];
    expect(findEntry({ from: undefined, path, near })).toMatchObject({ refused: [expect.anything()], isTaken: false });
    writeFileSync(installed, `"${threadProof()}"`);
    expect(findEntry({ from: undefined, path, near }).entry).toEqual(pathToFileURL(installed));
    expect(findEntry({ from: hostFile, path, near }).entry).toEqual(pathToFileURL(installed));
  });

  it("is not there in a bundle without the package: only the bundler may know it", () => {
    const found = findEntry({ from: pathToFileURL(join(home, "x/y/z/bundle.js")).href, path, near: [] });
    expect(found).toEqual({ refused: [expect.stringMatching(/main\.js is not there/)], isTaken: false });
  });
});

describe("a thread", () => {
  it("runs from a workerPath, as a path or a URL", async () => {
    for (const workerPath of [built, built.href, join(ROOT.pathname, "dist/worker/main.js")])
      await expect(start({ workerPath }).run("facts.ingest", {})).resolves.toMatchObject({ decisions: 0 });
  });

  it("is not started from a file that is none, which is not run at all", async () => {
    const { file, wasRun } = program("mine.mjs");
    const none =
      /WORKER_FAILED\] received no learning thread \(the workerPath .*mine\.mjs, which is not the learning thread/;
    const worker = start({ workerPath: file });
    await expect(worker.run("facts.ingest", {})).rejects.toThrow(none);
    await expect(worker.run("facts.ingest", {})).rejects.toThrow(/serverExternalPackages/);
    expect(wasRun).toThrow(/ENOENT/);
  });

  it.each([
    ["says nothing", "setInterval(() => {}, 1000);", 200],
    [
      "says something else",
      `import { parentPort } from "node:worker_threads"; parentPort.postMessage("hello");`,
      20_000,
    ],
    ["ends", "", 20_000],
    ["fails", `throw new Error("mine");`, 20_000],
  ])("that %s is none", async (_, body, readyMs) => {
    const { file } = program(`odd-${readyMs}-${body.length}.mjs`, body);
    const worker = start({ entry: pathToFileURL(file), readyMs });
    await expect(worker.run("facts.ingest", {})).rejects.toThrow(/WORKER_FAILED.*no learning thread/);
  });

  it("does not run a program a second time that holds the host, as a bundler may put it there", async () => {
    const host = new URL("dist/index.js", ROOT).href;
    const { file, wasRun } = program("bundle.mjs");
    writeFileSync(
      file,
      `import ${JSON.stringify(host)};\n${readFileSync(file, "utf8").replace("import {", "const {").replace(' from "node:fs"', ' = await import("node:fs")')}`,
    );
    const worker = start({ entry: pathToFileURL(file) });
    await expect(worker.run("facts.ingest", {})).rejects.toThrow(
      /no learning thread \(a thread that ended with code 1/,
    );
    expect(wasRun).toThrow(/ENOENT/);
  });
});

describe("without a thread", () => {
  it("learning says so in each cycle and in the status, and everything else works", async () => {
    const { file } = program("none.mjs");
    const loop = await CollectiveLearningLoop.open({
      store: createMemoryStore(),
      workerPath: file,
      logger: defaultLogger({ LEARNING_LOG: "off" }),
    });
    await expect(loop.triggerLearningCycle()).rejects.toThrow(/WORKER_FAILED.*no learning thread/);
    const status = await loop.getLearningStatus();
    expect(status).toMatchObject({
      cyclesCompleted: 0,
      cyclesFailed: 1,
      lastCycle: { failed: { code: "WORKER_FAILED" } },
    });
    expect(status.warnings[0]).toMatch(/no learning thread .*workerPath/);
    await loop.close();
  });
});

describe("LEARNING_DISABLED=1", () => {
  it.each<[string, object]>([
    ["a wrong configuration", { seeed: 1, storagePath: 7, logger: defaultLogger({ LEARNING_LOG: "off" }) }],
    ["no object", null as never],
    ["a logger and a clock that are none", { logger: {}, clock: 1 }],
    ["a store that fails", { store: { append() {}, read() {}, close() {} } }],
    ["an orchestrator that is none", { store: createMemoryStore(), orchestrator: { compile() {} } }],
    ["a workerPath that is none", { store: createMemoryStore(), workerPath: "nowhere.js" }],
  ])("opens with %s, and runs graphs bare", async (what, config) => {
    process.env.LEARNING_DISABLED = "1";
    try {
      const loop = await CollectiveLearningLoop.open(config);
      const { team } = await triageGraph(loop).invoke({ topic: "crash", noise: 0 });
      expect(team).toBe("billing");
      const { disabled, warnings } = await loop.getLearningStatus();
      expect(disabled).toBe(true);
      if (!/orchestrator|workerPath/.test(what)) expect(warnings[0]).toMatch(/could not be opened as configured \(/);
      await loop.close();
    } finally {
      delete process.env.LEARNING_DISABLED;
    }
  });
});
