// A worker thread that speaks the loop's protocol, for testing what the host does when threads misbehave.
import { parentPort } from "node:worker_threads";
import { tsImport } from "tsx/esm/api";

const { threadProof } = await tsImport("../../src/learning/thread/find-entry.ts", import.meta.url);
const { takeConsole } = await tsImport("../../src/worker/console.ts", import.meta.url);

parentPort.postMessage({ type: "ready", proof: threadProof() });
takeConsole((text) => parentPort.postMessage({ type: "printed", text }));

parentPort.on("message", ({ id, job, input, cancel }) => {
  if (job === "echo") parentPort.postMessage({ id, type: "result", output: input });
  if (job === "progress") {
    parentPort.postMessage({ id, type: "progress", share: 0.5, message: "half" });
    parentPort.postMessage({ id, type: "result", output: null });
  }
  if (job === "die") process.exit(3);
  if (job === "throw-outside") throw new Error("outside");
  if (job === "poll-cancelled") {
    const flag = new Int32Array(cancel);
    let steps = 0;
    while (Atomics.load(flag, 0) === 0) steps++;
    parentPort.postMessage({ id, type: "error", message: steps >= 0 ? "stopped as asked" : "never" });
  }
  if (job === "spin") for (;;);
  if (job === "tell") {
    parentPort.postMessage({ type: "told", level: "warn", message: "something to install", data: { n: 1 } });
    parentPort.postMessage({ id, type: "result", output: "told" });
  }
  if (job === "print") {
    console.log("noise that must not reach the host's output");
    console.error("a trainer's complaint");
    parentPort.postMessage({ id, type: "result", output: "printed" });
  }
});
