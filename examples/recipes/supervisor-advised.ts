// `createSupervisor` as it is, with learned advice in its prompt: its model still decides, and may do otherwise.
import { HumanMessage, SystemMessage } from "@langchain/core/messages";
import type { LangGraphRunnableConfig, MessagesAnnotation } from "@langchain/langgraph";
import { createSupervisor } from "@langchain/langgraph-supervisor";
import { createAgent } from "langchain";
import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { ScriptedModel } from "./scripted-model.js";

const agent = (name: string, says: string) =>
  createAgent({ name, model: new ScriptedModel(() => says), tools: [] }).graph;
/** Does what the advice says, until somebody has answered. */
const llm = new ScriptedModel((messages) => {
  if (messages.some((m) => m.name === "billing" || m.name === "tech")) return "Anything else?";
  const advised = /Advice: (\w+)/.exec(messages[0]?.text ?? "")?.[1] ?? "tech";
  return { tool: `transfer_to_${advised}` };
});

await using loop = await CollectiveLearningLoop.open({ storagePath: process.env.LEARNING_DIR ?? "./learning" });
const advice = loop.policyNode({
  decisionPoint: "helper",
  destinations: ["billing", "tech"],
  context: ({ messages }: typeof MessagesAnnotation.State) => ({ text: messages[0]?.text }),
  fallback: ({ messages }) => (messages[0]?.text.includes("invoice") ? "billing" : "tech"),
  exploration: 0.2,
});
const graph = loop.wrap(
  createSupervisor({
    agents: [agent("billing", "Your invoice is right."), agent("tech", "Restart it.")],
    llm,
    preModelHook: async (state: typeof MessagesAnnotation.State, config: LangGraphRunnableConfig) => {
      const { destination } = (await advice.invoke(state, config)).advice;
      return { llmInputMessages: [new SystemMessage(`Advice: ${destination}`), ...state.messages] };
    },
  }).compile(),
  { workflowType: "help" },
);

const config = { metadata: { workflowId: "help-1" } };
await graph.invoke({ messages: [new HumanMessage("my invoice is wrong")] }, config);
await loop.feedback.submitOutcome("help-1", 1);
const trace = await loop.getTrace("help-1");
console.log(trace?.interactions.map((i) => `${i.from} > ${i.to} (${i.kind})`).join(", "));
const [first] = await loop.getDecisions("help-1");
console.log(`advised: ${first?.chosen}, mode ${first?.mode}`);
