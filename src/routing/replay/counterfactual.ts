import { RunnableLambda } from "@langchain/core/runnables";
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { z } from "zod";
import type { Decision } from "../../core/index.js";
import { nearestWord, parseOptions, show } from "../../core/index.js";
import { type BuilderLike, builderOf, type NodeSpecLike, reachableFrom, successorsOf } from "../graph-shape.js";
import { learnedMark } from "../learned.js";
import { choicesIn } from "../path-so-far.js";
import { type ForcedRun, forceWithin } from "./forced.js";
import {
  checkpointOf,
  type DecisionPlace,
  findDecision,
  type ReplayableGraph,
  recordedUpdate,
  replayRefused,
  scratchSaver,
} from "./history.js";

/** What stands in for a node during a replay: state in, update out. */
export type NodeStub = (state: Record<string, unknown>, config: LangGraphRunnableConfig) => unknown;

const requestSchema = z.strictObject({
  /** Where to go instead; another of the decision's candidates. */
  destination: z.string("a destination"),
  /** Nodes that may run again as they are, because they change nothing outside of the state. */
  pure: z.array(z.string(), "names of nodes").readonly().default([]),
  /** What runs instead of nodes that do. */
  stubs: z
    .record(
      z.string(),
      z.custom<NodeStub>((v) => typeof v === "function", "a function of the state"),
    )
    .readonly()
    .default({}),
  /** The reward in [0,1] of a final state, for the pair of rewards. */
  reward: z
    .custom<(values: Record<string, unknown>) => number>(
      (v) => typeof v === "function",
      "a function of the final state",
    )
    .optional(),
});

/** Which decision to take otherwise, and what may run for it. */
export interface CounterfactualRequest extends z.input<typeof requestSchema> {
  /** The decision as it was logged; it must carry its `threadId`. */
  decision: Decision;
  /** Passed to the nodes (`context`, `configurable`); the thread id is the run's own. */
  config?: Partial<LangGraphRunnableConfig>;
}

/** What happened, and what would have happened. */
export interface Counterfactual {
  decisionId: string;
  factual: { destination: string; values: Record<string, unknown>; reward?: number };
  counterfactual: { destination: string; values: Record<string, unknown>; reward?: number };
  /** The decisions of the replay, the forced one first among its point's; none of them is logged. */
  decisions: Decision[];
}

const schema = requestSchema.extend({
  decision: z.looseObject({ decisionId: z.string(), threadId: z.string("the threadId of a checkpointed run") }),
  config: z.looseObject({}).optional(),
});

/**
 * Replays a finished run from one of its decisions on with another destination, in a copy of its thread:
 * the thread, the log of decisions and the traces stay as they are. The deciding node does not run again;
 * what it wrote is used. Every other node that may run must be named as pure or stubbed.
 * @throws REPLAY_REFUSED when a node that may run is not declared, there is no checkpointer, the run is
 * not finished, or the replay stops at an interrupt; whatever a node throws passes through
 * @example
 * ```ts
 * const { factual, counterfactual: otherwise } = await counterfactual(graph, {
 *   decision,
 *   destination: "tech",
 *   pure: ["tech"],
 *   stubs: { mail: () => ({ sent: false }) },
 * });
 * ```
 */
export async function counterfactual(graph: object, request: CounterfactualRequest): Promise<Counterfactual> {
  const { destination, pure, stubs, reward } = parseOptions(
    schema,
    request,
    "counterfactual request",
    "REPLAY_REFUSED",
  );
  const { decision, config } = request;
  const builder = builderOf(graph);
  const source = graph as ReplayableGraph;
  const saver = source.checkpointer;
  if (!builder || typeof saver !== "object")
    throw replayRefused(
      "a graph without builder or checkpointer",
      "a compiled StateGraph with a checkpointer",
      "Compile it with one.",
    );
  if (!decision.candidates.includes(destination) || destination === decision.chosen)
    throw replayRefused(
      `the destination ${show(destination)}`,
      `another candidate than ${decision.chosen}: ${decision.candidates.join(", ")}`,
      "Name one of the decision's other candidates.",
    );
  if (decision.mask?.[decision.candidates.indexOf(destination)] === false)
    throw replayRefused(
      `the destination ${show(destination)}, which the decision's mask did not allow`,
      "a candidate that could have been chosen",
      `Name another of ${decision.candidates.filter((_, i) => decision.mask?.[i]).join(", ")}.`,
    );
  const place = await findDecision(source, decision);
  const tuple = await checkpointOf(saver, place.before);
  const recorded = recordedUpdate(tuple, place.taskId, builder.channels);
  const done = new Set((tuple.pendingWrites ?? []).map(([task]) => task));
  const nodes = replayNodes(builder, place, destination, { pure, stubs }, recorded, (taskId) => done.has(taskId));
  const replica = Object.assign(Object.create(Object.getPrototypeOf(builder)), builder, { nodes });
  const threadId = decision.threadId as string;
  const compiled = replica.compile({
    checkpointer: await scratchSaver(tuple, threadId, place.taskId),
    store: source.store,
  });
  const forced: ForcedRun = {
    decisionId: decision.decisionId,
    destination,
    workflowId: decision.workflowId,
    decisions: [],
    choices: choicesIn(decision.context ?? {}),
  };
  const run = {
    ...config,
    configurable: { ...source.config?.configurable, ...config?.configurable, thread_id: threadId },
  };
  await forceWithin(forced, () => compiled.invoke(null, run));
  const { values, next } = await compiled.getState({ configurable: { thread_id: threadId } });
  if (next.length > 0)
    throw replayRefused(
      `a replay that stopped before ${next.join(", ")}`,
      "a run to the end",
      "Stub the node that interrupts.",
    );
  if (!forced.decisions.some((d) => d.decisionId === decision.decisionId))
    throw replayRefused(
      "a replay that did not reach the decision again",
      "a decision of this graph",
      "Enable learning, and replay with the graph that made it.",
    );
  return {
    decisionId: decision.decisionId,
    factual: { destination: decision.chosen, ...outcome(place.finished.values, reward) },
    counterfactual: { destination, ...outcome(values, reward) },
    decisions: forced.decisions,
  };
}

function outcome(values: Record<string, unknown>, reward: CounterfactualRequest["reward"]) {
  return reward ? { values, reward: reward(values) } : { values };
}

/** The nodes of the replica: stubs in their place, the deciding node answering what it wrote. */
function replayNodes(
  builder: BuilderLike,
  place: DecisionPlace,
  destination: string,
  declared: { pure: readonly string[]; stubs: Readonly<Record<string, NodeStub>> },
  recorded: Record<string, unknown> | undefined,
  isDone: (taskId: string) => boolean,
): Record<string, NodeSpecLike> {
  const names = Object.keys(builder.nodes);
  for (const name of [...declared.pure, ...Object.keys(declared.stubs)])
    if (!names.includes(name))
      throw replayRefused(
        `the node ${show(name)}`,
        `one of ${names.join(", ")}`,
        `Did you mean ${nearestWord(name, names)}?`,
      );
  const { node } = place;
  const targets = Object.values(builder.branches[node] ?? {}).map((b) => b.ends?.[destination] ?? destination);
  const starts = [...(targets.length > 0 ? targets : [destination])];
  for (const task of place.before.tasks) {
    if (task.id === place.taskId) continue;
    starts.push(...(isDone(task.id) ? successorsOf(builder, task.name) : [task.name]));
  }
  const reached = reachableFrom(
    builder,
    starts.filter((n) => n in builder.nodes),
  );
  const free = (name: string) =>
    declared.pure.includes(name) || name in declared.stubs || learnedMark(builder.nodes[name]?.runnable) !== undefined;
  if (!free(node) && (recorded === undefined || reached.has(node))) reached.add(node);
  else reached.delete(node);
  const undeclared = [...reached].filter((name) => !free(name));
  if (undeclared.length > 0)
    throw replayRefused(
      `the undeclared nodes ${undeclared.sort().join(", ")}, which may run in this replay`,
      "every such node in pure or stubs",
      "List those without side effects in pure, and give a stub for the others.",
    );
  const nodes = { ...builder.nodes };
  if (!free(node)) nodes[node] = stubbed(builder.nodes[node], () => recorded ?? {});
  for (const [name, stub] of Object.entries(declared.stubs)) nodes[name] = stubbed(builder.nodes[name], stub);
  return nodes;
}

function stubbed(spec: NodeSpecLike | undefined, stub: NodeStub): NodeSpecLike {
  const runnable = RunnableLambda.from((state: Record<string, unknown>, config) => stub(state, config));
  return { ...spec, runnable, subgraphs: undefined, cachePolicy: undefined };
}
