import { commandsIn, isCommand } from "../internals.js";

/** The state update in what a node returned; the several of a list stay a list. */
export function updateOf(output: unknown): unknown {
  if (isCommand(output)) return pairsAsObject(output.update);
  if (commandsIn(output).length > 0)
    return (output as unknown[]).map((item) => (isCommand(item) ? pairsAsObject(item.update) : item));
  return output;
}

/** LangGraph also takes a command's update as a list of key and value. */
function pairsAsObject(update: unknown): unknown {
  const isPairs =
    Array.isArray(update) &&
    update.length > 0 &&
    update.every((pair) => Array.isArray(pair) && pair.length === 2 && typeof pair[0] === "string") &&
    new Set(update.map(([key]) => key)).size === update.length;
  return isPairs ? Object.fromEntries(update as [string, unknown][]) : update;
}
