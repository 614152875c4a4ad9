import { examine } from "../../dashboard/index.js";
import { type Command, EXIT } from "../command.js";

const SIGNS = { ok: "ok  ", warn: "warn", bad: "BAD " };

export const doctor: Command = {
  summary: "looks at the installation and its data, and says what to do",
  usage: "[--strict] [--dir FOLDER | --store ADDRESS] [--json]",
  details: `Node, storage, capture, learning cycles, feedback, exploration and fallbacks. Exit code ${EXIT.found} when something is bad; with --strict, warnings count too.`,
  examples: ["doctor", "doctor --json --strict"],
  options: { strict: { type: "boolean", default: false } },
  async run(loop, _args, options) {
    const data = await examine({ loop }, await loop.getLearningStatus());
    const counts = data.filter((f) => f.level === "bad" || (options.strict && f.level === "warn")).length;
    const text = data.map((f) => `${SIGNS[f.level]}  ${f.what}${f.todo ? `\n      ${f.todo}` : ""}`).join("\n");
    return { data, text, code: counts > 0 ? EXIT.found : EXIT.done };
  },
};
