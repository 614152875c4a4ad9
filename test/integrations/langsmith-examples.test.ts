import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type LangSmithDatasetClient,
  type LangSmithExample,
  readLangSmithExamples,
  writeLangSmithExamples,
} from "../../src/integrations/langsmith.js";
import { createMemoryStore } from "../../src/store/index.js";
import { aSegment } from "../patterns/support/traces.js";
import { aFeedback } from "../support/facts.js";
import { LangSmithServer } from "./langsmith-server.js";
import { clientOf } from "./langsmith-support.js";

let server: LangSmithServer;
let client: LangSmithDatasetClient;

beforeEach(async () => {
  server = new LangSmithServer();
  client = clientOf(await server.open()) as unknown as LangSmithDatasetClient;
});
afterEach(() => server.close());

/** More runs than one page or one request holds, every tenth judged badly, and one without a text. */
async function judgedRuns(count: number) {
  const store = createMemoryStore();
  for (let i = 0; i < count; i++) {
    const workflowId = `w${i}`;
    const metadata: Record<string, string> = i === 1 ? {} : { question: `q${i}`, answer: `a${i}` };
    await store.append("trace", [aSegment(workflowId, ["a"], { metadata })]);
    const outcome = i % 10 === 0 ? 0.1 : 0.9;
    await store.append("feedback", [aFeedback({ feedbackId: `f${i}`, workflowId, outcome })]);
  }
  return store;
}
const exampleOf = ({ metadata: { question, answer } }: { metadata: Record<string, unknown> }) =>
  question === undefined ? undefined : { inputs: { question }, outputs: { answer }, split: "good" };

async function readBack(): Promise<LangSmithExample[]> {
  const all: LangSmithExample[] = [];
  for await (const example of readLangSmithExamples({ client, dataset: "answers" })) all.push(example);
  return all;
}

describe("examples to and from a dataset of LangSmith's", () => {
  it("what goes in comes out, and written again nothing is doubled", async () => {
    const store = await judgedRuns(125);
    const options = { client, store, dataset: "answers", exampleOf };
    expect(await writeLangSmithExamples(options)).toEqual({ written: 111, known: 0, left: 14 });
    expect(await writeLangSmithExamples(options)).toEqual({ written: 0, known: 111, left: 14 });
    expect(server.datasets.map((d) => d.name)).toEqual(["answers"]);
    const examples = await readBack();
    expect(examples).toHaveLength(111);
    expect(new Set(examples.map((e) => e.id)).size).toBe(111);
    const { workflowType } = aSegment("w2", ["a"]);
    const { id: _, ...second } = examples[0] as LangSmithExample;
    expect(second).toEqual({
      ...{ inputs: { question: "q2" }, outputs: { answer: "a2" }, split: "good" },
      metadata: { workflowId: "w2", workflowType, reward: expect.closeTo(0.9, 10) },
    });
    expect(await writeLangSmithExamples({ ...options, leastReward: 0.95 })).toMatchObject({ written: 0, left: 125 });
  });

  it("a refusal is told with LangSmith's own words", async () => {
    const store = await judgedRuns(3);
    server.failures = [403];
    await expect(writeLangSmithExamples({ client, store, dataset: "answers", exampleOf })).rejects.toMatchObject({
      code: "INTEGRATION_FAILED",
    });
    await expect(readBack()).rejects.toMatchObject({ code: "INTEGRATION_FAILED" });
    expect(server.examples).toEqual([]);
  });
});
