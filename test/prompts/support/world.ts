import { ChatPromptTemplate } from "@langchain/core/prompts";
import {
  type Decision,
  type DecisionSink,
  type FeedbackRecord,
  isoTime,
  ManualClock,
  type RunConfigLike,
} from "../../../src/core/index.js";
import { PromptOptimizer, type PromptOptimizerOptions } from "../../../src/prompts/index.js";
import { openRegistry } from "../../../src/registry/index.js";
import { createMemoryStore, type LearningStore } from "../../../src/store/index.js";

/** A prompt optimiser on a memory store, with a sink that writes decisions as the tracer would. */
export async function openWorld(
  options: Partial<PromptOptimizerOptions> = {},
  store: LearningStore = createMemoryStore(),
) {
  const clock = new ManualClock();
  const registry = await openRegistry({ documents: store.documents, blobs: store.blobs, clock });
  const pending: Decision[] = [];
  const sink: DecisionSink = {
    record: (decision) => void pending.push(decision),
    identify: (config: RunConfigLike) => ({
      workflowId: String(config.metadata?.workflowId),
      workflowType: "support",
      ...(config.configurable?.thread_id ? { threadId: String(config.configurable.thread_id) } : {}),
    }),
  };
  const prompts = await PromptOptimizer.open({ store, registry, sink, clock, seed: 1, ...options });
  let n = 0;
  const rate = (workflowId: string, outcome: number, comment?: string): FeedbackRecord => ({
    schemaVersion: 1,
    feedbackId: `f${n++}`,
    workflowId,
    userId: "rater",
    source: "human",
    at: isoTime(clock.now()),
    outcome,
    ...(comment !== undefined && { comment }),
  });
  return {
    clock,
    store,
    registry,
    prompts,
    pending,
    config: (workflowId: string, thread?: string): RunConfigLike => ({
      metadata: { workflowId },
      ...(thread !== undefined && { configurable: { thread_id: thread } }),
    }),
    /** Serves one run, rates it by the version it got, and writes both facts. */
    async run(
      promptId: string,
      workflowId: string,
      score: (version: string) => number,
      context = {},
      comment?: string,
    ) {
      clock.advance(1000);
      const served = await prompts.get(promptId, context, { metadata: { workflowId } });
      await store.append("decision", pending.splice(0));
      clock.advance(1000);
      await store.append("feedback", [rate(workflowId, score(served.version), comment)]);
      return served;
    },
  };
}

/** A small support prompt. */
export const supportPrompt = (instructions = "Answer the customer.") =>
  ChatPromptTemplate.fromMessages([
    ["system", instructions],
    ["human", "{question} (language: {language})"],
  ]);

/** Two versions of the prompt `support`, the first of which serves. */
export async function twoVersions(world: Awaited<ReturnType<typeof openWorld>>) {
  const v1 = await world.prompts.register("support", supportPrompt());
  const v2 = await world.prompts.register("support", supportPrompt("Answer with an example."));
  return [v1, v2] as const;
}
