// RemoteGraph: a learned graph that runs elsewhere, called in a node. What it asks pauses the run here, however often it
// asks; one id names the run on both sides, so that a judgement given here is of the run there as well.
import {
  Annotation,
  Command,
  END,
  interrupt,
  isGraphInterrupt,
  type LangGraphRunnableConfig,
  MemorySaver,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { RemoteGraph } from "@langchain/langgraph/remote";
import { CollectiveLearningLoop } from "langgraph-collective-learning";

const url = process.env.LANGGRAPH_URL ?? "http://localhost:2024"; // serves the recipe langgraph-dev
const remote = new RemoteGraph({ graphId: "support", url });
const State = Annotation.Root({
  text: Annotation<string>,
  asked: Annotation<unknown>,
  answer: Annotation<unknown>,
  reply: Annotation<string>,
});

await using loop = await CollectiveLearningLoop.open({ storagePath: process.env.LEARNING_DIR ?? "./learning" });
const graph = loop.wrap(
  new StateGraph(State)
    .addNode("support", async ({ text, asked, answer }, config: LangGraphRunnableConfig) => {
      // Among the configurable values: a server puts metadata of its own in the place of RemoteGraph's.
      const there = {
        configurable: { thread_id: config.configurable?.thread_id, workflowId: config.metadata?.workflowId },
      };
      try {
        const { reply } = await remote.invoke(asked ? new Command({ resume: answer }) : { text }, there);
        return { reply, asked: null };
      } catch (error) {
        if (!isGraphInterrupt(error)) throw error;
        return { asked: error.interrupts[0]?.value };
      }
    })
    .addNode("person", ({ asked }) => ({ answer: interrupt(asked) }))
    .addEdge(START, "support")
    .addConditionalEdges("support", ({ asked }) => (asked ? "person" : END), ["person", END])
    .addEdge("person", "support")
    .compile({ checkpointer: new MemorySaver() }),
  { workflowType: "front" },
);

const workflowId = process.env.WORKFLOW_ID ?? "front-1";
const config = { configurable: { thread_id: crypto.randomUUID() }, metadata: { workflowId } };
const paused = await graph.invoke({ text: "my invoice is wrong" }, config);
console.log("asked:", JSON.stringify((paused as { __interrupt__?: { value: unknown }[] }).__interrupt__?.[0]?.value));
const { reply } = await graph.invoke(new Command({ resume: "yes" }), config);
console.log("reply:", reply);
await loop.feedback.submitOutcome(workflowId, 1);
console.log("here:", (await loop.getTrace(workflowId))?.nodes.map((n) => `${n.name} ${n.status}`).join(", "));
