import { END } from "@langchain/langgraph";
import { LearningError, nearestWord } from "../core/index.js";
import { type BuilderLike, builderOf } from "./graph-shape.js";
import { learnedMark } from "./learned.js";

/**
 * Checks every learned edge and node of a compiled graph, its subgraphs included: LangGraph itself would
 * fire a static edge beside the learned one, and end silently on an unknown destination.
 * Graphs without a builder (functional API) pass.
 * @throws ROUTER_INVALID for a static edge beside a learned one; DESTINATION_UNKNOWN for a destination
 * that the path map, `ends` or the graph lacks
 * @example assertRoutable(graph); // loop.wrap does so itself
 */
export function assertRoutable(graph: unknown): void {
  const builder = builderOf(graph);
  if (!builder) return;
  for (const [source, branches] of Object.entries(builder.branches)) {
    for (const branch of Object.values(branches)) {
      const mark = learnedMark(branch.path);
      if (!mark) continue;
      refuseStaticEdges(builder, source, mark.decisionPoint);
      for (const destination of mark.destinations) {
        const known = branch.ends ? Object.keys(branch.ends) : Object.keys(builder.nodes);
        if (destination === END && !branch.ends) continue;
        if (!known.includes(destination))
          throw unknown(destination, mark.decisionPoint, branch.ends ? "path map" : "graph", known);
      }
    }
  }
  for (const [name, node] of Object.entries(builder.nodes)) {
    const mark = learnedMark(node.runnable);
    if (mark?.kind === "command") {
      refuseStaticEdges(builder, name, mark.decisionPoint);
      const known = [...Object.keys(builder.nodes), END];
      for (const destination of mark.destinations)
        if (!known.includes(destination)) throw unknown(destination, mark.decisionPoint, "graph", known);
    }
    assertRoutable(node.runnable);
  }
}

function refuseStaticEdges(builder: BuilderLike, source: string, decisionPoint: string): void {
  const plain = [...builder.edges].find(([from]) => from === source)?.[1];
  const joined = [...(builder.waitingEdges ?? [])].find(([from]) => from.includes(source))?.[1];
  const target = plain ?? joined;
  if (target === undefined) return;
  throw new LearningError("ROUTER_INVALID", {
    received: `the static edge ${source} -> ${target} beside the learned routing ${decisionPoint} of ${source}`,
    expected: "only learned edges out of that node",
    remedy: `LangGraph takes both. Remove the static edge, or make ${target} a destination of the router.`,
  });
}

function unknown(destination: string, decisionPoint: string, where: string, known: string[]): LearningError {
  return new LearningError("DESTINATION_UNKNOWN", {
    received: `the destination ${JSON.stringify(destination)} of ${decisionPoint}, which the ${where} lacks`,
    expected: `one of ${known.join(", ")}`,
    remedy: `The nearest is ${nearestWord(destination, known)}. Pass router.destinations as the path map, and add the node.`,
  });
}
