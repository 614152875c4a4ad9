import {
  type Attributes,
  context,
  trace as otel,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
} from "@opentelemetry/api";
import type { ModelCall, NodeExecution, RecordedError, ToolCall, Trace } from "../core/index.js";

/**
 * Emits a finished Trace as spans with OpenTelemetry's semantic conventions for generative AI, at the times at
 * which things happened: `invoke_workflow` for the run, `invoke_agent` for each node execution below its hosts,
 * `chat` for model calls and `execute_tool` for tools. State is not exported.
 *
 * @param tracer a tracer of `@opentelemetry/api`, as from `trace.getTracer("my-app")`
 */
export function exportTrace(trace: Trace, tracer: Tracer): void {
  const root = tracer.startSpan(`invoke_workflow ${trace.workflowType}`, {
    kind: SpanKind.INTERNAL,
    startTime: new Date(trace.startedAt),
    attributes: {
      "gen_ai.operation.name": "invoke_workflow",
      // Newer versions of the conventions name the workflow like an agent.
      "gen_ai.workflow.name": trace.workflowType,
      "gen_ai.agent.name": trace.workflowType,
      ...(trace.threadId === undefined ? {} : { "gen_ai.conversation.id": trace.threadId }),
      "collective_learning.workflow_id": trace.workflowId,
      "collective_learning.status": trace.status,
    },
  });
  const under = (parent: Span, name: string, kind: SpanKind, startedAt: string, attributes: Attributes) =>
    tracer.startSpan(
      name,
      { kind, startTime: new Date(startedAt), attributes },
      otel.setSpan(context.active(), parent),
    );

  const nodes: NodeSpan[] = [];
  const byTask = new Map<string, NodeSpan[]>();
  /** Of several executions of one name at once those of a task, where the record says which. */
  const ofTask = (taskId = "") => byTask.get(taskId) ?? nodes;
  // Hosts begin before what they host, so that every parent is there when its children come.
  const ordered = [...trace.nodes].sort(
    (a, b) => a.path.length - b.path.length || Date.parse(a.startedAt) - Date.parse(b.startedAt),
  );
  for (const node of ordered) {
    const span = under(
      hostOf(node.path, node.startedAt, ofTask(node.hostTaskId)) ?? root,
      `invoke_agent ${node.name}`,
      SpanKind.INTERNAL,
      node.startedAt,
      {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": node.name,
        "collective_learning.step": node.step,
        "collective_learning.attempt": node.attempt,
        "collective_learning.status": node.status,
      },
    );
    const made = { node, span };
    nodes.push(made);
    const own = byTask.get(node.taskId);
    if (own) own.push(made);
    else byTask.set(node.taskId, [made]);
  }
  for (const call of trace.modelCalls) {
    const host = callerOf(call, ofTask(call.taskId));
    const span = under(
      host ?? root,
      `chat ${call.model ?? ""}`.trim(),
      SpanKind.CLIENT,
      call.startedAt,
      modelAttributes(call),
    );
    close(span, call.startedAt, call.durationMs, call.error);
  }
  for (const call of trace.toolCalls) {
    const host = callerOf(call, ofTask(call.taskId));
    const attributes = { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": call.name };
    const span = under(host ?? root, `execute_tool ${call.name}`, SpanKind.INTERNAL, call.startedAt, attributes);
    close(span, call.startedAt, call.durationMs, call.error);
  }
  for (const { node, span } of nodes.reverse()) close(span, node.startedAt, node.durationMs, node.error);
  const ends = [trace.durationMs + Date.parse(trace.startedAt), ...trace.nodes.map(endOf)];
  close(root, trace.startedAt, Math.max(...ends) - Date.parse(trace.startedAt), trace.error);
}

function endOf(node: NodeExecution): number {
  return Date.parse(node.startedAt) + node.durationMs;
}

interface NodeSpan {
  node: NodeExecution;
  span: Span;
}

/** The execution that made a call. */
function callerOf({ node, path, startedAt }: ModelCall | ToolCall, nodes: readonly NodeSpan[]): Span | undefined {
  return hostOf(node === undefined ? path : [...path, node], startedAt, nodes);
}

/** The last execution of the innermost hosting node that had begun by then. */
function hostOf(path: readonly string[], at: string, nodes: readonly NodeSpan[]): Span | undefined {
  if (path.length === 0) return undefined;
  const name = path.at(-1);
  const place = path.slice(0, -1).join("|");
  const fits = ({ node }: NodeSpan) =>
    node.name === name && node.path.join("|") === place && Date.parse(node.startedAt) <= Date.parse(at);
  return nodes.findLast(fits)?.span;
}

/** Providers as the conventions spell them, by LangChain's names. */
const PROVIDERS: Readonly<Record<string, string>> = {
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

function modelAttributes(call: ModelCall): Attributes {
  const attributes: Attributes = { "gen_ai.operation.name": "chat" };
  const { tokensIn, tokensOut, tokensCached } = call;
  // Records of 0.1.0 say 0 where nothing was known.
  if (tokensIn !== 0 || tokensOut !== 0) {
    if (tokensIn !== undefined) attributes["gen_ai.usage.input_tokens"] = tokensIn;
    if (tokensOut !== undefined) attributes["gen_ai.usage.output_tokens"] = tokensOut;
    if (tokensCached !== undefined) attributes["gen_ai.usage.cache_read.input_tokens"] = tokensCached;
  }
  if (call.provider !== undefined) attributes["gen_ai.provider.name"] = PROVIDERS[call.provider] ?? call.provider;
  const asked = call.modelAsked ?? call.model;
  if (asked !== undefined) attributes["gen_ai.request.model"] = asked;
  if (call.model !== undefined) attributes["gen_ai.response.model"] = call.model;
  if (call.timeToFirstTokenMs !== undefined)
    attributes["gen_ai.response.time_to_first_chunk"] = call.timeToFirstTokenMs / 1000;
  if (call.costUsd !== undefined) attributes["collective_learning.cost_usd"] = call.costUsd;
  return attributes;
}

function close(span: Span, startedAt: string, durationMs: number, error: RecordedError | undefined): void {
  if (error) {
    span.setAttribute("error.type", error.code ?? error.name);
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  }
  span.end(new Date(Date.parse(startedAt) + durationMs));
}
