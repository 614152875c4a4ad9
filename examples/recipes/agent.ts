// createAgent: which model, which tools and which prompt, each a decision point of its own.
import { type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { createAgent, tool } from "langchain";
import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { z } from "zod";
import { ScriptedModel } from "./scripted-model.js";

const query = z.object({ query: z.string() });
const search = tool((given) => `found: ${given.query}`, { name: "search", schema: query });
const orders = tool((given) => `order: ${given.query}`, { name: "orders", schema: query });
const asked = (messages: BaseMessage[]) => messages.find((m) => m.getType() === "human")?.text ?? "";

/** The large one picks its tool well, the small one takes the first that it sees. */
const model = (size: "small" | "large") =>
  new ScriptedModel((messages, tools) => {
    const last = messages.at(-1);
    const wanted = asked(messages).includes("parcel") ? "orders" : "search";
    if (!ToolMessage.isInstance(last))
      return {
        tool: size === "large" && tools.includes(wanted) ? wanted : (tools[0] ?? wanted),
        args: { query: asked(messages) },
      };
    const isPolite = messages[0]?.text.includes("politely");
    return `${isPolite ? "Gladly: " : ""}${last.text}`;
  });

await using loop = await CollectiveLearningLoop.open({ storagePath: process.env.LEARNING_DIR ?? "./learning" });
const common = {
  // What the choices may depend on, at each call of the model.
  context: ({ messages }: { messages: BaseMessage[] }) => ({
    question: asked(messages),
    afterTool: ToolMessage.isInstance(messages.at(-1)),
  }),
  exploration: 0.5,
};
const agent = createAgent({
  model: model("large"),
  tools: [search, orders],
  middleware: [
    loop.middleware({
      ...common,
      decisionPoint: "tools",
      choices: { all: {}, search: { tools: ["search"] }, orders: { tools: ["orders"] } },
      fallback: () => "all",
    }),
    loop.middleware({
      ...common,
      decisionPoint: "model",
      choices: { small: { model: model("small") }, large: { model: model("large") } },
      fallback: () => "large",
    }),
    loop.middleware({
      ...common,
      decisionPoint: "prompt",
      choices: { plain: { systemPrompt: "Answer." }, polite: { systemPrompt: "Answer politely." } },
      fallback: () => "plain",
    }),
  ],
});
const graph = loop.wrap(agent.graph, { workflowType: "desk" });

for (const [i, question] of ["where is my parcel", "opening hours", "a parcel is lost"].entries()) {
  const workflowId = `desk-${i}`;
  const { messages } = await graph.invoke({ messages: [new HumanMessage(question)] }, { metadata: { workflowId } });
  const answer = messages.at(-1)?.text ?? "";
  await loop.feedback.submitOutcome(workflowId, /order|Gladly/.test(answer) ? 1 : 0);
  const decisions = await loop.getDecisions(workflowId);
  console.log(`${answer} | ${decisions.map((d) => `${d.decisionPoint}: ${d.chosen}`).join(", ")}`);
}
