import { examine } from "../../dashboard/index.js";
import { type Command, EXIT } from "../command.js";
import { paint } from "../text.js";

const SIGNS = { ok: ["ok  ", "good"], warn: ["warn", "warn"], bad: ["BAD ", "bad"] } as const;

export const doctor: Command = {
  summary: "looks at the installation and its data, and says what to do",
  usage: "[--strict] [--dir FOLDER | --store ADDRESS] [--json]",
  details: `Node, permissions, threads, engines, storage, capture, learning cycles, the clock, feedback, exploration and fallbacks with their reasons; each with what to do. Exit code ${EXIT.found} when something is bad; with --strict, warnings count too.`,
  examples: ["doctor", "doctor --json --strict"],
  options: { strict: { type: "boolean", default: false } },
  async run(loop, _args, options, context) {
    const data = await examine({ loop }, await loop.getLearningStatus());
    const counts = data.filter((f) => f.level === "bad" || (options.strict && f.level === "warn")).length;
    const sign = (level: keyof typeof SIGNS) => {
      const [word, tone] = SIGNS[level];
      return paint(word, tone, context);
    };
    const text = data.map((f) => `${sign(f.level)}  ${f.what}${f.todo ? `\n      ${f.todo}` : ""}`).join("\n");
    return { data, text, code: counts > 0 ? EXIT.found : EXIT.done };
  },
};
