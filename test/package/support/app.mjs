// A program as users bundle it: captures a run, makes decisions, learns once, and says in one line what came of it.
import { appendFileSync } from "node:fs";
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { CollectiveLearningLoop } from "langgraph-collective-learning";

const [folder, workerPath] = process.argv.slice(2);
appendFileSync(`${folder}/starts`, "started\n");

async function main() {
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const loop = await CollectiveLearningLoop.open({ storagePath: `${folder}/store`, logger, workerPath });
  const State = Annotation.Root({ topic: Annotation(), answer: Annotation() });
  const router = loop.router({
    decisionPoint: "t",
    destinations: ["a", "b"],
    context: (state) => ({ topic: state.topic }),
    fallback: () => "a",
    exploration: 0.5,
  });
  const graph = loop.wrap(
    new StateGraph(State)
      .addNode("triage", () => ({}))
      .addNode("a", () => ({ answer: "a" }))
      .addNode("b", () => ({ answer: "b" }))
      .addEdge(START, "triage")
      .addConditionalEdges("triage", router, ["a", "b"])
      .addEdge("a", END)
      .addEdge("b", END)
      .compile(),
    { workflowType: "w" },
  );
  for (let i = 0; i < 60; i++) {
    const workflowId = `w${i}`;
    const { answer } = await graph.invoke({ topic: "x" }, { metadata: { workflowId } });
    await loop.feedback.submitOutcome(workflowId, answer === "b" ? 1 : 0);
  }
  const trace = await loop.getTrace("w1");
  const [decision] = await loop.getDecisions("w1");
  let cycle;
  try {
    const { steps } = await loop.triggerLearningCycle();
    cycle = steps.map((step) => `${step.component}: ${step.state}`);
  } catch (error) {
    cycle = `${error.code}: ${error.message}`;
  }
  const { warnings } = await loop.getLearningStatus();
  await loop.close();
  console.log(
    JSON.stringify({ status: trace.status, nodes: trace.nodes.length, decision: decision.mode, cycle, warnings }),
  );
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
