// Which model for which question: learned middleware inside langchain's createAgent.

import { AIMessage } from "@langchain/core/messages";
import { createAgent, fakeModel, HumanMessage } from "langchain";
import { CollectiveLearningLoop, createRng } from "langgraph-collective-learning";

/** Stands in for a chat model: right on easy questions, and on hard ones only when it is strong. */
const scripted = (strong: boolean) => {
  const model = fakeModel();
  const answer = (messages: { text: string }[]) =>
    new AIMessage(
      `${strong ? "large" : "small"} ${strong || messages.at(-1)?.text.includes("capital") ? "right" : "wrong"}`,
    );
  for (let i = 0; i < 1000; i++) model.respond(answer);
  return model;
};

await using loop = await CollectiveLearningLoop.open({ storagePath: process.env.LEARNING_DIR ?? "./learning" });
const learned = loop.middleware({
  decisionPoint: "model",
  choices: { small: { model: scripted(false), systemPrompt: "Be brief." }, large: { model: scripted(true) } },
  context: (request) => ({ question: request.messages.at(-1)?.text }),
  fallback: () => "large",
  candidateFeatures: { small: { dollars: 0.1 }, large: { dollars: 2 } },
  exploration: 0.5,
});
const agent = createAgent({ model: scripted(true), tools: [], middleware: [learned] });
const graph = loop.wrap(agent.graph, { workflowType: "questions", capture: "callbacks" });

const rng = createRng(5);
const questions = {
  easy: ["the capital of Peru", "the capital of Chad"],
  hard: ["prove the lemma", "derive the bound"],
};
async function ask(count: number): Promise<string> {
  let reward = 0;
  let small = 0;
  const told: Promise<unknown>[] = [];
  for (let i = 0; i < count; i++) {
    const question = questions[rng.next() < 0.5 ? "easy" : "hard"][rng.int(2)];
    const workflowId = `question-${rng.int(1e9)}`;
    const { messages } = await graph.invoke({ messages: [new HumanMessage(question)] }, { metadata: { workflowId } });
    const [model, verdict] = messages.at(-1)?.text.split(" ") ?? [];
    const score = verdict === "right" ? (model === "large" ? 0.7 : 1) : 0; // the large one costs
    reward += score;
    small += model === "small" ? 1 : 0;
    told.push(loop.feedback.submitOutcome(workflowId, score));
  }
  await Promise.all(told);
  return `reward ${(reward / count).toFixed(2)}, small model in ${Math.round((100 * small) / count)} % of the calls`;
}

console.log(`watching: ${await ask(500)}`);
for (const stage of ["on trial", "proven"]) {
  const cycle = await loop.triggerLearningCycle();
  console.log(cycle.steps.map((s) => `${s.component}: ${s.message}`).join("\n"));
  if (stage === "on trial") console.log(`${stage}: ${await ask(300)}`);
}
console.log(`learned, acting: ${await ask(100)}`);
