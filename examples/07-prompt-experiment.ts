// Two versions of a prompt, served side by side; the better one is promoted once that is proven.
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { CollectiveLearningLoop, createRng, ManualClock } from "langgraph-collective-learning";
import { z } from "zod";

const clock = new ManualClock(Date.UTC(2026, 0, 1)); // a day passes in a moment
await using loop = await CollectiveLearningLoop.open({
  storagePath: process.env.LEARNING_DIR ?? "./learning",
  clock,
});

const make = (text: string) =>
  ChatPromptTemplate.fromMessages([
    ["system", text],
    ["human", "{question}"],
  ]);
const plain = await loop.prompts.register("support", make("Answer the customer."));
const example = await loop.prompts.register("support", make("Answer the customer with an example."));
await loop.prompts.startExperiment({ promptId: "support", variants: [plain, example], minimumEffect: 0.05 });

const State = new StateSchema({ question: z.string(), answer: z.string().optional() });
const graph = loop.wrap(
  new StateGraph(State)
    .addNode("write", async (s, config) => {
      const { template } = await loop.prompts.get("support", { topic: "refund" }, config);
      const [system] = await template.formatMessages({ question: s.question });
      // Your model goes here. This one does what it is told.
      return { answer: system?.text.includes("example") ? "For example, ..." : "It depends." };
    })
    .addEdge(START, "write")
    .addEdge("write", END)
    .compile(),
  { workflowType: "support" },
);

const rng = createRng(3);
for (let i = 0; i < 400; i++) {
  const workflowId = `prompt-${i}`;
  const { answer } = await graph.invoke({ question: "Where is it?" }, { metadata: { workflowId } });
  const isGood = rng.next() < (answer?.startsWith("For example") ? 0.85 : 0.55);
  await loop.feedback.submitOutcome(workflowId, Number(isGood));
  clock.advance(60_000);
}
clock.advance(86_400_000); // judgements that may still come are waited for
await loop.triggerLearningCycle();
const [experiment] = loop.prompts.experiments("support");
console.log(experiment?.ended ? `ended: ${experiment.ended.text}` : "goes on");
const { template } = await loop.prompts.get("support", {}, { metadata: { workflowId: "afterwards" } });
console.log("serves:", (await template.formatMessages({ question: "?" }))[0]?.text);
