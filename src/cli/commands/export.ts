import { join } from "node:path";
import { exportParquet } from "../../integrations/parquet/index.js";
import { type Command, textOption, usageError } from "../command.js";

export const exportCommand: Command = {
  summary: "writes everything learned from into a folder",
  usage: "NAME [--format jsonl|parquet] [--dir FOLDER] [--json]",
  details:
    "The folder is NAME under the loop's exportPath. With --format parquet facts become tables by day, and another call adds " +
    "what is new (it needs the package hyparquet-writer); else an export of the same name is replaced.",
  examples: ["export friday --dir ./learning", "export tables --format parquet"],
  takes: 1,
  options: { format: { type: "string", default: "jsonl" } },
  async run(loop, [name], options) {
    if (!name) throw usageError("no NAME", "the name of the export");
    const format = textOption(options, "format");
    if (format === "parquet") {
      const folder = join(loop.inspect.exportFolder, name);
      const { facts, parts } = await exportParquet({ store: loop.inspect.store, folder });
      const counts = `${facts.trace} traces, ${facts.decision} decisions, ${facts.feedback} judgements`;
      return { data: { path: folder, facts, parts }, text: `${folder}: ${counts} in ${parts} parts` };
    }
    if (format !== "jsonl") throw usageError(`--format ${format}`, "jsonl or parquet");
    const data = await loop.exportLearningData(name);
    const { trace, decision, feedback } = data.facts;
    return {
      data,
      text: `${data.path}: ${trace} traces, ${decision} decisions, ${feedback} judgements, ${data.versions} versions`,
    };
  },
};
