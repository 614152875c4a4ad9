import type { AgentInteraction, EdgeTaken } from "../../core/index.js";
import { END, START } from "../internals.js";

/**
 * How agents (nodes or subgraphs) handed work to each other: a `Command` to another node is a
 * handoff, a `Send` a dispatch, and the way back along either a return.
 */
export function interactionsOf(edges: readonly EdgeTaken[]): AgentInteraction[] {
  const found: AgentInteraction[] = [];
  const open = new Set<string>();
  for (const { from, to, kind, path, step } of edges) {
    if (from === START || to === END || from === to) continue;
    const isHanded = kind === "command" || kind === "send";
    if (!isHanded && open.size === 0) continue;
    const host = path.join("|");
    const back = `${host}\n${to}\n${from}`;
    const there = `${host}\n${from}\n${to}`;
    if (open.has(back)) {
      open.delete(back);
      found.push({ from, to, kind: "return", step });
    } else if (isHanded) {
      open.add(there);
      found.push({ from, to, kind: kind === "send" ? "dispatch" : "handoff", step });
    }
  }
  return found;
}
