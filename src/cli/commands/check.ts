import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf } from "../../core/index.js";
import { type CheckFigures, type CheckRow, runCheck, type Score } from "../check.js";
import { type Command, EXIT, numberOption, usageError } from "../command.js";
import { progress } from "../progress.js";
import { paint, table } from "../text.js";

export const check: Command = {
  summary: "sends a dataset through the graph and holds the result to limits",
  usage:
    "GRAPH[#EXPORT] DATASET [--min-reward 0-1] [--max-failures 0-1] [--max-p95-ms N] [--max-drop 0-1] [--name NAME] [--dir FOLDER | --store ADDRESS] [--json]",
  details: `GRAPH is a JavaScript module whose EXPORT (default \`graph\`, then the default export) has invoke; DATASET has one JSON object a line: { "input": {...}, "expected"?: ... }. A run's reward is what the module's \`score(output, expected, input)\` gives, else 1 where the output holds everything in \`expected\`, else 0. The last run of the same --name stands beside it; --max-drop limits how far the reward may fall behind it. Exit code ${EXIT.found} when a limit is broken.`,
  examples: ["check ./dist/graph.js ./cases.jsonl --min-reward 0.8 --max-failures 0"],
  takes: 2,
  options: {
    "min-reward": { type: "string" },
    "max-failures": { type: "string" },
    "max-p95-ms": { type: "string" },
    "max-drop": { type: "string" },
    name: { type: "string", default: "check" },
  },
  async run(loop, [graph, dataset], options, context) {
    if (!graph || !dataset) throw usageError("too few words", "GRAPH and DATASET");
    const rows = await rowsOf(dataset);
    const { target, score } = await moduleOf(graph);
    const bar = progress(context, "check", rows.length);
    const figures = await runCheck(
      target,
      rows,
      score,
      (done) => bar.update(done),
      () => performance.now(),
    );
    bar.finish();
    const { documents } = loop.inspect.store;
    const key = `cli/checks/${String(options["name"])}`;
    const last = await documents.get<CheckFigures>(key);
    await documents.put(key, figures);
    const limits = {
      reward: numberOption(options, "min-reward"),
      failures: numberOption(options, "max-failures"),
      p95Ms: numberOption(options, "max-p95-ms"),
      drop: numberOption(options, "max-drop"),
    };
    const broken = brokenLimits(figures, last, limits);
    return {
      data: { figures, last, broken },
      text: report(
        figures,
        last,
        broken.map((b) => paint(`LIMIT: ${b}`, "bad", context)),
      ),
      code: broken.length > 0 ? EXIT.found : EXIT.done,
    };
  },
};

interface Limits {
  reward: number | undefined;
  failures: number | undefined;
  p95Ms: number | undefined;
  drop: number | undefined;
}

function brokenLimits(now: CheckFigures, last: CheckFigures | undefined, limits: Limits): string[] {
  const broken: string[] = [];
  const { meanReward } = now;
  if (limits.reward !== undefined && !(meanReward !== undefined && meanReward >= limits.reward))
    broken.push(`mean reward ${meanReward?.toFixed(3) ?? "unknown"} is below ${limits.reward}`);
  if (limits.failures !== undefined && now.failed / now.runs > limits.failures)
    broken.push(`${now.failed} of ${now.runs} failed, more than ${limits.failures}`);
  if (limits.p95Ms !== undefined && now.p95Ms > limits.p95Ms)
    broken.push(`95 % took ${now.p95Ms.toFixed(0)} ms or less, more than ${limits.p95Ms}`);
  if (limits.drop !== undefined && last?.meanReward !== undefined && (meanReward ?? 0) < last.meanReward - limits.drop)
    broken.push(`mean reward fell from ${last.meanReward.toFixed(3)} by more than ${limits.drop}`);
  return broken;
}

function report(now: CheckFigures, last: CheckFigures | undefined, broken: readonly string[]): string {
  const of = (f: CheckFigures | undefined, value: (f: CheckFigures) => string) => (f ? value(f) : "-");
  const line = (name: string, value: (f: CheckFigures) => string) => [name, value(now), of(last, value)];
  return [
    table(
      ["", "now", "last"],
      [
        line("runs", (f) => String(f.runs)),
        line("failed", (f) => String(f.failed)),
        line("mean reward", (f) => f.meanReward?.toFixed(3) ?? "-"),
        line("median ms", (f) => f.p50Ms.toFixed(0)),
        line("95 % ms", (f) => f.p95Ms.toFixed(0)),
      ],
    ),
    ...now.errors.map((e) => `failed: ${e}`),
    ...broken,
  ].join("\n");
}

async function rowsOf(file: string): Promise<CheckRow[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw usageError(`the dataset ${file}: ${messageOf(cause)}`, "a file that can be read");
  }
  const lines = text.split("\n").filter((l) => l.trim() !== "");
  if (lines.length === 0) throw usageError(`the dataset ${file} without a line`, "at least one JSON object");
  return lines.map((line, i) => {
    try {
      const row = JSON.parse(line) as CheckRow;
      if (typeof row === "object" && row !== null && "input" in row) return row;
    } catch {
      // Told below, with the line.
    }
    throw usageError(`line ${i + 1} of ${file}`, 'a JSON object with "input"');
  });
}

async function moduleOf(name: string): Promise<{ target: Parameters<typeof runCheck>[0]; score: Score | undefined }> {
  const [file = "", wanted] = name.split("#");
  let loaded: Record<string, unknown>;
  try {
    loaded = (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
  } catch (cause) {
    throw usageError(
      `the module ${file}: ${messageOf(cause)}`,
      "a JavaScript module that can be loaded",
      "Build TypeScript first, or run the command with `node --import tsx`.",
    );
  }
  const target = wanted ? loaded[wanted] : (loaded["graph"] ?? loaded["default"]);
  if (typeof (target as { invoke?: unknown } | undefined)?.invoke !== "function")
    throw usageError(`${file} without ${wanted ?? "`graph` or a default export"} that has invoke`, "a compiled graph");
  return { target: target as Parameters<typeof runCheck>[0], score: loaded["score"] as Score | undefined };
}
