import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openFileStore } from "../../src/store/index.js";
import { sampleFeedback } from "../store/facts.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "exit-"));
/** A second copy of the package, as a dependency of a dependency brings it. */
const copy = join(home, "copy");
beforeAll(() => {
  cpSync(join(ROOT, "dist"), join(copy, "dist"), { recursive: true });
  cpSync(join(ROOT, "package.json"), join(copy, "package.json"));
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A host that records one decision and one judgement, and then ends in some way. */
const HOST = `
START
import { openFileStore } from "langgraph-collective-learning/store";
import { WorkflowTracer } from "langgraph-collective-learning/tracing";
const f = process.argv[1];
const store = await openFileStore({ traces: f + "/t", feedback: f + "/f", models: f + "/m" });
const tracer = new WorkflowTracer({ store, buffer: { flushIntervalMs: 60000 } });
tracer.record({ schemaVersion: 1, decisionId: "d", workflowId: "w", decisionPoint: "p", at: "2026-01-01T00:00:00.000Z",
  index: 0, context: {}, candidates: ["a"], chosen: "a", source: "fallback", mode: "shadow" });
END
`;
const alive = "setInterval(() => {}, 1000);";
const kill = (signal: string) => `${alive} process.kill(process.pid, '${signal}');`;
const signalExit = "import { onExit } from 'signal-exit'; onExit(() => {});";
const secondCopy = `
  const { WorkflowTracer: Other } = await import(${JSON.stringify(join(copy, "dist/tracing/index.js"))});
  new Other({ store });`;

describe("at the end of the process, what waits is written, and the process ends as it would without us", () => {
  it.each([
    ["it just ends", "", "", 0],
    ["process.exit()", "", "process.exit(5);", 5],
    ["an uncaught error", "", "setTimeout(() => { throw new Error('mine'); }, 1);", 1],
    ["an unhandled rejection", "", "Promise.reject(new Error('mine'));", 1],
    ["a write is under way", "", "void tracer.flush(); process.exit(0);", 0],
    ["SIGTERM without a handler of the host", "", kill("SIGTERM"), "SIGTERM"],
    ["SIGINT without one", "", kill("SIGINT"), "SIGINT"],
    ["SIGTERM beside signal-exit", signalExit, kill("SIGTERM"), "SIGTERM"],
    ["SIGINT beside a second copy of this package", "", secondCopy + kill("SIGINT"), "SIGINT"],
    [
      "SIGTERM with a server that closes and exits",
      "import { createServer } from 'node:http';",
      `const server = createServer().listen(0, () => ${"process.kill(process.pid, 'SIGTERM')"});
       process.on('SIGTERM', () => server.close(() => process.exit(0)));`,
      0,
    ],
    [
      "SIGTERM with a handler that was there before and runs once",
      "process.once('SIGTERM', () => setTimeout(() => process.exit(7), 20));",
      kill("SIGTERM"),
      7,
    ],
    [
      "SIGINT with a handler that lets it end by itself",
      "",
      "const k = setInterval(() => {}, 1000); process.on('SIGINT', () => setTimeout(() => { clearInterval(k); process.exitCode = 7; }, 50)); process.kill(process.pid, 'SIGINT');",
      7,
    ],
  ])("%s", async (_, start, end, expected) => {
    const folder = mkdtempSync(join(home, "run-"));
    const outcome = await new Promise<string | number>((resolve) => {
      const args = ["--input-type=module", "-e", HOST.replace("START", () => start).replace("END", () => end), folder];
      execFile(process.execPath, args, { cwd: ROOT }, (error) =>
        resolve(error ? ((error.signal as string | null) ?? Number(error.code)) : 0),
      );
    });
    expect(outcome).toBe(expected);
    const store = await openFileStore({ traces: `${folder}/t`, feedback: `${folder}/f`, models: `${folder}/m` });
    const found = new Set<string>();
    for await (const { facts } of store.read("decision")) for (const d of facts) found.add(d.decisionId);
    expect([...found]).toEqual(["d"]);
    await store.close();
  });

  it.each([
    ["process.exit() in a node", "process.exit(3)", 3],
    [
      "a signal while a node waits",
      "setTimeout(() => process.kill(process.pid, 'SIGTERM'), 20), new Promise((r) => setTimeout(r, 60000))",
      "SIGTERM",
    ],
    ["nothing that a node waits for ever comes", "new Promise(() => {})", 0],
  ])("a run under way is kept as far as it came: %s", async (_, last, expected) => {
    const folder = mkdtempSync(join(home, "run-"));
    const run = `
      const { END, START, StateGraph, StateSchema } = await import("@langchain/langgraph");
      const { z } = await import("zod");
      const graph = new StateGraph(new StateSchema({ text: z.string() }))
        .addNode("first", () => ({ text: "done" })).addNode("last", () => (${last}))
        .addEdge(START, "first").addEdge("first", "last").addEdge("last", END).compile();
      void tracer.wrap(graph, { workflowType: "t" }).invoke({ text: "" }, { metadata: { workflowId: "w-open" } });`;
    const outcome = await new Promise<string | number>((resolve) => {
      const args = [
        "--input-type=module",
        "-e",
        HOST.replace("START\n", "\n").replace("END\n", () => `${run}\n`),
        folder,
      ];
      execFile(process.execPath, args, { cwd: ROOT }, (error) =>
        resolve(error ? ((error.signal as string | null) ?? Number(error.code)) : 0),
      );
    });
    expect(outcome).toBe(expected);
    const store = await openFileStore({ traces: `${folder}/t`, feedback: `${folder}/f`, models: `${folder}/m` });
    const traces = [];
    for await (const { facts } of store.read("trace")) traces.push(...facts);
    await store.close();
    expect(traces).toMatchObject([
      {
        workflowId: "w-open",
        status: "cancelled",
        nodes: [
          { name: "first", status: "success", update: '{"text":"done"}' },
          { name: "last", status: "cancelled" },
        ],
        gaps: ["the process ended while the run was under way"],
      },
    ]);
  });

  it("judgements that are not acknowledged yet are written too, once each", async () => {
    const folder = mkdtempSync(join(home, "run-"));
    const judgements = JSON.stringify([sampleFeedback(1), sampleFeedback(2)]);
    const judge = `for (const one of ${judgements}) void store.append("feedback", [one]);
      process.exit(0);`;
    const args = ["--input-type=module", "-e", HOST.replace("START", "").replace("END", () => judge), folder];
    await new Promise((resolve) => execFile(process.execPath, args, { cwd: ROOT }, resolve));
    const store = await openFileStore({ traces: `${folder}/t`, feedback: `${folder}/f`, models: `${folder}/m` });
    const found: string[] = [];
    for await (const { facts } of store.read("feedback")) found.push(...facts.map((f) => f.feedbackId));
    expect(found.sort()).toEqual([sampleFeedback(1).feedbackId, sampleFeedback(2).feedbackId]);
    await store.close();
  });
});
