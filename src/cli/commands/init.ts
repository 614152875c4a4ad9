import { readFile, writeFile } from "node:fs/promises";
import { messageOf } from "../../core/index.js";
import { type Command, usageError } from "../command.js";
import { learnedEdge } from "../learned-edge.js";

export const init: Command = {
  summary: "makes the conditional edge of a graph file a learned one",
  usage: "FILE [--node NAME] [--dir FOLDER] [--dry-run]",
  details:
    "Finds .addConditionalEdges(NODE, FUNCTION, DESTINATIONS), puts loop.router around the function as its fallback, and opens a loop at the top of the file. The graph does what it did: the fallback acts until something better is proven. --dry-run prints the new text.",
  examples: ["init src/graph.ts", "init src/graph.ts --node triage --dry-run"],
  takes: 1,
  options: { node: { type: "string" }, "dry-run": { type: "boolean", default: false } },
  async alone([file], options) {
    if (!file) throw usageError("no FILE", "the file that builds the graph");
    let text: string;
    try {
      text = await readFile(file, "utf8");
    } catch (cause) {
      throw usageError(`the file ${file}: ${messageOf(cause)}`, "a file that can be read");
    }
    const changed = learnedEdge(text, {
      ...(options["node"] !== undefined && { node: String(options["node"]) }),
      dir: String(options["dir"]),
    });
    if (options["dry-run"]) return { data: changed, text: changed.text };
    await writeFile(file, changed.text);
    const next = [
      `${file}: the edge from ${changed.node} to ${changed.destinations.join(", ")} is learned from here on.`,
      "Next: fill in `context` with what may matter for the choice, wrap the compiled graph with loop.wrap(graph, { workflowType }),",
      "send feedback with loop.feedback.submitFeedback, and call loop.startLearning() in your service.",
    ];
    return { data: { file, node: changed.node, destinations: changed.destinations }, text: next.join("\n") };
  },
};
