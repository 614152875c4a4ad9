// Runs a graph and ends the process at once, with nothing flushed. Says before which runs there were.
// Arguments: connection string, schema, spill folder, number of runs.
import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { openPostgresStore } from "langgraph-collective-learning/postgres";
import { z } from "zod";

const [connectionString, schema, folder, runs] = process.argv.slice(2);
const quiet = { debug() {}, info() {}, warn() {}, error: console.error };
const store = await openPostgresStore({ connectionString, schema, spill: { folder }, logger: quiet });
const loop = await CollectiveLearningLoop.open({ store, logger: quiet, role: "serve" });
const State = new StateSchema({ topic: z.string() });
const router = loop.router({ decisionPoint: "p", destinations: ["a", "b"], context: () => ({}), fallback: () => "a" });
const graph = loop.wrap(
  new StateGraph(State)
    .addNode("start", () => ({}))
    .addNode("a", () => ({}))
    .addNode("b", () => ({}))
    .addEdge(START, "start")
    .addConditionalEdges("start", router, ["a", "b"])
    .addEdge("a", END)
    .addEdge("b", END)
    .compile(),
  { workflowType: "exit" },
);
const ids = Array.from({ length: Number(runs) }, (_, n) => `run-${n}`);
await Promise.all(ids.map((workflowId) => graph.invoke({ topic: "x" }, { metadata: { workflowId } })));
process.exit(0);
