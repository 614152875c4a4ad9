import { commandsIn, isCommand } from "./internals.js";

/** The state update in what a node returned. */
export function updateOf(output: unknown): unknown {
  if (isCommand(output)) return output.update;
  if (commandsIn(output).length > 0) return (output as unknown[]).map((item) => (isCommand(item) ? item.update : item));
  return output;
}
