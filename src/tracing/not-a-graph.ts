import { LearningError, show } from "../core/index.js";

/** What was given to `wrap` instead of a compiled graph, and what to do about it. */
export function notAGraph(given: unknown): LearningError {
  const { graphId, compile } = (given ?? {}) as { graphId?: unknown; compile?: unknown };
  const isRemote = typeof graphId === "string";
  return new LearningError("CONFIG_INVALID", {
    received: `${isRemote ? `the remote graph ${show(graphId)}` : typeof compile === "function" ? "an uncompiled graph" : show(given)} to wrap`,
    expected: "a compiled LangGraph graph of this process",
    remedy: isRemote
      ? "Its nodes run elsewhere: wrap the graph where it is served, or call it from a node of a wrapped graph."
      : "Call .compile() first, and wrap the result.",
  });
}
