import type { Span, Tracer } from "@opentelemetry/api";
import * as api from "@opentelemetry/api";
import { checkArgument } from "../../core/arguments.js";
import type { ModelCall, NodeExecution, RecordedError, ToolCall, Trace } from "../../core/index.js";
import { isAgentGraph } from "../../tracing/record/agent-graph.js";
import { useApi } from "./api.js";
import { markError, modelAttributes, modelSpan, nodeSpan, runSpan, type SpanStart, toolSpan } from "./attributes.js";
import { OURS } from "./conventions.js";

/**
 * Emits a finished Trace as spans with OpenTelemetry's semantic conventions for generative AI, at the times at
 * which things happened: `invoke_workflow` for the run (`invoke_agent` where its graph is an agent), `invoke_agent` for
 * each node that is an agent and `node` for each other below its hosts, `chat` for model calls and `execute_tool` for
 * tools. State is not exported. For spans while the run goes on, see the loop's option `opentelemetry`.
 *
 * @param tracer a tracer of `@opentelemetry/api`
 * @example exportTrace(trace, otel.getTracer("my-app")); // otel: `trace` of @opentelemetry/api
 */
export function exportTrace(trace: Trace, tracer: Tracer): void {
  checkArgument(trace, "trace", { nodes: "list" }, "CONFIG_INVALID");
  checkArgument(tracer, "tracer", { startSpan: "function" }, "CONFIG_INVALID");
  useApi(api);
  const hosts = hostedNames(trace.nodes);
  const isAgent = (path: readonly string[]) => isAgentGraph(hosts.get(path.join("|")) ?? []);
  const agent = isAgent([]) ? trace.workflowType : undefined;
  const begun = runSpan({ ...trace, agent });
  const root = tracer.startSpan(begun.name, {
    ...begun,
    startTime: new Date(trace.startedAt),
    attributes: { ...begun.attributes, [OURS.workflowId]: trace.workflowId, [OURS.status]: trace.status },
  });
  const under = (parent: Span, { name, ...begin }: SpanStart, startedAt: string) =>
    tracer.startSpan(
      name,
      { ...begin, startTime: new Date(startedAt) },
      api.trace.setSpan(api.context.active(), parent),
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
      nodeSpan(node, isAgent([...node.path, node.name])),
      node.startedAt,
    );
    span.setAttribute(OURS.status, node.status);
    if (node.inferred) span.setAttribute(OURS.inferred, true);
    const made = { node, span };
    nodes.push(made);
    const own = byTask.get(node.taskId);
    if (own) own.push(made);
    else byTask.set(node.taskId, [made]);
  }
  for (const call of trace.modelCalls) {
    const host = callerOf(call, ofTask(call.taskId));
    const span = under(host ?? root, modelSpan(call), call.startedAt);
    span.setAttributes(modelAttributes(call));
    close(span, call.startedAt, call.durationMs, call.error);
  }
  for (const call of trace.toolCalls) {
    const host = callerOf(call, ofTask(call.taskId));
    const span = under(host ?? root, toolSpan(call), call.startedAt);
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

function close(span: Span, startedAt: string, durationMs: number, error: RecordedError | undefined): void {
  markError(span, error);
  span.end(new Date(Date.parse(startedAt) + durationMs));
}

/** The names of the nodes seen below each path. */
function hostedNames(nodes: readonly NodeExecution[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const { path, name } of nodes) {
    const key = path.join("|");
    const known = names.get(key);
    if (known) known.push(name);
    else names.set(key, [name]);
  }
  return names;
}
