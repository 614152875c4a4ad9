/**
 * What OpenTelemetry's conventions for generative AI call things, as read on 2026-11-28 from model/gen-ai of
 * open-telemetry/semantic-conventions-genai (spans at 002c8a6, metrics at 0049027, events at 0387091). All of it is
 * "in development" there: what they change is changed here, and nowhere else.
 */
export const GEN_AI = {
  operation: "gen_ai.operation.name",
  provider: "gen_ai.provider.name",
  workflow: "gen_ai.workflow.name",
  agent: "gen_ai.agent.name",
  conversation: "gen_ai.conversation.id",
  requestModel: "gen_ai.request.model",
  responseModel: "gen_ai.response.model",
  finishReasons: "gen_ai.response.finish_reasons",
  firstChunk: "gen_ai.response.time_to_first_chunk",
  tokensIn: "gen_ai.usage.input_tokens",
  tokensOut: "gen_ai.usage.output_tokens",
  tokensCacheRead: "gen_ai.usage.cache_read.input_tokens",
  tokensCacheWrite: "gen_ai.usage.cache_creation.input_tokens",
  tool: "gen_ai.tool.name",
  toolCallId: "gen_ai.tool.call.id",
  tokenType: "gen_ai.token.type",
  // Opt-in: content.
  messagesIn: "gen_ai.input.messages",
  messagesOut: "gen_ai.output.messages",
  toolArguments: "gen_ai.tool.call.arguments",
  toolResult: "gen_ai.tool.call.result",
  evaluation: "gen_ai.evaluation.name",
  scoreValue: "gen_ai.evaluation.score.value",
  scoreLabel: "gen_ai.evaluation.score.label",
  explanation: "gen_ai.evaluation.explanation",
  errorType: "error.type",
} as const;

/** The log event of a judgement. */
export const EVALUATION_EVENT = "gen_ai.evaluation.result";

/** Seconds and tokens in which the conventions' histograms are divided. */
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKENS = Array.from({ length: 14 }, (_, i) => 4 ** i);

/** The histograms told. */
export const METRICS = {
  tokens: { name: "gen_ai.client.token.usage", unit: "{token}", buckets: TOKENS },
  chat: { name: "gen_ai.client.operation.duration", unit: "s", buckets: SECONDS },
  firstChunk: { name: "gen_ai.client.operation.time_to_first_chunk", unit: "s", buckets: SECONDS },
  tool: { name: "gen_ai.execute_tool.duration", unit: "s", buckets: SECONDS },
  agent: { name: "gen_ai.invoke_agent.duration", unit: "s", buckets: SECONDS },
  workflow: { name: "gen_ai.workflow.duration", unit: "s", buckets: SECONDS },
} as const;

/** Providers as the conventions spell them, by LangChain's names. */
export const PROVIDERS: Readonly<Record<string, string>> = {
  amazon_bedrock: "aws.bedrock",
  bedrock: "aws.bedrock",
  azure: "azure.ai.openai",
  azure_openai: "azure.ai.openai",
  google_genai: "gcp.gemini",
  "google-genai": "gcp.gemini",
  google_vertexai: "gcp.vertex_ai",
  "google-vertexai": "gcp.vertex_ai",
  ibm: "ibm.watsonx.ai",
  mistral: "mistral_ai",
  mistralai: "mistral_ai",
  xai: "x_ai",
};

/** What the conventions have no name for. */
export const OURS = {
  workflowId: "collective_learning.workflow_id",
  status: "collective_learning.status",
  node: "collective_learning.node",
  step: "collective_learning.step",
  attempt: "collective_learning.attempt",
  inferred: "collective_learning.inferred",
  costUsd: "collective_learning.cost_usd",
  unfinished: "collective_learning.unfinished",
  decision: "collective_learning.decision",
  decisionId: "collective_learning.decision.id",
  point: "collective_learning.decision.point",
  chosen: "collective_learning.decision.destination",
  propensity: "collective_learning.decision.probability",
  mode: "collective_learning.decision.mode",
  source: "collective_learning.decision.source",
  version: "collective_learning.decision.policy_version",
  fallbackReason: "collective_learning.decision.fallback_reason",
  judgedBy: "collective_learning.feedback.source",
  feedbackId: "collective_learning.feedback.id",
} as const;
