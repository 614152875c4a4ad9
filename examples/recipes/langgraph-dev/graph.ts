// `npx @langchain/langgraph-cli dev` in this folder serves a graph with a learned edge and a person's approval.
import { Annotation, END, interrupt, START, StateGraph } from "@langchain/langgraph";
import { CollectiveLearningLoop } from "langgraph-collective-learning";

const State = Annotation.Root({ text: Annotation<string>, reply: Annotation<string> });
const TEAMS = ["billing", "tech"] as const;

// `serve`: a process of its own learns, by `collective-learning cycle`. The server loads this file again at each change.
const loop = await CollectiveLearningLoop.open({
  storagePath: process.env.LEARNING_DIR ?? "./learning",
  role: "serve",
});
const team = loop.router({
  decisionPoint: "team",
  destinations: TEAMS,
  context: ({ text }: typeof State.State) => ({ text }),
  fallback: ({ text }) => (text.includes("invoice") ? "billing" : "tech"),
  exploration: 0.1,
});
export const graph = loop.wrap(
  new StateGraph(State)
    .addNode("billing", () => ({ reply: "Your invoice is right." }))
    .addNode("tech", () => ({ reply: "Restart it." }))
    .addNode("approve", ({ reply }) => ({ reply: interrupt({ reply }) === "yes" ? reply : "A person will answer." }))
    .addConditionalEdges(START, team, [...TEAMS])
    .addEdge("billing", "approve")
    .addEdge("tech", "approve")
    .addEdge("approve", END)
    .compile(),
  { workflowType: "support" },
);
