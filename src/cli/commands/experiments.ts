import { type Command, textOption } from "../command.js";
import { when } from "../text.js";

export const experiments: Command = {
  summary: "experiments between prompts, and how they stand",
  usage: "[--prompt ID] [--dir FOLDER | --store ADDRESS] [--json]",
  details: "Those that run and those that ended, the newest first of each prompt.",
  examples: ["experiments", "experiments --prompt greeting --json"],
  options: { prompt: { type: "string" } },
  async run(loop, _args, options) {
    await loop.prompts.follow();
    const only = textOption(options, "prompt");
    const ids = loop.prompts.ids().filter((id) => only === undefined || id === only);
    const data = ids.flatMap((id) => [...loop.prompts.experiments(id)].reverse());
    const lines = data.flatMap((e) => [
      `${e.definition.promptId}: ${e.definition.variants.join(" against ")}, since ${when(e.startedAt)}, ${e.ended ? `ended (${e.ended.reason})` : "running"}`,
      `  ${e.ended?.text ?? e.report?.text ?? "no outcome yet"}`,
      ...(e.report?.variants ?? []).map(
        (v) =>
          `  ${v.version}: ${v.mean.toFixed(3)} ± ${(2 * v.standardError).toFixed(3)} over ${v.outcomes}${v.out ? `, out: ${v.out.reason}` : ""}`,
      ),
    ]);
    return { data, text: lines.join("\n") || "no experiment was started" };
  },
};
