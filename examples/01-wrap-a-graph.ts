// Wrap a graph you already have: every run is captured, and judgements find their run.
import { randomUUID } from "node:crypto";
import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { CollectiveLearningLoop, UserFeedback } from "langgraph-collective-learning";
import { z } from "zod";

const State = new StateSchema({ topic: z.string(), draft: z.string().optional() });

await using loop = await CollectiveLearningLoop.open({ storagePath: process.env.LEARNING_DIR ?? "./learning" });

const graph = loop.wrap(
  new StateGraph(State)
    .addNode("research", ({ topic }) => ({ draft: `Facts about ${topic}.` }))
    .addNode("write", ({ draft }) => ({ draft: `${draft} Well told.` }))
    .addEdge(START, "research")
    .addEdge("research", "write")
    .addEdge("write", END)
    .compile(),
  { workflowType: "essay" },
);

const workflowId = randomUUID();
const result = await graph.invoke({ topic: "owls" }, { metadata: { workflowId } });
console.log(result.draft);

const feedback = new UserFeedback(workflowId, "alice");
feedback.addCatScore(9, { creativity: 9, usefulness: 8 }).setRatings({ satisfaction: 0.95 });
await loop.feedback.submitFeedback(feedback);

const trace = await loop.getTrace(workflowId);
console.log(trace?.nodes.map((n) => `${n.name}: ${n.status}`).join(", "));
console.log((await loop.feedback.getFeedback(workflowId)).current.map((f) => f.cat?.score));
