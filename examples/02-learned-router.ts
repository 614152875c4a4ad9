// A learned edge: the fallback routes at first; what is proven better takes over.
import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { CollectiveLearningLoop, createRng } from "langgraph-collective-learning";
import { z } from "zod";

const State = new StateSchema({ text: z.string(), team: z.string().optional() });
const TEAMS = ["billing", "tech"] as const;

await using loop = await CollectiveLearningLoop.open({ storagePath: process.env.LEARNING_DIR ?? "./learning" });
const router = loop.router({
  decisionPoint: "triage",
  destinations: TEAMS,
  context: (s: typeof State.State) => ({ text: s.text, length: s.text.length }),
  fallback: () => "billing",
  exploration: 0.3,
});
const graph = loop.wrap(
  new StateGraph(State)
    .addNode("triage", () => ({}))
    .addNode("billing", () => ({ team: "billing" }))
    .addNode("tech", () => ({ team: "tech" }))
    .addEdge(START, "triage")
    .addConditionalEdges("triage", router, [...TEAMS])
    .addEdge("billing", END)
    .addEdge("tech", END)
    .compile(),
  { workflowType: "support" },
);

const rng = createRng(7);
const tickets = {
  billing: ["the invoice is wrong", "refund my payment"],
  tech: ["the app crashes", "an error at login"],
};
async function serve(count: number): Promise<number> {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const right = rng.next() < 0.5 ? "billing" : "tech";
    const workflowId = `ticket-${rng.int(1e9)}`;
    const text = tickets[right][rng.int(2)];
    const { team } = await graph.invoke({ text }, { metadata: { workflowId } });
    sum += team === right ? 1 : 0;
    await loop.feedback.submitOutcome(workflowId, team === right ? 1 : 0);
  }
  return sum / count;
}

console.log(`fallback, watching: ${(await serve(400)).toFixed(2)} of the tickets right`);
const cycle = await loop.triggerLearningCycle();
console.log(cycle.steps.map((s) => `${s.component}: ${s.message}`).join("\n"));
console.log(`learned, acting: ${(await serve(100)).toFixed(2)} of the tickets right`);
const { averageImprovement } = await loop.getLearningStatus();
console.log("measured improvement:", averageImprovement);
