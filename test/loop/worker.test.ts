import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { defaultLogger } from "../../src/core/index.js";
import { startLearningWorker } from "../../src/learning/thread/host.js";
import type { Job } from "../../src/worker/job.js";
import type { Jobs } from "../../src/worker/jobs/index.js";
import { CollectedFacts } from "../../src/worker/state.js";
import { aDecision, aFeedback, asTexts, aTrace } from "../support/facts.js";

const built = new URL("../../dist/worker/main.js", import.meta.url);
const misbehaving = new URL("../support/thread-entry.mjs", import.meta.url);
const hostUrl = JSON.stringify(new URL("../../src/learning/thread/host.ts", import.meta.url).href);
const runsAJob = `const nothing = () => {};
  const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
  console.log("did", (await host.startLearningWorker({ logger, entry: new URL(${JSON.stringify(built)}) }).run("facts.ingest", {})).decisions);`;
/** What a process of its own prints until it ends by itself. */
const outputOf = async (args: string[]) =>
  (await promisify(execFile)(process.execPath, args, { timeout: 120_000 })).stdout;
/** The jobs of the misbehaving thread. */
type Misbehaving = Record<string, Job<object, unknown>>;
const open: { close(): Promise<void> }[] = [];
const start = <Table = Jobs>(entry: URL, graceMs?: number) => {
  const worker = startLearningWorker<Table>({ logger: defaultLogger({ LEARNING_LOG: "off" }), entry, graceMs });
  open.push(worker);
  return worker;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((w) => w.close()));
});

describe("the learning worker", () => {
  it("runs the package's jobs over one memory", async () => {
    const worker = start(built);
    expect(worker.generation).toBe(0);
    await worker.run(
      "facts.ingest",
      asTexts({ decision: [aDecision({ decisionId: "a" }), aDecision({ decisionId: "b" })] }),
    );
    const held = await worker.run(
      "facts.ingest",
      asTexts({ decision: [aDecision({ decisionId: "a" })], feedback: [aFeedback({})] }),
    );
    expect(held).toEqual({ left: 0, decisions: 2, runsWithFeedback: 1, runsWithTraces: 0 });
    expect(worker.generation).toBe(0);
  });

  it("names unknown jobs, and goes on", async () => {
    const worker = start(built);
    // @ts-expect-error: a job that does not exist is no name of the table.
    await expect(worker.run("inges", {})).rejects.toThrow(/WORKER_FAILED.*unknown job "inges"/);
    await expect(worker.run("facts.ingest", {})).resolves.toBeDefined();
  });

  it("takes no input of another shape", () => {
    const worker = start(built);
    // @ts-expect-error: the decision point is missing.
    const train = () => worker.run("routing.learn", { rows: { reward: {} } });
    // @ts-expect-error: facts are lists.
    const ingest = () => worker.run("facts.ingest", { decision: "none" });
    expect([typeof train, typeof ingest]).toEqual(["function", "function"]);
  });

  it("fails the jobs of a thread that died and starts a new one", async () => {
    const worker = start<Misbehaving>(misbehaving);
    await expect(worker.run("die", {})).rejects.toThrow(/WORKER_FAILED.*ended with code 3/);
    await expect(worker.run("throw-outside", {})).rejects.toThrow(/WORKER_FAILED.*outside/);
    await expect(worker.run("echo", { n: 1 })).resolves.toEqual({ n: 1 });
    expect(worker.generation).toBe(2);
  });

  it("hands what the thread has to say to the host's logger", async () => {
    const warned: unknown[][] = [];
    const logger = { ...defaultLogger({ LEARNING_LOG: "off" }), warn: (...args: unknown[]) => void warned.push(args) };
    const worker = startLearningWorker<Misbehaving>({ logger, entry: misbehaving });
    open.push(worker);
    await worker.run("tell", {});
    expect(warned).toEqual([["something to install", { n: 1 }]]);
  });

  it("stops a busy job when asked, and refuses one asked to stop before", async () => {
    // The thread gives way to whatever else the machine does: it may be long before it hears of it.
    const worker = start<Misbehaving>(misbehaving, 60_000);
    const stop = new AbortController();
    const busy = worker.run("poll-cancelled", {}, { signal: stop.signal });
    stop.abort();
    await expect(busy).rejects.toThrow(/stopped as asked/);
    await expect(worker.run("echo", {}, { signal: stop.signal })).rejects.toThrow(/before it began/);
  });

  it("ends the thread of a job that does not heed the stop, so that nobody waits for it", async () => {
    const worker = startLearningWorker<Misbehaving>({
      logger: defaultLogger({ LEARNING_LOG: "off" }),
      entry: misbehaving,
      graceMs: 50,
    });
    open.push(worker);
    const stop = new AbortController();
    const deaf = worker.run("spin", {}, { signal: stop.signal });
    stop.abort();
    await expect(deaf).rejects.toThrow(/WORKER_FAILED.*went on after it was asked to stop/);
    expect(worker.generation).toBe(1);
    await expect(worker.run("echo", { n: 1 })).resolves.toEqual({ n: 1 });
  });

  it("passes progress on, and says when input cannot be copied", async () => {
    const worker = start<Misbehaving>(misbehaving);
    const seen: unknown[] = [];
    await worker.run("progress", {}, { onProgress: (...p) => seen.push(p) });
    expect(seen).toEqual([[0.5, "half"]]);
    await expect(worker.run("echo", { f: () => 1 })).rejects.toThrow(/cannot be copied/);
  });

  it("keeps what a job prints off the host's console, and tells the log of complaints", async () => {
    const told: unknown[] = [];
    const worker = startLearningWorker<Misbehaving>({
      logger: { ...defaultLogger({ LEARNING_LOG: "off" }), debug: (...args) => told.push(args) },
      entry: misbehaving,
    });
    open.push(worker);
    await expect(worker.run("print", {})).resolves.toBe("printed");
    expect(told).toEqual([["learning worker", "a trainer's complaint"]]);
  });

  it("lets a process end that did not close it, once its jobs are done", async () => {
    expect(
      await outputOf(["--import", "tsx", "--eval", `import(${hostUrl}).then(async (host) => { ${runsAJob} });`]),
    ).toContain("did 0");
  });

  it("runs in a process whose script was given on the command line as a module", async () => {
    const script = `const host = await import(${hostUrl}); ${runsAJob}`;
    expect(await outputOf(["--import", "tsx", "--input-type=module", "--eval", script])).toContain("did 0");
  });

  it("fails what runs when it is closed, and everything after", async () => {
    const worker = start<Misbehaving>(misbehaving);
    const busy = worker.run("poll-cancelled", {});
    const outcome = expect(busy).rejects.toThrow(/closed/);
    await worker.close();
    await outcome;
    await expect(worker.run("echo", {})).rejects.toThrow(/closed worker/);
  });
});

describe("collected facts", () => {
  it("count a decision once, the last one, and forget the oldest beyond the limits", () => {
    const facts = new CollectedFacts({ decisions: 2, runs: 1, traceChars: 1e6 });
    facts.add({
      decision: [
        aDecision({ decisionId: "a", chosen: "x" }),
        aDecision({ decisionId: "b" }),
        aDecision({ decisionId: "a", chosen: "y" }),
        aDecision({ decisionId: "c" }),
      ],
      feedback: [
        aFeedback({ workflowId: "1", feedbackId: "f" }),
        aFeedback({ workflowId: "2", feedbackId: "g" }),
        aFeedback({ workflowId: "2", feedbackId: "g" }),
      ],
    });
    expect([...facts.decisions.keys()]).toEqual(["b", "c"]);
    expect(facts.feedback.get("2")).toHaveLength(1);
    expect(facts.feedback.has("1")).toBe(false);
  });

  it("hold traces only up to a size, the newest of them", () => {
    const size = JSON.stringify(aTrace({})).length;
    const facts = new CollectedFacts({ decisions: 9, runs: 9, traceChars: 3.5 * size });
    const trace = (workflowId: string, segmentId: string) => aTrace({ workflowId, segmentId });
    facts.add({ trace: [trace("1", "a"), trace("1", "b"), trace("1", "b"), trace("2", "c")] });
    expect([...facts.traces.keys()]).toEqual(["1", "2"]);
    facts.add({ trace: [trace("3", "d")] });
    expect([...facts.traces.keys()]).toEqual(["2", "3"]);
  });

  it("are restored from the newest backwards, as far as there is room, and stand in their order", async () => {
    const size = JSON.stringify(aTrace({})).length;
    const facts = new CollectedFacts({ decisions: 3, runs: 2, traceChars: 9 * size });
    const texts = (list: object[]) => list.map((fact) => JSON.stringify(fact));
    facts.beginBacklog().add({ decision: texts([aDecision({ decisionId: "left over" })]) });
    const backlog = facts.beginBacklog();
    const [a, b, c] = ["a", "b", "c"].map((decisionId) => aDecision({ decisionId, chosen: "x" }));
    expect(backlog.add({ decision: texts([aDecision({ decisionId: "b", chosen: "y" }), c!]) }).room.decision).toBe(
      true,
    );
    expect(backlog.add({ decision: texts([b!, a!]) }).room.decision).toBe(false);
    expect(backlog.add({ trace: texts([aTrace({ workflowId: "2" }), aTrace({ workflowId: "1" })]) }).room.trace).toBe(
      true,
    );
    expect(backlog.add({ trace: texts([aTrace({ workflowId: "0" })]) }).room.trace).toBe(false);
    const { room, damaged } = backlog.add({ feedback: ["{ torn", "{}"] });
    expect(room.feedback).toBe(true);
    expect(damaged.map(({ kind, index }) => `${kind} ${index}`)).toEqual(["feedback 0", "feedback 1"]);
    facts.takeBacklog();
    expect(facts.feedback.size).toBe(0);
    expect([...facts.decisions.values()].map((d) => `${d.decisionId}${d.chosen}`)).toEqual([
      "ax",
      "by",
      `c${c!.chosen}`,
    ]);
    expect([...facts.traces.keys()]).toEqual(["1", "2"]);
    expect(facts.backlog.inOrder().decision).toEqual([]);
  });
});
