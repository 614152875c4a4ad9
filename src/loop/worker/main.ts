import { parentPort } from "node:worker_threads";
import { messageOf } from "../../core/index.js";
import { takeConsole } from "./console.js";
import { JOBS } from "./jobs/index.js";
import type { RunRequest, WorkerReply } from "./protocol.js";
import { CollectedFacts } from "./state.js";

/** The thread's entry: takes jobs one after the other over one memory. */
const state = new CollectedFacts();
const reply = (message: WorkerReply) => parentPort?.postMessage(message);
let queue: Promise<void> = Promise.resolve();
takeConsole((text) => reply({ type: "printed", text }));

async function handle({ id, job, input, cancel }: RunRequest): Promise<void> {
  const flag = new Int32Array(cancel);
  const cancelled = () => Atomics.load(flag, 0) !== 0;
  try {
    const found = JOBS.get(job);
    if (!found) throw new Error(`unknown job ${JSON.stringify(job)}; known are ${[...JOBS.keys()].join(", ")}`);
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

parentPort?.on("message", (request: RunRequest) => {
  queue = queue.then(() => handle(request));
});
