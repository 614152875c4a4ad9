// Runs in the learning thread.
import { parentPort, workerData } from "node:worker_threads";
import { type Logger, messageOf, replaceDefaultLogger, show } from "../core/index.js";
import { takeConsole } from "./console.js";
import type { Job } from "./job.js";
import { JOBS, type Jobs } from "./jobs/index.js";
import { letOthersGoFirst } from "./priority.js";
import { type RunRequest, THREAD_DATA, type WorkerReply } from "./protocol.js";
import { CollectedFacts } from "./state.js";

/**
 * The host recognises this file by this text before it runs it, and the thread by its saying so: a bundler may have
 * put the host's own program where the file is looked for.
 */
const PROOF = "@@langgraph-collective-learning/thread 0.2.0@@";

/** The thread's entry: takes jobs one after the other over one memory. */
const state = new CollectedFacts();
const reply = (message: WorkerReply) => parentPort?.postMessage(message);
let queue: Promise<void> = Promise.resolve();

async function handle({ id, job, input, cancel }: RunRequest): Promise<void> {
  const flag = new Int32Array(cancel);
  const cancelled = () => Atomics.load(flag, 0) !== 0;
  try {
    if (!Object.hasOwn(JOBS, job))
      throw new Error(`unknown job ${show(job)}; known are ${Object.keys(JOBS).join(", ")}`);
    const found: Job<never, unknown> = JOBS[job as keyof Jobs];
    if (cancelled()) throw new Error("stopped before it began");
    const output = await found.run(input as never, {
      state,
      cancelled,
      progress: (share, message) => reply({ id, type: "progress", share, message }),
    });
    reply({ id, type: "result", output });
  } catch (error) {
    reply({ id, type: "error", message: messageOf(error), stack: error instanceof Error ? error.stack : undefined });
  }
}

// Nothing happens where somebody imports this file elsewhere than in the thread.
if (parentPort && workerData === THREAD_DATA) {
  const tell = (level: keyof Logger) => (message: string, data?: unknown) =>
    reply({ type: "told", level, message, ...(data !== undefined && { data: JSON.parse(JSON.stringify(data)) }) });
  replaceDefaultLogger({ debug: tell("debug"), info: tell("info"), warn: tell("warn"), error: tell("error") });
  letOthersGoFirst();
  takeConsole((text) => reply({ type: "printed", text }));
  parentPort.on("message", (request: RunRequest) => {
    queue = queue.then(() => handle(request));
  });
  reply({ type: "ready", proof: PROOF });
}
