import type { Command } from "../command.js";
import { serveMcp } from "../mcp/server.js";

export const mcp: Command = {
  summary: "serves status, runs and reports to an agent over standard input and output (MCP)",
  usage: "[--allow-changes] [--dir FOLDER | --store ADDRESS]",
  details:
    "A Model Context Protocol server; it needs the package @modelcontextprotocol/sdk. Judgements are taken as an evaluator's. " +
    "With --allow-changes versions can be promoted and rolled back, too. It ends when its input ends.",
  examples: ["mcp --dir ./learning", "mcp --allow-changes"],
  options: { "allow-changes": { type: "boolean" } },
  async run(loop, _args, options) {
    await serveMcp(loop, { allowChanges: options["allow-changes"] === true });
    // Standard output belongs to the protocol: nothing is said at the end.
    return { data: undefined, text: "" };
  },
};
