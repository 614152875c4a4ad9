import { setTimeout } from "node:timers/promises";
import { type Command, numberOption, usageError } from "../command.js";
import { statusText } from "../text.js";

const MOST_SECONDS = 86_400;

export const watchCommand: Command = {
  summary: "the status, again whenever it changes, until it is stopped",
  usage: "[--every SECONDS] [--times N] [--dir FOLDER | --store ADDRESS] [--json]",
  details: "With --json one value a line. Ctrl-C ends it; --times ends it after so many looks.",
  examples: ["watch --every 10"],
  options: { every: { type: "string", default: "5" }, times: { type: "string" } },
  async run(loop, _args, options, { out, json, stopped }) {
    const signal = stopped();
    const every = numberOption(options, "every") ?? 5;
    const times = numberOption(options, "times") ?? Number.POSITIVE_INFINITY;
    // A timer that is to wait longer does not wait at all.
    if (!(every >= 0.1 && every <= MOST_SECONDS))
      throw usageError(`--every ${every}`, `seconds, at least 0.1 and at most ${MOST_SECONDS}`);
    if (!(times >= 1 && (Number.isInteger(times) || options.times === undefined)))
      throw usageError(`--times ${times}`, "a whole number of looks, at least 1");
    let shown = "";
    let looks = 0;
    for (;;) {
      const status = await loop.getLearningStatus();
      const text = json ? JSON.stringify(status) : statusText(status);
      if (text !== shown) out(json ? text : `${new Date().toISOString()}\n${text}\n`);
      shown = text;
      looks++;
      if (looks >= times || signal.aborted) break;
      // Ended by the signal: that is how it is meant to end.
      await setTimeout(every * 1000, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) break;
    }
    return { data: { looks }, text: `looked ${looks} times` };
  },
};
