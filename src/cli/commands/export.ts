import { type Command, usageError } from "../command.js";

export const exportCommand: Command = {
  summary: "writes everything learned from into a folder",
  usage: "NAME [--dir FOLDER] [--json]",
  details: "The folder is NAME under the loop's exportPath; an export of the same name is replaced.",
  examples: ["export friday --dir ./learning"],
  takes: 1,
  options: {},
  async run(loop, [name]) {
    if (!name) throw usageError("no NAME", "the name of the export");
    const data = await loop.exportLearningData(name);
    const { trace, decision, feedback } = data.facts;
    return {
      data,
      text: `${data.path}: ${trace} traces, ${decision} decisions, ${feedback} judgements, ${data.versions} versions`,
    };
  },
};
