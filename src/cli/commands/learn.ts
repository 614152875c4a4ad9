import { once } from "node:events";
import type { Command } from "../command.js";

export const learn: Command = {
  summary: "learns until it is stopped, beside any number of others",
  usage: "--store ADDRESS [--config FILE]",
  details:
    'A learner by itself: it shares the work with all learners over the store and takes over from one that dies. Hosts that serve open their loops with { role: "serve" }. SIGTERM or Ctrl-C stops it cleanly.',
  examples: ["learn --store postgres://localhost/learning"],
  options: {},
  role: "learn",
  async run(loop, _args, _options, { stopped }) {
    const signal = stopped();
    // The loop's own timers keep no process alive.
    const alive = setInterval(() => {}, 2 ** 30);
    if (!signal.aborted) await once(signal, "abort");
    clearInterval(alive);
    await loop.stopLearning();
    const data = await loop.getLearningStatus();
    return { data, text: `stopped; ${data.cyclesCompleted} cycles were completed over this store` };
  },
};
