import { checkArgument } from "../core/arguments.js";
import { escapeMermaid } from "../core/escape.js";
import type { ProcessMap } from "./process-map.js";

/** How a map is drawn. */
export interface MermaidOptions {
  /** Leave out edges used by a smaller share of the runs; default 0. */
  minShare?: number;
}

/**
 * A process map as a Mermaid flowchart: activities with their number of executions and mean reward,
 * edges with counts and mean waits, runs' starts and ends as circles.
 * @example const chart = toMermaid(map, { minShare: 0.05 });
 */
export function toMermaid(map: ProcessMap, options: MermaidOptions = {}): string {
  checkArgument(map, "map", { runs: "number", activities: "objects", edges: "objects" }, "PATTERN_INVALID");
  checkArgument(options, "options", { minShare: "number?" }, "PATTERN_INVALID");
  const { minShare = 0 } = options;
  const least = minShare * map.runs;
  const edges = map.edges.filter((e) => e.runs >= least);
  const id = new Map(map.activities.map((a, i) => [a.name, `a${i}`]));
  const lines = ["flowchart LR", "  start((start))", "  finish((end))"];
  for (const a of map.activities) {
    const reward = a.meanReward === undefined ? "" : `<br/>reward ${a.meanReward.toFixed(2)}`;
    lines.push(`  ${id.get(a.name)}["${escapeMermaid(a.name)}<br/>${a.events}x${reward}"]`);
  }
  for (const a of map.activities) {
    if (a.starts > 0 && a.starts >= least) lines.push(`  start -->|${a.starts}| ${id.get(a.name)}`);
    if (a.ends > 0 && a.ends >= least) lines.push(`  ${id.get(a.name)} -->|${a.ends}| finish`);
  }
  for (const e of edges) {
    const wait = e.meanWaitMs === undefined ? "" : `, ${formatMs(e.meanWaitMs)}`;
    lines.push(`  ${id.get(e.from)} -->|"${e.count}${wait}"| ${id.get(e.to)}`);
  }
  return `${lines.join("\n")}\n`;
}

function formatMs(ms: number): string {
  const size = Math.abs(ms);
  if (size < 1000) return `${Math.round(ms)} ms`;
  if (size < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (size < 3_600_000) return `${(ms / 60_000).toFixed(1)} min`;
  if (size < 86_400_000) return `${(ms / 3_600_000).toFixed(1)} h`;
  return `${(ms / 86_400_000).toFixed(1)} d`;
}
