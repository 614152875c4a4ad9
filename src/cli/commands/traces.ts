import { show, type Trace } from "../../core/index.js";
import { listRuns, type RunRow, runOf } from "../../dashboard/index.js";
import { type Command, type CommandResult, numberOption, textOption, usageError, wordOf } from "../command.js";
import { table, when } from "../text.js";

const FILTERS = ["type", "status", "from", "to", "point", "destination", "version", "text", "edge", "failed"] as const;

export const traces: Command = {
  summary: "lists captured runs, or shows one as a tree with timings",
  usage:
    "list [--type T] [--status S] [--destination D] [--version V] [--text T] [--min-reward 0-1] [--limit N] | show WORKFLOW-ID",
  details: "The newest first. Conditions hold together; --edge FROM>TO and --failed NODE narrow by what happened.",
  examples: ["traces list --status error --limit 5", "traces show run-17"],
  takes: 2,
  options: {
    ...Object.fromEntries(FILTERS.map((f) => [f, { type: "string" as const }])),
    "min-reward": { type: "string" },
    "max-reward": { type: "string" },
    limit: { type: "string", default: "20" },
  },
  async run(loop, args, options): Promise<CommandResult> {
    const action = wordOf(args, 0, "list or show");
    if (action === "show") {
      const data = await runOf({ loop }, wordOf(args, 1, "the run's workflowId"));
      return { data, text: data.trace ? tree(data.trace) : "its trace was not kept (sampling)" };
    }
    if (action !== "list") throw usageError(`traces ${show(action)}`, "list or show");
    const filter = Object.fromEntries(
      FILTERS.flatMap((f) => (options[f] === undefined ? [] : [[f, textOption(options, f)]])),
    );
    const limit = numberOption(options, "limit") ?? 20;
    if (!(Number.isInteger(limit) && limit > 0)) throw usageError(`--limit ${limit}`, "a whole number above 0");
    const data = await listRuns(
      { loop },
      { ...filter, minReward: numberOption(options, "min-reward"), maxReward: numberOption(options, "max-reward") },
      { limit, budgetMs: Number.POSITIVE_INFINITY },
    );
    return { data, text: data.runs.length > 0 ? table(HEAD, data.runs.map(row)) : "no run fits" };
  },
};

const HEAD = ["run", "type", "status", "reward", "went to", "ms", "began"];

function row(r: RunRow): string[] {
  const reward = r.reward === undefined ? "-" : r.reward.toFixed(2);
  const went = r.decisions.map((d) => d.chosen).join(", ") || "-";
  return [r.workflowId, r.type, r.status, reward, went, String(Math.round(r.durationMs)), when(r.startedAt)];
}

/** Nodes below the nodes that host them, calls below the nodes that made them. */
function tree(trace: Trace): string {
  const ms = (n: number) => `${n.toFixed(n < 10 ? 1 : 0)} ms`;
  const lines = [
    `${trace.workflowId} ${trace.workflowType} ${trace.status}, ${ms(trace.durationMs)}, ${when(trace.startedAt)}`,
  ];
  const nodes = [...trace.nodes].sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
  for (const n of nodes) {
    const indent = "  ".repeat(n.path.length + 1);
    const notes = [
      n.attempt > 1 ? `try ${n.attempt}` : "",
      n.status === "success" ? "" : n.status,
      n.error?.message ?? "",
    ];
    lines.push(
      `${indent}${n.name}  ${ms(n.durationMs)}${notes
        .filter(Boolean)
        .map((t) => `  ${t}`)
        .join("")}`,
    );
    const calls = [
      ...trace.modelCalls.map((c) => ({
        ...c,
        what: `model ${c.model ?? ""}, ${c.tokensIn ?? "?"} in, ${c.tokensOut ?? "?"} out`,
      })),
      ...trace.toolCalls.map((c) => ({ ...c, what: `tool ${c.name}` })),
    ];
    for (const c of calls)
      if (c.taskId === n.taskId)
        lines.push(`${indent}  ${c.what}  ${ms(c.durationMs)}${c.error ? `  ${c.error.message}` : ""}`);
  }
  return lines.join("\n");
}
