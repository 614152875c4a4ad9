import { clipped } from "../../core/clipped.js";
import type { RecordedError } from "../../core/index.js";
import type { ForeignSpan } from "../foreign/foreign-span.js";
import { count, langgraphOf, metadataOf, text } from "../foreign/values.js";
import type { OtlpSpan } from "./otlp-json.js";

type Kind = ForeignSpan["kind"];

/** `gen_ai.operation.name` of the conventions for generative AI. */
const OPERATIONS: Readonly<Record<string, Kind>> = {
  invoke_workflow: "work",
  invoke_agent: "work",
  plan: "work",
  chat: "model",
  text_completion: "model",
  generate_content: "model",
  execute_tool: "tool",
};
/** `openinference.span.kind`. */
const OPENINFERENCE: Readonly<Record<string, Kind>> = { CHAIN: "work", AGENT: "work", LLM: "model", TOOL: "tool" };
/** `traceloop.span.kind` of OpenLLMetry. */
const OPENLLMETRY: Readonly<Record<string, Kind>> = { workflow: "work", task: "work", agent: "work", tool: "tool" };

/**
 * What LangChain's runnables are made of. OpenLLMetry's instrumentation calls each a workflow and tells of none in which
 * node it ran: they are no runs, and no nodes.
 */
const PIECE = /^Runnable[A-Z]\w*$/;

/** What a span is, by whichever conventions it follows. */
function kindOf({ attributes }: OtlpSpan): Kind {
  if (PIECE.test(String(attributes["traceloop.workflow.name"] ?? ""))) return "other";
  const by = (table: Readonly<Record<string, Kind>>, key: string) => {
    const said = attributes[key];
    return typeof said === "string" && Object.hasOwn(table, said) ? table[said] : undefined;
  };
  return (
    by(OPERATIONS, "gen_ai.operation.name") ??
    by(OPENINFERENCE, "openinference.span.kind") ??
    by(OPENLLMETRY, "traceloop.span.kind") ??
    (attributes["llm.request.type"] !== undefined ? "model" : undefined) ??
    // Our own spans of nodes.
    (typeof attributes["collective_learning.node"] === "string" ? "work" : "other")
  );
}

/** A span in our words; undefined where it has no readable beginning. */
export function foreignSpan(span: OtlpSpan): ForeignSpan | undefined {
  const { attributes, startMs } = span;
  if (startMs === undefined) return undefined;
  const kind = kindOf(span);
  const read: ForeignSpan = {
    id: span.spanId,
    parentId: span.parentSpanId,
    kind,
    name: nameOf(span, kind),
    startedAt: startMs,
    endedAt: span.endMs !== undefined && span.endMs >= startMs ? span.endMs : undefined,
  };
  const error = errorOf(span);
  if (error) read.error = error;
  const langgraph = langgraphIn(attributes);
  if (langgraph) read.langgraph = langgraph;
  const run = {
    workflowId: text(attributes, "collective_learning.workflow_id"),
    threadId:
      text(attributes, "gen_ai.conversation.id", "session.id", "traceloop.association.properties.session_id") ??
      text(metadataOf(attributes.metadata), "thread_id"),
    userId: text(attributes, "user.id", "enduser.id", "traceloop.association.properties.user_id"),
  };
  if (Object.values(run).some((value) => value !== undefined)) read.run = run;
  if (kind === "model") read.model = modelOf(attributes);
  return read;
}

function nameOf({ name, attributes }: OtlpSpan, kind: Kind): string {
  const names =
    kind === "tool"
      ? ["gen_ai.tool.name", "tool.name", "traceloop.entity.name"]
      : [
          "collective_learning.node",
          "gen_ai.agent.name",
          "gen_ai.workflow.name",
          "graph.node.id",
          "traceloop.entity.name",
          "traceloop.workflow.name",
        ];
  // OpenLLMetry adds the kind to the name, as in `plan.task`; others begin with the operation.
  return text(attributes, ...names) ?? (name.replace(/^(invoke_workflow|invoke_agent|execute_tool) /, "") || "unnamed");
}

function modelOf(attributes: Record<string, unknown>): NonNullable<ForeignSpan["model"]> {
  const name = text(attributes, "gen_ai.response.model", "llm.model_name");
  const asked = text(attributes, "gen_ai.request.model", "llm.request.model");
  const tokensIn = count(
    attributes,
    "gen_ai.usage.input_tokens",
    "llm.token_count.prompt",
    "gen_ai.usage.prompt_tokens",
  );
  const tokensOut = count(
    attributes,
    "gen_ai.usage.output_tokens",
    "llm.token_count.completion",
    "gen_ai.usage.completion_tokens",
  );
  const cached = count(
    attributes,
    "gen_ai.usage.cache_read.input_tokens",
    "llm.token_count.prompt_details.cache_read",
    "gen_ai.usage.cache_read_input_tokens",
  );
  return {
    name,
    asked,
    provider: text(attributes, "gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system"),
    tokensIn,
    tokensOut,
    tokensCached: cached,
  };
}

/** LangGraph's metadata: OpenInference keeps them as JSON, OpenLLMetry as properties of their own. */
function langgraphIn(attributes: Record<string, unknown>): ForeignSpan["langgraph"] {
  const kept = metadataOf(attributes.metadata);
  const find = (key: string) => [key, kept[key] ?? attributes[`traceloop.association.properties.${key}`]];
  return langgraphOf(Object.fromEntries(["langgraph_node", "langgraph_step", "langgraph_checkpoint_ns"].map(find)));
}

function errorOf({ failed, attributes }: OtlpSpan): RecordedError | undefined {
  if (!failed) return undefined;
  const name = text(attributes, "error.type") ?? "Error";
  return { name, message: clipped(failed.message, 500) };
}
