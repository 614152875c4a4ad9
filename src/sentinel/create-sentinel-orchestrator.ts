import type { RunnableConfig } from "@langchain/core/runnables";
import { END, START, StateGraph } from "@langchain/langgraph";
import type { OrchestratorAction } from "../orchestration/index.js";
import { ORCHESTRATOR_ACTIONS } from "../orchestration/index.js";
import { actionNode, coordinateWork, dispatchNode, inspireWork, scanWork } from "./actions.js";
import { SentinelAdvisor } from "./advisor.js";
import type { AgentOrder } from "./agent.js";
import { agentGraphOf, runAgent } from "./agent.js";
import { approvalNode } from "./approval.js";
import { markSentinel } from "./attach.js";
import { sentinelSettings } from "./check-options.js";
import { beginNode, controlNode, legalOf } from "./control.js";
import { fixedPolicy } from "./fixed-policy.js";
import type { SentinelOptions } from "./options.js";
import { SentinelInput, SentinelState, type SentinelStateType, type SentinelUpdate } from "./state.js";
import { courseOf } from "./steer.js";

/**
 * The Sentinel: a graph that decides step by step whether to scan for work, send out one agent or
 * several, coordinate, monitor, optimise, ask for inspiration, or finish. An advisor with a learned
 * policy proposes each step; without one, or on any doubt, the rule-based baseline decides.
 *
 * Returns an uncompiled StateGraph; compile it with a checkpointer, a store or as a subgraph as you
 * like. Invoke it with `{ goal, territories?, tasks? }` and a `recursionLimit` of
 * `sentinelRecursionLimit(steps)`; with a lower one it ends earlier, in order, with its report in
 * `finalReport`.
 * @throws SENTINEL_INVALID on agents or settings that cannot be, CONFIG_UNKNOWN_KEY on unknown settings
 * @example
 * const sentinel = createSentinelOrchestrator({ agents }).compile();
 * const { finalReport } = await sentinel.invoke({ goal: "an atlas" }, { recursionLimit: sentinelRecursionLimit(60) });
 */
export function createSentinelOrchestrator(options: SentinelOptions) {
  const settings = sentinelSettings(options);
  const { agents, approval, clock, logger } = settings;
  const advisor = new SentinelAdvisor(settings);
  if (settings.policy) advisor.follow(fixedPolicy(settings.policy, clock, logger));

  const agentNames = agents.map((a) => a.name);
  const steered = approval.length ? [...ORCHESTRATOR_ACTIONS, "approval" as const] : [...ORCHESTRATOR_ACTIONS];
  const steer = (s: SentinelStateType): OrchestratorAction | "approval" => {
    const { action } = courseOf(s);
    return approval.includes(action) ? "approval" : action;
  };
  const leaveControl = (s: SentinelStateType) => (legalOf(s.outlook).length === 1 ? steer(s) : "advisor");

  const graph = new StateGraph({ state: SentinelState, input: SentinelInput })
    .addNode("begin", beginNode(settings))
    .addNode("control", controlNode(settings))
    .addNode("advisor", settings.advisor === "node" ? advisor.node : advisor.subgraph())
    .addNode("scanTerritories", actionNode("scanTerritories", settings, scanWork(settings)))
    .addNode("dispatchSingleAgent", dispatchNode("dispatchSingleAgent", settings), { ends: agentNames })
    .addNode("dispatchMultipleAgents", dispatchNode("dispatchMultipleAgents", settings), { ends: agentNames })
    .addNode("coordinateWorkflow", actionNode("coordinateWorkflow", settings, coordinateWork(settings)))
    .addNode("monitorSystem", actionNode("monitorSystem", settings))
    .addNode("optimizeResources", actionNode("optimizeResources", settings))
    .addNode("requestInspiration", actionNode("requestInspiration", settings, inspireWork(settings)))
    .addNode("completeTask", actionNode("completeTask", settings))
    .addEdge(START, "begin")
    .addEdge("begin", "control")
    .addEdge("scanTerritories", "control")
    .addEdge("coordinateWorkflow", "control")
    .addEdge("monitorSystem", "control")
    .addEdge("optimizeResources", "control")
    .addEdge("requestInspiration", "control")
    .addEdge("completeTask", END);
  const open = graph as unknown as OpenGraph;
  if (approval.length) {
    open.addNode("approval", approvalNode(approval));
    open.addConditionalEdges("approval", (s) => courseOf(s).action, [...ORCHESTRATOR_ACTIONS]);
  }
  open.addConditionalEdges("control", leaveControl, ["advisor", ...steered]);
  open.addConditionalEdges("advisor", steer, steered);
  for (const agent of agents) {
    const inner = agentGraphOf(agent);
    const run = async (order: AgentOrder, config: RunnableConfig): Promise<SentinelUpdate> => ({
      runs: [await runAgent(agent, order, config, settings)],
    });
    open.addNode(agent.name, run, inner ? { subgraphs: [inner] } : {});
    open.addEdge(agent.name, "control");
  }
  markSentinel(graph, advisor);
  if (settings.loop) advisor.attach(settings.loop);
  return graph;
}

/** The builder without the node names in its type, for nodes that are known at run time only. */
interface OpenGraph {
  addNode(name: string, node: unknown, options?: object): void;
  addEdge(from: string, to: string): void;
  addConditionalEdges(from: string, path: (s: SentinelStateType) => string, ends: string[]): void;
}
