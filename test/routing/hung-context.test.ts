import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

/** A program with nothing else to do than to run a graph whose context function never answers. */
const PROGRAM = `
import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { CollectiveLearningLoop, createMemoryStore } from "langgraph-collective-learning";
import { z } from "zod";
const State = new StateSchema({ team: z.string().optional() });
const loop = await CollectiveLearningLoop.open({ store: createMemoryStore(), storagePath: "unused" });
const router = loop.router({
  decisionPoint: "p", destinations: ["a", "b"], timeBudgetMs: 20,
  context: () => new Promise(() => {}), fallback: () => "b",
});
const graph = loop.wrap(
  new StateGraph(State)
    .addNode("t", () => ({})).addNode("a", () => ({ team: "a" })).addNode("b", () => ({ team: "b" }))
    .addEdge(START, "t").addConditionalEdges("t", router, ["a", "b"]).addEdge("a", END).addEdge("b", END)
    .compile(),
  { workflowType: "w" },
);
console.log((await graph.invoke({})).team);
await loop.close();
`;

describe("a context function that never answers", () => {
  it("does not end a program that has nothing else to do: the fallback decides when the budget has passed", async () => {
    const root = fileURLToPath(new URL("../..", import.meta.url));
    const args = ["--input-type=module", "--eval", PROGRAM];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
    expect(stdout).toBe("b\n");
  });
});
