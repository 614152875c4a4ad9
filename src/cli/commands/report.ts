import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { LearningError, messageOf } from "../../core/index.js";
import { renderReportHtml } from "../../dashboard/report.js";
import { type Command, usageError } from "../command.js";

export const report: Command = {
  summary: "a page with the reward curve and what the policies learned",
  usage: "[--out FILE] [--dir FOLDER] [--json]",
  details: "Writes one HTML file (default report.html) that needs no network.",
  examples: ["report --out ./report.html"],
  options: { out: { type: "string", default: "report.html" } },
  async run(loop, _args, options) {
    const data = await loop.createReport();
    if (options.out === "") throw usageError('--out ""', "the file to write");
    const file = resolve(String(options.out));
    try {
      await writeFile(file, renderReportHtml(data));
    } catch (cause) {
      throw new LearningError("STORE_IO", {
        received: messageOf(cause),
        expected: `to write the report to ${file}`,
        remedy: "Name a file in a folder that can be written with --out.",
        cause,
      });
    }
    return { data: { file, ...data }, text: `wrote ${file}` };
  },
};
