import { checkArgument } from "../core/arguments.js";
import { LearningError } from "../core/index.js";
import type { DecisionPointStatus } from "../routing/index.js";
import type { SentinelLoop } from "./advisor.js";

/** A registered symbol, so that a Sentinel is recognised across copies of the package. */
const SENTINEL = Symbol.for("langgraph-collective-learning.sentinel");

/** The learning side of a Sentinel. */
export interface SentinelHandle {
  /** From now on its decisions are recorded there, and its policies come from there. */
  attach(loop: SentinelLoop): void;
  /** Resolves when every policy promoted so far is loaded and serves. */
  ready(): Promise<void>;
  /** What its decision point did so far; undefined while nothing is attached. */
  status(): DecisionPointStatus | undefined;
}

/** Leaves the handle on the graph. */
export function markSentinel(graph: object, handle: SentinelHandle): void {
  Object.defineProperty(graph, SENTINEL, { value: handle });
}

/**
 * The handle of a Sentinel, compiled or not; undefined for any other graph.
 * @example const handle = sentinelOf(createSentinelOrchestrator({ agents }).compile());
 */
export function sentinelOf(graph: object): SentinelHandle | undefined {
  if ((typeof graph !== "object" && typeof graph !== "function") || graph === null) return undefined;
  const marked = graph as { [SENTINEL]?: SentinelHandle; builder?: object };
  return marked[SENTINEL] ?? (marked.builder as typeof marked | undefined)?.[SENTINEL];
}

/**
 * Lets a Sentinel, compiled or not, learn in a loop.
 * @throws SENTINEL_INVALID when the graph is no Sentinel
 * @example
 * ```ts
 * const graph = createSentinelOrchestrator({ agents }).compile();
 * attachSentinel(graph, loop); // or CollectiveLearningLoop.open({ orchestrator: graph })
 * ```
 */
export function attachSentinel(graph: object, loop: SentinelLoop): SentinelHandle {
  checkArgument(loop, "loop", "object", "SENTINEL_INVALID");
  const handle = sentinelOf(graph);
  if (!handle)
    throw new LearningError("SENTINEL_INVALID", {
      received: "a graph that is no Sentinel",
      expected: "what createSentinelOrchestrator returned, compiled or not",
      remedy: "Wrap other graphs with loop.wrap and route them with loop.router.",
    });
  handle.attach(loop);
  return handle;
}
