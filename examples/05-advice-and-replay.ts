// Advice in the state for the graph's own code to weigh; and what a run would have come to otherwise.
import { END, MemorySaver, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { adviceSchema, CollectiveLearningLoop } from "langgraph-collective-learning";
import { z } from "zod";

const State = new StateSchema({
  text: z.string(),
  advice: adviceSchema.optional(),
  answer: z.string().optional(),
  mailed: z.string().optional(),
});
type S = typeof State.State;

await using loop = await CollectiveLearningLoop.open({ storagePath: process.env.LEARNING_DIR ?? "./learning" });
const advisor = loop.advisorGraph({
  decisionPoint: "depth",
  destinations: ["short", "thorough"],
  state: { text: z.string() },
  context: (s) => ({ text: s.text, length: s.text.length }),
  fallback: (s) => (s.text.length > 40 ? "thorough" : "short"),
});
const router = loop.router({
  decisionPoint: "answer",
  destinations: ["short", "thorough"],
  context: (s: S) => ({ length: s.text.length, advised: s.advice?.destination, sure: s.advice?.confidence }),
  fallback: (s) => ((s.advice?.confidence ?? 0) > 0.9 ? "thorough" : "short"),
});
const graph = loop.wrap(
  new StateGraph(State)
    .addNode("advisor", advisor.compile())
    .addNode("short", () => ({ answer: "Yes." }))
    .addNode("thorough", () => ({ answer: "Yes, for three reasons." }))
    .addNode("mail", (s) => ({ mailed: `to the customer: ${s.answer}` }))
    .addEdge(START, "advisor")
    .addConditionalEdges("advisor", router, router.destinations)
    .addEdge("short", "mail")
    .addEdge("thorough", "mail")
    .addEdge("mail", END)
    .compile({ checkpointer: new MemorySaver() }),
  { workflowType: "answers" },
);

const config = { configurable: { thread_id: "t1" }, metadata: { workflowId: "run-1" } };
const { advice, mailed } = await graph.invoke({ text: "Should we do it?" }, config);
console.log(`advice: ${advice?.destination} (${advice?.source}); ${mailed}`);

const decision = (await loop.getDecisions("run-1")).find((d) => d.decisionPoint === "answer");
if (!decision) throw new Error("the router left no decision");
const { counterfactual } = await loop.counterfactual(graph, {
  decision,
  destination: "thorough",
  pure: ["thorough"],
  stubs: { mail: (s) => ({ mailed: `nobody: ${s.answer}` }) }, // no second mail
});
console.log(`otherwise: ${counterfactual.values.answer} Mailed ${counterfactual.values.mailed}`);
console.log(await loop.drawGraph(graph));
