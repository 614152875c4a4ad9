import { fitEncoder } from "langgraph-collective-learning/encoding";
import { fitSimulator } from "langgraph-collective-learning/environments";
import { createFeedbackNode } from "langgraph-collective-learning/feedback";
import { importLangfuse } from "langgraph-collective-learning/langfuse";
import { writeLangSmithExamples } from "langgraph-collective-learning/langsmith";
import { observeWithSpans } from "langgraph-collective-learning/opentelemetry";
import { createOtlpHandler, importOtlp } from "langgraph-collective-learning/otlp";
import { exportParquet } from "langgraph-collective-learning/parquet";
import { promptNode } from "langgraph-collective-learning/prompts";
import { createMemoryStore } from "langgraph-collective-learning/store";
import { contributionOf, type FederationPlan, merge, policyOf, release } from "langgraph-collective-learning/together";
import { expect, it } from "vitest";

const store = createMemoryStore();
const encoder = fitEncoder([{ k: "a" }, { k: "b" }]);
const plan: FederationPlan = { decisionPoint: "p", encoder: encoder.snapshot(), destinations: ["a", "b"] };
const rows = ["a", "b"].map((chosen) => ({ context: encoder.encode({ k: chosen }), chosen, reward: 1 }));
const contribution = contributionOf(plan, "north", rows);

/** Each with an option that is misspelt. */
const CALLS: Record<string, (misspelt: never) => unknown> = {
  createFeedbackNode: (more) =>
    createFeedbackNode({ collector: { submitFeedback() {} }, ...(more as object) } as never),
  importOtlp: (more) => importOtlp("nowhere.json", { store, ...(more as object) }),
  createOtlpHandler: (more) => createOtlpHandler({ store, ...(more as object) }),
  importLangfuse: (more) => importLangfuse([], { store, ...(more as object) }),
  observeWithSpans: (more) => observeWithSpans({ tracer: { startSpan() {} }, ...(more as object) } as never),
  exportParquet: (more) => exportParquet({ store, folder: "nowhere", ...(more as object) }),
  writeLangSmithExamples: (more) =>
    writeLangSmithExamples({
      client: {},
      dataset: "d",
      exampleOf: () => undefined,
      store,
      ...(more as object),
    } as never),
  promptNode: (more) =>
    promptNode({ get() {} } as never, "p", { variables: () => ({}), into: "messages", ...(more as object) }),
  fitSimulator: (more) => fitSimulator([], { agents: [], ...(more as object) }),
  merge: (more) => merge(plan, [contribution], more),
  policyOf: (more) => policyOf(plan, merge(plan, [contribution]), more),
  release: (more) => release(plan, contribution, { epsilon: 1, delta: 1e-5, ...(more as object) }),
};

it.each(Object.entries(CALLS))("%s names an option that it does not know", async (_, call) => {
  const refused = async () => await call({ surplus: 1 } as never);
  await expect(refused()).rejects.toMatchObject({
    code: "CONFIG_UNKNOWN_KEY",
    message: expect.stringContaining('"surplus"'),
  });
});
