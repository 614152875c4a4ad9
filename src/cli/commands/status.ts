import type { Command } from "../command.js";
import { statusText } from "../text.js";

export const status: Command = {
  summary: "what was learned so far, and what serves",
  usage: "[--dir FOLDER] [--json]",
  details: "Reads only; a folder that cannot be written will do.",
  examples: ["status", "status --dir ./learning --json"],
  readsOnly: true,
  options: {},
  async run(loop) {
    const data = await loop.getLearningStatus();
    return { data, text: statusText(data) };
  },
};
