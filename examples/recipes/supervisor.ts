// A supervisor whose next agent is learned. The model that supervises today is the fallback: once something better is
// proven, it is asked for a small share of the turns only.
import { type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { END, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { createAgent } from "langchain";
import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { ScriptedModel } from "./scripted-model.js";

const AGENTS = ["researcher", "writer"] as const;
type State = typeof MessagesAnnotation.State;

/** Who spoke: createAgent puts an agent's name on its messages. */
const spoken = (messages: BaseMessage[]) => messages.map((m) => m.name).filter((name) => name !== undefined);
const agent = (name: (typeof AGENTS)[number], says: string) =>
  createAgent({ name, model: new ScriptedModel(() => says), tools: [] }).graph;
/** Stands in for the model that names the next agent. */
const supervisor = new ScriptedModel((messages) => {
  const done = spoken(messages);
  return AGENTS.find((name) => !done.includes(name)) ?? "nobody";
});

await using loop = await CollectiveLearningLoop.open({ storagePath: process.env.LEARNING_DIR ?? "./learning" });
const next = loop.commandRouter({
  decisionPoint: "next agent",
  destinations: [...AGENTS, END],
  context: ({ messages }: State) => ({
    task: messages[0]?.text,
    researched: spoken(messages).includes("researcher"),
    written: spoken(messages).includes("writer"),
  }),
  fallback: async ({ messages }) => {
    const { text } = await supervisor.invoke(messages);
    return AGENTS.find((name) => name === text) ?? END;
  },
  mask: ({ messages }) => ({ [END]: spoken(messages).includes("writer") }), // not before there is an answer
  exploration: 0.1,
});
const graph = loop.wrap(
  new StateGraph(MessagesAnnotation)
    .addNode("researcher", agent("researcher", "Owls hunt at night."))
    .addNode("writer", agent("writer", "A story of owls."))
    .addNode("supervisor", next, { ends: next.ends })
    .addEdge(START, "supervisor")
    .addEdge("researcher", "supervisor")
    .addEdge("writer", "supervisor")
    .compile(),
  { workflowType: "story" },
);

const config = { metadata: { workflowId: "story-1" }, recursionLimit: 30 };
const { messages } = await graph.invoke({ messages: [new HumanMessage("a story about owls")] }, config);
await loop.feedback.submitOutcome("story-1", 1);
console.log(`answer: ${messages.at(-1)?.text}`);
const decisions = await loop.getDecisions("story-1");
console.log(`next: ${decisions.map((d) => `${d.chosen} (${d.propensity?.toFixed(2)})`).join(", ")}`);
