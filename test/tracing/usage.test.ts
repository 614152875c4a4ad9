import { InMemoryCache } from "@langchain/core/caches";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage, AIMessageChunk } from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";
import * as lib from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { spentOf } from "../../src/dashboard/data/spent-of.js";
import { spentBy, successMetrics } from "../../src/dataset/index.js";
import { composeReward } from "../../src/dataset/reward.js";
import { costOf, DEFAULT_PRICES } from "../../src/tracing/record/prices.js";
import { usageOf } from "../../src/tracing/record/usage.js";
import { stateOf } from "./battery/case.js";
import { tracing } from "./support.js";

/** What a model answered, in the words of a provider's adapter. */
interface Shape {
  asked: string;
  usage_metadata?: object;
  response_metadata?: object;
  llmOutput?: object;
  expected: {
    model: string;
    in?: number;
    out?: number;
    cached?: number;
    written?: number;
    /** Computed by hand from the list prices, US dollars. */
    cost?: number;
  };
}

const details = (cache_read: number, cache_creation?: number) => ({
  input_token_details: { cache_read, ...(cache_creation !== undefined && { cache_creation }) },
});

const shapes: Record<string, Shape> = {
  OpenAI: {
    asked: "gpt-4o",
    usage_metadata: { input_tokens: 1000, output_tokens: 100, total_tokens: 1100, ...details(400) },
    response_metadata: { model_name: "gpt-4o-2024-08-06" },
    // 600 x 2.5 + 400 x 1.25 + 100 x 10
    expected: { model: "gpt-4o-2024-08-06", in: 1000, out: 100, cached: 400, cost: 0.003 },
  },
  "OpenAI, reasoning (within the output)": {
    asked: "o3",
    usage_metadata: {
      input_tokens: 100,
      output_tokens: 900,
      total_tokens: 1000,
      output_token_details: { reasoning: 800 },
    },
    // 100 x 2 + 900 x 8
    expected: { model: "o3", in: 100, out: 900, cost: 0.0074 },
  },
  "OpenAI, streamed from a gateway without usage": { asked: "gpt-4o", expected: { model: "gpt-4o" } },
  "OpenAI, streamed with zeros": {
    asked: "gpt-4o",
    usage_metadata: { input_tokens: 0, output_tokens: 0, total_tokens: 0 },
    expected: { model: "gpt-4o" },
  },
  "OpenAI, older adapter": {
    asked: "gpt-4o",
    llmOutput: { tokenUsage: { promptTokens: 1000, completionTokens: 100, totalTokens: 1100 } },
    // 1000 x 2.5 + 100 x 10
    expected: { model: "gpt-4o", in: 1000, out: 100, cost: 0.0035 },
  },
  "OpenAI, older adapter, streamed": {
    asked: "gpt-4o",
    llmOutput: {
      tokenUsage: {},
      estimatedTokenUsage: { promptTokens: 1000, completionTokens: 100, totalTokens: 1100 },
    },
    expected: { model: "gpt-4o", in: 1000, out: 100, cost: 0.0035 },
  },
  "Azure: the deployment is asked, the model answers": {
    asked: "my-deployment",
    usage_metadata: { input_tokens: 1000, output_tokens: 100, total_tokens: 1100 },
    response_metadata: { model_name: "gpt-4o-mini-2024-07-18" },
    // 1000 x 0.15 + 100 x 0.6
    expected: { model: "gpt-4o-mini-2024-07-18", in: 1000, out: 100, cost: 0.00021 },
  },
  OpenRouter: {
    asked: "openrouter/auto",
    usage_metadata: { input_tokens: 1000, output_tokens: 100, total_tokens: 1100 },
    response_metadata: { model_name: "openai/gpt-4.1-mini" },
    // 1000 x 0.4 + 100 x 1.6
    expected: { model: "openai/gpt-4.1-mini", in: 1000, out: 100, cost: 0.00056 },
  },
  "a model without a price": {
    asked: "gpt-4o",
    usage_metadata: { input_tokens: 1000, output_tokens: 100, total_tokens: 1100 },
    response_metadata: { model_name: "somebody/own-model" },
    expected: { model: "somebody/own-model", in: 1000, out: 100 },
  },
  "Anthropic, cached tokens beside the input (1.0)": {
    asked: "claude-sonnet-4-5",
    usage_metadata: { input_tokens: 19, output_tokens: 10, total_tokens: 29, ...details(38_000, 1000) },
    // 19 x 3 + 38000 x 0.3 + 1000 x 3.75 + 10 x 15
    expected: { model: "claude-sonnet-4-5", in: 39_019, out: 10, cached: 38_000, written: 1000, cost: 0.015357 },
  },
  "Anthropic, fewer cached than read, beside": {
    asked: "claude-sonnet-4-5",
    usage_metadata: { input_tokens: 5000, output_tokens: 10, total_tokens: 5010, ...details(3000) },
    response_metadata: {
      model_name: "claude-sonnet-4-5-20250929",
      usage: { input_tokens: 5000, cache_read_input_tokens: 3000, cache_creation_input_tokens: 0, output_tokens: 10 },
    },
    // 5000 x 3 + 3000 x 0.3 + 10 x 15
    expected: { model: "claude-sonnet-4-5-20250929", in: 8000, out: 10, cached: 3000, cost: 0.01605 },
  },
  "Anthropic, cached tokens within the input (later)": {
    asked: "claude-sonnet-4-5",
    usage_metadata: { input_tokens: 8000, output_tokens: 10, total_tokens: 8010, ...details(3000, 0) },
    response_metadata: {
      usage: { input_tokens: 5000, cache_read_input_tokens: 3000, cache_creation_input_tokens: 0, output_tokens: 10 },
    },
    expected: { model: "claude-sonnet-4-5", in: 8000, out: 10, cached: 3000, written: 0, cost: 0.01605 },
  },
  "Bedrock, Converse": {
    asked: "us.anthropic.claude-sonnet-4-20250514-v1:0",
    usage_metadata: { input_tokens: 100, output_tokens: 10, total_tokens: 2110, ...details(2000) },
    // 100 x 3 + 2000 x 0.3 + 10 x 15
    expected: {
      model: "us.anthropic.claude-sonnet-4-20250514-v1:0",
      in: 2100,
      out: 10,
      cached: 2000,
      cost: 0.00105,
    },
  },
  "Bedrock, older adapter": {
    asked: "anthropic.claude-sonnet-4-20250514-v1:0",
    response_metadata: { usage: { inputTokens: 100, outputTokens: 10, totalTokens: 110 } },
    expected: { model: "anthropic.claude-sonnet-4-20250514-v1:0", in: 100, out: 10, cost: 0.00045 },
  },
  "Gemini, thoughts outside the output": {
    asked: "gemini-2.5-flash",
    usage_metadata: { input_tokens: 100, output_tokens: 10, total_tokens: 610 },
    // 100 x 0.3 + 510 x 2.5
    expected: { model: "gemini-2.5-flash", in: 100, out: 510, cost: 0.001305 },
  },
  "Gemini, in its own words": {
    asked: "gemini-2.5-flash",
    llmOutput: {
      usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 10, thoughtsTokenCount: 500, totalTokenCount: 610 },
    },
    expected: { model: "gemini-2.5-flash", in: 100, out: 510, cost: 0.001305 },
  },
  "Gemini, cut off while it thought": {
    asked: "gemini-2.5-flash",
    response_metadata: { usageMetadata: { promptTokenCount: 100, thoughtsTokenCount: 500, totalTokenCount: 600 } },
    // 100 x 0.3 + 500 x 2.5
    expected: { model: "gemini-2.5-flash", in: 100, out: 500, cost: 0.00128 },
  },
  "Gemini, with what its own tools found": {
    asked: "gemini-2.5-flash",
    response_metadata: {
      usageMetadata: {
        promptTokenCount: 100,
        toolUsePromptTokenCount: 2000,
        candidatesTokenCount: 10,
        thoughtsTokenCount: 500,
        totalTokenCount: 2610,
      },
    },
    // 2100 x 0.3 + 510 x 2.5
    expected: { model: "gemini-2.5-flash", in: 2100, out: 510, cost: 0.001905 },
  },
  "OpenAI's Responses, in its own words": {
    asked: "gpt-5",
    response_metadata: {
      usage: {
        input_tokens: 1000,
        input_tokens_details: { cached_tokens: 400 },
        output_tokens: 500,
        output_tokens_details: { reasoning_tokens: 300 },
        total_tokens: 1500,
      },
    },
    // 600 x 1.25 + 400 x 0.125 + 500 x 10
    expected: { model: "gpt-5", in: 1000, out: 500, cached: 400, cost: 0.0058 },
  },
  "Anthropic, all that was read from the cache": {
    asked: "claude-sonnet-4-5",
    usage_metadata: { input_tokens: 0, output_tokens: 10, total_tokens: 10, ...details(900, 100) },
    // 900 x 0.3 + 100 x 3.75 + 10 x 15
    expected: { model: "claude-sonnet-4-5", in: 1000, out: 10, cached: 900, written: 100, cost: 0.000795 },
  },
  "DeepSeek, in its own words": {
    asked: "deepseek-chat",
    llmOutput: { usage: { prompt_tokens: 100, completion_tokens: 10, prompt_cache_hit_tokens: 60, total_tokens: 110 } },
    expected: { model: "deepseek-chat", in: 100, out: 10, cached: 60 },
  },
  Ollama: {
    asked: "llama3",
    response_metadata: { model: "llama3:8b", prompt_eval_count: 26, eval_count: 5 },
    expected: { model: "llama3:8b", in: 26, out: 5 },
  },
  "only what was written is known": {
    asked: "gpt-4o",
    usage_metadata: { output_tokens: 7 },
    expected: { model: "gpt-4o", out: 7 },
  },
};

/** Answers as the shape says, at once or in a stream. */
class Provider extends BaseChatModel {
  constructor(
    private readonly shape: Shape,
    private readonly streams: boolean,
  ) {
    super({ maxRetries: 0 });
  }
  _llmType() {
    return "provider";
  }
  override getLsParams() {
    return { ls_provider: "p", ls_model_type: "chat" as const, ls_model_name: this.shape.asked };
  }
  private fields() {
    const { usage_metadata, response_metadata } = this.shape;
    return { ...(usage_metadata && { usage_metadata }), ...(response_metadata && { response_metadata }) };
  }
  async _generate(): Promise<ChatResult> {
    const message = new AIMessage({ content: "hi", ...this.fields() } as never);
    return { generations: [{ text: "hi", message }], llmOutput: this.shape.llmOutput ?? {} };
  }
  override async *_streamResponseChunks() {
    yield new ChatGenerationChunk({ text: "h", message: new AIMessageChunk({ content: "h" }) });
    yield new ChatGenerationChunk({
      text: "i",
      message: new AIMessageChunk({ content: "i", ...this.fields() } as never),
    });
  }
  async consume() {
    if (!this.streams) return void (await this.invoke("q"));
    for await (const _ of await this.stream("q"));
  }
}

async function callOf(shape: Shape, streams: boolean) {
  const { tracer, trace } = tracing();
  const graph = new lib.StateGraph(stateOf(lib))
    .addNode("node", async () => {
      await new Provider(shape, streams).consume();
      return {};
    })
    .addEdge(lib.START, "node")
    .compile();
  await tracer.wrap(graph, { workflowType: "t" }).invoke({ n: 0 });
  return trace();
}

describe.each(Object.entries(shapes))("%s", (_, shape) => {
  // What stands beside the message is not told of a stream.
  it.each(shape.llmOutput ? [false] : [false, true])(
    "is counted once, and priced as the model that answered (streamed: %s)",
    async (streams) => {
      const trace = await callOf(shape, streams);
      const { model, tokensIn, tokensOut, tokensCached, tokensCacheWrite, costUsd, modelAsked } = trace.modelCalls[0]!;
      const { expected } = shape;
      expect({ model, tokensIn, tokensOut, tokensCached }).toEqual({
        model: expected.model,
        tokensIn: expected.in,
        tokensOut: expected.out,
        tokensCached: expected.cached,
      });
      expect(tokensCacheWrite ?? 0).toBe(expected.written ?? 0);
      if (expected.cost === undefined) expect(costUsd).toBeUndefined();
      else expect(costUsd).toBeCloseTo(expected.cost, 12);
      expect(modelAsked).toBe(expected.model === shape.asked ? undefined : shape.asked);
    },
  );
});

it("what is unknown stays so: in figures and in the reward", async () => {
  const known = await callOf(shapes["OpenAI"]!, false);
  const unknown = await callOf(shapes["OpenAI, streamed from a gateway without usage"]!, true);
  expect(successMetrics(known)).toMatchObject({ tokensIn: 1000, tokensOut: 100, costUsd: 0.003 });
  expect(successMetrics(unknown)).toMatchObject({ tokensIn: undefined, tokensOut: undefined, costUsd: undefined });
  const weights = { success: 1, cost: 1 };
  expect(composeReward({ feedback: [], trace: known, weights }).parts.cost).toBeGreaterThan(0);
  expect(composeReward({ feedback: [], trace: unknown, weights }).parts.cost).toBeUndefined();
  // Records of 0.1.0 say 0 where nothing was known.
  const old = { ...unknown.modelCalls[0]!, tokensIn: 0, tokensOut: 0, tokensCached: 0, costUsd: 0 };
  expect(spentBy([...known.modelCalls, old])).toEqual({
    tokensIn: undefined,
    tokensOut: undefined,
    tokensCached: undefined,
    costUsd: undefined,
  });
  expect(spentBy([])).toEqual({ tokensIn: 0, tokensOut: 0, tokensCached: 0, costUsd: 0 });
});

it("an answer of LangChain's own cache took nothing, whatever the first one did", async () => {
  for (const capture of ["tap", "callbacks"] as const) {
    const { tracer, trace } = tracing({ capture });
    const usage = { promptTokens: 1000, completionTokens: 100, totalTokens: 1100 };
    const model = new Provider(
      { asked: "gpt-4o", response_metadata: { tokenUsage: usage }, expected: { model: "gpt-4o" } },
      false,
    );
    model.cache = new InMemoryCache();
    const graph = new lib.StateGraph(stateOf(lib))
      .addNode("node", async () => {
        await model.invoke("q");
        await model.invoke("q");
        return {};
      })
      .addEdge(lib.START, "node")
      .compile();
    await tracer.wrap(graph, { workflowType: "t" }).invoke({ n: 0 });
    const { modelCalls } = await trace();
    expect(modelCalls.map((c) => [c.fromCache, c.tokensIn, c.costUsd])).toEqual([
      [undefined, 1000, 0.0035],
      [true, 0, 0],
    ]);
    expect(spentBy(modelCalls)).toMatchObject({ tokensIn: 1000, tokensOut: 100, costUsd: 0.0035 });
  }
});

it("the dashboard shows no sum of which a part is unknown", async () => {
  const known = (await callOf(shapes.OpenAI!, false)).modelCalls;
  const unknown = (await callOf(shapes["OpenAI, streamed from a gateway without usage"]!, true)).modelCalls;
  expect(spentOf(known)).toEqual({ costUsd: 0.003, tokens: 1100 });
  expect(spentOf([...known, ...unknown])).toEqual({});
  expect(spentOf([])).toEqual({});
});

it("nothing is made up of answers in no known shape", () => {
  const unknown = { tokensIn: undefined, tokensOut: undefined, tokensCached: undefined, tokensCacheWrite: undefined };
  for (const output of [
    undefined,
    null,
    1,
    {},
    { generations: [] },
    { generations: [[{ message: { usage_metadata: { input_tokens: "3" } } }]] },
    {
      generations: [
        [{ message: { usage_metadata: { input_tokens: Number.POSITIVE_INFINITY, output_tokens: 1e300 } } }],
      ],
    },
  ])
    expect(usageOf(output)).toEqual({ usage: unknown, model: undefined });
  expect(costOf(DEFAULT_PRICES, "gpt-4o", {})).toBeUndefined();
  expect(costOf(DEFAULT_PRICES, "gpt-4o", { tokensIn: 1 })).toBeUndefined();
});
