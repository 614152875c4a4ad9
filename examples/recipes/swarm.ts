// A swarm whose first agent is learned; later turns go to the agent that is active, as in `createSwarm`.
import { HumanMessage } from "@langchain/core/messages";
import { MemorySaver, START, StateGraph } from "@langchain/langgraph";
import { createHandoffTool, getHandoffDestinations, SwarmState } from "@langchain/langgraph-swarm";
import { createAgent } from "langchain";
import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { ScriptedModel } from "./scripted-model.js";

const AGENTS = ["flights", "hotels"] as const;
type Name = (typeof AGENTS)[number];

/** Answers what it knows of, and hands over what it does not. */
const agent = (name: Name, other: Name) =>
  createAgent({
    name,
    tools: [createHandoffTool({ agentName: other })],
    model: new ScriptedModel((messages) => {
      const asked = messages.filter((m) => m.getType() === "human").at(-1)?.text ?? "";
      return asked.includes(name.slice(0, 5)) ? `${name}: booked` : { tool: `transfer_to_${other}` };
    }),
  }).graph;
const flights = agent("flights", "hotels");
const hotels = agent("hotels", "flights");

await using loop = await CollectiveLearningLoop.open({ storagePath: process.env.LEARNING_DIR ?? "./learning" });
const first = loop.commandRouter({
  decisionPoint: "first agent",
  destinations: AGENTS,
  context: ({ messages }: typeof SwarmState.State) => ({ text: messages.at(-1)?.text }),
  fallback: ({ activeAgent }) => (activeAgent === "hotels" ? "hotels" : "flights"),
  // Whoever is active goes on: there is nothing to choose then.
  mask: ({ activeAgent }) =>
    activeAgent ? { flights: activeAgent === "flights", hotels: activeAgent === "hotels" } : {},
  update: (_, agent) => ({ activeAgent: agent }), // whom later turns go to
  exploration: 0.3,
});
const graph = loop.wrap(
  new StateGraph(SwarmState)
    .addNode("flights", flights, { ends: getHandoffDestinations(flights as never), subgraphs: [flights] })
    .addNode("hotels", hotels, { ends: getHandoffDestinations(hotels as never), subgraphs: [hotels] })
    .addNode("first", first, { ends: first.ends })
    .addEdge(START, "first")
    .compile({ checkpointer: new MemorySaver() }),
  { workflowType: "travel" },
);

for (const [i, text] of ["a hotel in Rome", "and another hotel"].entries()) {
  const workflowId = `travel-${i}`;
  const config = { configurable: { thread_id: "alice" }, metadata: { workflowId } };
  const { messages, activeAgent } = await graph.invoke({ messages: [new HumanMessage(text)] }, config);
  const trace = await loop.getTrace(workflowId);
  const handed = trace?.interactions.filter((i) => i.kind === "handoff" && i.from !== "first").length ?? 0;
  await loop.feedback.submitOutcome(workflowId, handed === 0 ? 1 : 0.5); // a detour costs
  const [decision] = await loop.getDecisions(workflowId);
  console.log(
    `${messages.at(-1)?.text} | began with ${decision?.chosen}, ${handed} handed over, active ${activeAgent}`,
  );
}
