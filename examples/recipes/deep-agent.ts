// deepagents: which model each call gets, and how the agent is told to work, learned by middleware.
import { HumanMessage } from "@langchain/core/messages";
import { createDeepAgent } from "deepagents";
import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { ScriptedModel } from "./scripted-model.js";

/** Writes a plan first where it is told to; the sub-agent does the work. */
const model = (name: string) =>
  new ScriptedModel((messages, tools) => {
    const done = messages.map((m) => m.name);
    if (!tools.includes("task")) return `${name} looked it up`; // the sub-agent itself
    if (messages[0]?.text.includes("Plan first") && !done.includes("write_file"))
      return { tool: "write_file", args: { file_path: "/plan.md", content: "Look it up, then tell." } };
    if (!done.includes("task"))
      return { tool: "task", args: { description: "look it up", subagent_type: "researcher" } };
    return `done by ${name}`;
  });

await using loop = await CollectiveLearningLoop.open({ storagePath: process.env.LEARNING_DIR ?? "./learning" });
const learned = loop.middleware({
  decisionPoint: "model",
  choices: { small: { model: model("small") }, large: { model: model("large") } },
  context: ({ messages }) => ({ task: messages[0]?.text, turn: messages.length }),
  fallback: () => "large",
  exploration: 0.3,
});
// Added to the prompt of deepagents, not put in its place.
const style = loop.policyNode({
  decisionPoint: "style",
  destinations: ["plan", "direct"],
  context: ({ task }: { task: string }) => ({ task }),
  fallback: () => "plan",
  mode: "auto", // what is advised is always done
  exploration: 0.3,
});
const task = "how old do owls get";
const { destination } = (await style.invoke({ task }, { metadata: { workflowId: "deep-1" } })).advice;
const agent = createDeepAgent({
  model: model("large"),
  systemPrompt: destination === "plan" ? "Plan first, then work." : "Work at once.",
  subagents: [{ name: "researcher", description: "looks things up", systemPrompt: "Look it up.", middleware: [] }],
  middleware: [learned],
});
const graph = loop.wrap(agent.graph, { workflowType: "deep" });
const { messages } = await graph.invoke({ messages: [new HumanMessage(task)] }, { metadata: { workflowId: "deep-1" } });
await loop.feedback.submitOutcome("deep-1", 1);
const trace = await loop.getTrace("deep-1");
console.log(messages.at(-1)?.text);
console.log(`tools: ${trace?.toolCalls.map((c) => c.name).join(", ")}; ${trace?.modelCalls.length} model calls`);
console.log((await loop.getDecisions("deep-1")).map((d) => `${d.decisionPoint}: ${d.chosen}`).join(", "));
