import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import {
  CollectiveLearningLoop,
  createMemoryStore,
  type LearningStore,
  type Logger,
  type LoopConfig,
} from "langgraph-collective-learning";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";

const State = new StateSchema({ topic: z.string(), team: z.string().optional() });

/** A graph with one decision; `options` are added to its router's. */
function graphIn(loop: CollectiveLearningLoop, options: object) {
  const router = loop.router({
    ...{ decisionPoint: "team", destinations: ["a", "b"], context: (s: { topic: string }) => ({ topic: s.topic }) },
    ...{ fallback: () => "a", exploration: 0.3, ...options },
  } as never);
  const graph = new StateGraph(State)
    .addNode("begin", () => ({}))
    .addNode("a", () => ({ team: "a" }))
    .addNode("b", () => ({ team: "b" }))
    .addEdge(START, "begin")
    .addConditionalEdges("begin", router as never, ["a", "b"])
    .addEdge("a", END)
    .addEdge("b", END)
    .compile();
  return loop.wrap(graph, { workflowType: "w" });
}

const fails = (): never => {
  throw new Error("the host's own fault");
};
const rejects = async (): Promise<never> => fails();

let unhandled: unknown[] = [];
const note = (error: unknown) => unhandled.push(error);
beforeEach(() => {
  unhandled = [];
  process.on("unhandledRejection", note);
});
afterEach(() => process.off("unhandledRejection", note));

/** Runs a graph, judges, learns once and ends, as a host does. @returns the status after the cycle */
async function live(config: LoopConfig, options: object = {}) {
  const loop = await CollectiveLearningLoop.open({ store: createMemoryStore(), ...config });
  const graph = graphIn(loop, options);
  for (let i = 0; i < 3; i++) {
    const ended = await graph.invoke({ topic: `t${i}` }, { metadata: { workflowId: `run-${i}` } });
    expect(["a", "b"]).toContain(ended.team);
    await loop.feedback.submitOutcome(`run-${i}`, 0.5);
  }
  await loop.triggerLearningCycle();
  const status = await loop.getLearningStatus();
  const trace = await loop.getTrace("run-1");
  await loop.close();
  // Rejections that nobody takes are reported after the turn in which they came.
  await new Promise((resolve) => setImmediate(resolve));
  return { status, trace };
}

const logger = (log: () => void): Logger => ({ debug: log, info: log, warn: log, error: log });
const observer = (tell: () => unknown) => ({ started: tell, decided: tell }) as never;
const late = (tell: () => unknown) =>
  ({ started: () => ({ identified: tell, nodeStarted: tell, callStarted: tell, ended: tell }), decided() {} }) as never;

describe("a function of the host's that fails, or rejects", () => {
  it.each<[string, LoopConfig, object?]>([
    ["a logger", { logger: logger(fails) }, { context: fails }],
    ["a logger, later", { logger: logger(rejects) }, { context: fails }],
    ["waitUntil", { capture: { buffer: { waitUntil: fails } } }],
    ["waitUntil, later", { capture: { buffer: { waitUntil: rejects } } }],
    ["redaction", { capture: { redact: fails } }],
    ["redaction, later", { capture: { redact: rejects } }],
    ["an observer", { capture: { observer: observer(fails) } }],
    ["an observer, later", { capture: { observer: observer(rejects) } }],
    ["an observer's answer", { capture: { observer: late(fails) } }],
    ["an observer's answer, later", { capture: { observer: late(rejects) } }],
    ["a context, later", {}, { context: rejects }],
    ["a mask", {}, { mask: fails }],
    ["a mask, later", {}, { mask: rejects }],
    ["features, later", {}, { candidateFeatures: rejects }],
    ["an evaluator", { evaluators: [{ name: "e", evaluate: fails, share: 1 }] }],
  ])("%s: runs, judgements and learning go on, and nothing ends the process", async (_, config, options) => {
    const { trace } = await live(config, options);
    expect(trace).toMatchObject({ status: "success" });
    expect(unhandled).toEqual([]);
  });

  it("is told: a redaction whose failures keep nothing", async () => {
    const lines: string[] = [];
    const told = (message: string, data?: unknown) => void lines.push(`${message} ${JSON.stringify(data)}`);
    const { trace } = await live({
      capture: { redact: async () => fails() },
      logger: { ...logger(() => {}), error: told },
    });
    expect(lines.filter((line) => line.startsWith("the redaction fails"))).toEqual([
      expect.stringContaining("a promise from the function that redacts"),
    ]);
    expect(JSON.stringify(trace?.nodes)).not.toContain("team");
  });
});

describe("a store that fails", () => {
  it.each(["health", "sizes", "read"] as const)("at %s: the status still answers, and says so", async (method) => {
    const memory = createMemoryStore();
    let isBroken = false;
    const store = new Proxy(memory, {
      get: (target, key: keyof LearningStore) =>
        key === method && isBroken
          ? method === "read"
            ? async function* () {
                yield fails();
              }
            : rejects
          : target[key],
    });
    const loop = await CollectiveLearningLoop.open({ store, logger: logger(() => {}) });
    graphIn(loop, {});
    isBroken = true;
    const status = await loop.getLearningStatus();
    expect(status.warnings.join()).toContain("cannot be told: the host's own fault");
    expect("storage" in status).toBe(method !== "sizes");
    isBroken = false;
    expect((await loop.getLearningStatus()).warnings).toEqual([]);
    await loop.close();
  });
});
