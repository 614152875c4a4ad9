import type { Decision } from "../../core/index.js";
import { type Command, numberOption, textOption, usageError } from "../command.js";
import { table, when } from "../text.js";

export const decisions: Command = {
  summary: "what was decided, with probabilities",
  usage: "[WORKFLOW-ID] [--point NAME] [--limit N] [--dir FOLDER | --store ADDRESS] [--json]",
  details: "The newest first; with a WORKFLOW-ID those of that run, in order.",
  examples: ["decisions --point triage --limit 10", "decisions run-17 --json"],
  takes: 1,
  options: { point: { type: "string" }, limit: { type: "string", default: "20" } },
  async run(loop, [workflowId], options) {
    const limit = numberOption(options, "limit") ?? 20;
    if (!(Number.isInteger(limit) && limit > 0)) throw usageError(`--limit ${limit}`, "a whole number above 0");
    const decisionPoint = textOption(options, "point");
    const found = new Map<string, Decision>();
    const query = workflowId
      ? { workflowId, ...(decisionPoint !== undefined && { decisionPoint }) }
      : { latest: true, limit, ...(decisionPoint !== undefined && { decisionPoint }) };
    for await (const { facts } of loop.inspect.store.read("decision", query))
      for (const d of facts) found.set(d.decisionId, d);
    const data = [...found.values()];
    const rows = data.map((d) => [
      when(d.at),
      d.workflowId,
      d.decisionPoint,
      d.chosen,
      d.propensity?.toFixed(3) ?? "-",
      d.policyVersion ?? "-",
      d.fallbackReason ? `${d.source} (${d.fallbackReason})` : d.source,
    ]);
    return {
      data,
      text:
        rows.length > 0 ? table(["at", "run", "point", "chosen", "prob.", "version", "by"], rows) : "no decision fits",
    };
  },
};
