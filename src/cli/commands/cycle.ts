import type { Command } from "../command.js";
import { cycleText } from "../text.js";

export const cycle: Command = {
  summary: "one learning cycle, now",
  usage: "[--dir FOLDER] [--json]",
  details: "Refused while another process runs one over the same folder; what it promotes serves there too.",
  examples: ["cycle", "cycle --store postgres://localhost/learning --json"],
  options: {},
  async run(loop) {
    const data = await loop.triggerLearningCycle();
    return { data, text: cycleText(data) };
  },
};
