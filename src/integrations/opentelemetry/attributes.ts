import type { Attributes, Span, SpanKind } from "@opentelemetry/api";
import type { Decision, ModelCall, NodeExecution, RecordedError, ToolCall } from "../../core/index.js";
import { otelApi } from "./api.js";
import { GEN_AI, OURS, PROVIDERS } from "./conventions.js";

/** How a span begins. */
export interface SpanStart {
  name: string;
  kind: SpanKind;
  attributes: Attributes;
}

/** The span of a run: an agent's where the graph is one. */
export function runSpan(run: { workflowType: string; agent?: string; threadId?: string }): SpanStart {
  const { agent, workflowType } = run;
  const operation = agent === undefined ? "invoke_workflow" : "invoke_agent";
  const attributes: Attributes = {
    [GEN_AI.operation]: operation,
    [agent === undefined ? GEN_AI.workflow : GEN_AI.agent]: agent ?? workflowType,
  };
  if (run.threadId !== undefined) attributes[GEN_AI.conversation] = run.threadId;
  return { name: `${operation} ${agent ?? workflowType}`, kind: otelApi().SpanKind.INTERNAL, attributes };
}

/** The span of a node: the conventions know agents, and leave plain nodes to others. */
export function nodeSpan(node: Pick<NodeExecution, "name" | "step" | "attempt">, isAgent: boolean): SpanStart {
  const attributes: Attributes = { [OURS.node]: node.name, [OURS.step]: node.step, [OURS.attempt]: node.attempt };
  const agent = isAgent ? agentSpan(node.name) : undefined;
  return {
    name: agent?.name ?? `node ${node.name}`,
    kind: otelApi().SpanKind.INTERNAL,
    attributes: { ...attributes, ...agent?.attributes },
  };
}

/** What makes the span of a node an agent's. */
export function agentSpan(name: string): { name: string; attributes: Attributes } {
  return {
    name: `invoke_agent ${name}`,
    attributes: { [GEN_AI.operation]: "invoke_agent", [GEN_AI.agent]: name },
  };
}

type Model = Omit<ModelCall, "startedAt">;

/** The span of a model call; what is known when it is over is {@link modelAttributes}. */
export function modelSpan(call: Model): SpanStart {
  const { provider } = call;
  const asked = call.modelAsked ?? call.model;
  const attributes: Attributes = { [GEN_AI.operation]: "chat" };
  if (provider !== undefined)
    attributes[GEN_AI.provider] = Object.hasOwn(PROVIDERS, provider) ? PROVIDERS[provider] : provider;
  if (asked !== undefined) attributes[GEN_AI.requestModel] = asked;
  return { name: `chat ${asked ?? ""}`.trim(), kind: otelApi().SpanKind.CLIENT, attributes };
}

export function modelAttributes(call: Model): Attributes {
  const attributes: Attributes = {};
  const { tokensIn, tokensOut, tokensCached, tokensCacheWrite } = call;
  // Records of 0.1.0 say 0 where nothing was known.
  if (tokensIn !== 0 || tokensOut !== 0) {
    if (tokensIn !== undefined) attributes[GEN_AI.tokensIn] = tokensIn;
    if (tokensOut !== undefined) attributes[GEN_AI.tokensOut] = tokensOut;
    if (tokensCached !== undefined) attributes[GEN_AI.tokensCacheRead] = tokensCached;
    if (tokensCacheWrite !== undefined) attributes[GEN_AI.tokensCacheWrite] = tokensCacheWrite;
  }
  if (call.model !== undefined) attributes[GEN_AI.responseModel] = call.model;
  if (call.timeToFirstTokenMs !== undefined) attributes[GEN_AI.firstChunk] = call.timeToFirstTokenMs / 1000;
  if (call.costUsd !== undefined) attributes[OURS.costUsd] = call.costUsd;
  if (call.unfinished) attributes[OURS.unfinished] = true;
  return attributes;
}

export function toolSpan(call: Pick<ToolCall, "name">): SpanStart {
  const attributes = { [GEN_AI.operation]: "execute_tool", [GEN_AI.tool]: call.name };
  return { name: `execute_tool ${call.name}`, kind: otelApi().SpanKind.INTERNAL, attributes };
}

/** A choice as an event says it: not what it was based on. */
export function decisionAttributes(decision: Decision): Attributes {
  const attributes: Attributes = {
    [OURS.decisionId]: decision.decisionId,
    [OURS.point]: decision.decisionPoint,
    [OURS.chosen]: decision.chosen,
    [OURS.mode]: decision.mode,
    [OURS.source]: decision.source,
  };
  if (decision.propensity !== undefined) attributes[OURS.propensity] = decision.propensity;
  if (decision.policyVersion !== undefined) attributes[OURS.version] = decision.policyVersion;
  if (decision.fallbackReason !== undefined) attributes[OURS.fallbackReason] = decision.fallbackReason;
  return attributes;
}

/** What makes a span a failed one. */
export function markError(span: Span, error: RecordedError | undefined): void {
  if (!error) return;
  span.setAttribute(GEN_AI.errorType, errorTypeOf(error));
  span.setStatus({ code: otelApi().SpanStatusCode.ERROR, message: error.message });
}

export function errorTypeOf(error: RecordedError): string {
  return error.code ?? error.name;
}
