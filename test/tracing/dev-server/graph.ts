import { Annotation, END, interrupt, START, StateGraph } from "@langchain/langgraph";
import { openFileStore } from "langgraph-collective-learning/store";
import { WorkflowTracer } from "langgraph-collective-learning/tracing";

const folder = process.env.TRACES as string;
const store = await openFileStore({ traces: `${folder}/t`, feedback: `${folder}/f`, models: `${folder}/m` });
const tracer = new WorkflowTracer({ store, buffer: { flushIntervalMs: 20 } });
const State = Annotation.Root({ log: Annotation<string[]>({ reducer: (a, b) => a.concat(b), default: () => [] }) });
const bare = new StateGraph(State)
  .addNode("a", () => ({ log: ["a"] }))
  .addNode("ask", () => ({ log: [String(interrupt("?"))] }))
  .addEdge(START, "a")
  .addEdge("a", "ask")
  .addEdge("ask", END)
  .compile();
export const graph = tracer.wrap(bare, { workflowType: "served" });
