// A person judges inside the graph: the run waits for them, and their judgement teaches.
import { Command, END, MemorySaver, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { createFeedbackNode, type FeedbackInterrupt } from "langgraph-collective-learning/feedback";
import { z } from "zod";

await using loop = await CollectiveLearningLoop.open({ storagePath: process.env.LEARNING_DIR ?? "./learning" });

const State = new StateSchema({ question: z.string(), answer: z.string().optional() });
const review = createFeedbackNode<typeof State.State>({
  collector: loop.feedback,
  question: (s) => `Was "${s.answer}" a good answer to "${s.question}"?`,
  userId: "reviewer",
});
const graph = loop.wrap(
  new StateGraph(State)
    .addNode("write", (s) => ({ answer: `About ${s.question}: it depends.` }))
    .addNode("review", review)
    .addEdge(START, "write")
    .addEdge("write", "review")
    .addEdge("review", END)
    .compile({ checkpointer: new MemorySaver() }),
  { workflowType: "answers" },
);

const config = { configurable: { thread_id: "1" }, metadata: { workflowId: "review-1" } };
/** What a paused run asks. */
const asked = (result: object) =>
  (result as { __interrupt__?: { value: FeedbackInterrupt }[] }).__interrupt__?.[0]?.value;
console.log("asked:", asked(await graph.invoke({ question: "owls" }, config))?.question);

// A mistake is told to whoever made it, and they are asked again.
const wrong = await graph.invoke(new Command({ resume: { cat: { score: 42 } } }), config);
console.log("refused:", asked(wrong)?.problem?.includes("42"));

await graph.invoke(new Command({ resume: { cat: { score: 4, dimensions: { usefulness: 2 } } } }), config);
const { current } = await loop.feedback.getFeedback("review-1");
console.log(`stored: ${current[0]?.cat?.score} of 10 by ${current[0]?.userId}`);
console.log("one run over the pauses:", (await loop.getTrace("review-1"))?.nodes.map((n) => n.name).join(", "));
