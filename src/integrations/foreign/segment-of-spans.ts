import { type EdgeTaken, isoTime, type NodeExecution, type TraceSegment } from "../../core/index.js";
import { START } from "../../tracing/internals.js";
import { interactionsOf } from "../../tracing/record/interactions.js";
import { costOf, DEFAULT_PRICES, type PriceTable } from "../../tracing/record/prices.js";
import { edgesBetween, stepsOf } from "./edges.js";
import type { ForeignSpan } from "./foreign-span.js";
import { type SpanTree, treeOf } from "./tree.js";

/** Nodes of graphs within graphs are told so deep; deeper ones are left out, as each holds its whole path. */
const DEEPEST_NODES = 100;

/** How a trace of another tool is read. */
export interface ForeignTrace {
  traceId: string;
  /** The run's id where it tells none of its own. */
  id: string;
  spans: readonly ForeignSpan[];
  workflowType: string;
  /** Begins the segment's id, so that a trace imported again is known. */
  prefix: string;
  /** What is known to be missing. */
  gaps?: readonly string[];
  prices?: PriceTable;
}

/**
 * A run's segment of the spans of one trace: its outermost work is the run, work below it are nodes, below these their
 * subgraphs' nodes. Which edge led from node to node is not told by spans: edges are inferred from what followed what.
 * @returns undefined where no span is work, or a model or tool call
 */
export function segmentOfSpans(trace: ForeignTrace): TraceSegment | undefined {
  const tree = treeOf(trace.spans);
  const roots = trace.spans.filter((span) => span.kind !== "other" && !tree.above(span));
  const first = [...roots].sort((a, b) => a.startedAt - b.startedAt)[0];
  if (!first) return undefined;
  const isWhole = roots.length === 1 && first.kind === "work";
  const gaps = new Set(trace.gaps);
  if (!isWhole) gaps.add(`${roots.length} spans stand side by side: what holds them together was not recorded`);
  const inside = trace.spans.filter((span) => span.kind !== "other" && !(isWhole && span === first));
  const { nodes, tooDeep } = nodesOf(inside, tree, isWhole ? first : undefined);
  if (tooDeep > 0) gaps.add(`${tooDeep} nodes lie below more than ${DEEPEST_NODES} others, and were left out`);
  // An agent that calls its model and tools itself is a run of one node.
  if (nodes.length === 0) nodes.push({ span: first, path: [], name: first.name });
  const steps = stepsOf(nodes.map((n) => ({ ...n.span, place: placeOf(n) })));
  const records = nodes.map((node): NodeExecution => {
    const { span, path, name } = node;
    const record: NodeExecution = {
      name,
      path,
      step: steps.get(span.id) ?? 1,
      taskId: span.langgraph?.taskId ?? span.id,
      attempt: 1,
      startedAt: isoTime(Math.round(span.startedAt)),
      durationMs: durationOf(span),
      status: span.error ? "error" : span.endedAt === undefined ? "cancelled" : "success",
    };
    if (node.host) record.hostTaskId = node.host.langgraph?.taskId ?? node.host.id;
    if (span.error) record.error = span.error;
    return record;
  });
  const edges: EdgeTaken[] = edgesBetween(records);
  if (edges.length > 0) gaps.add("edges are inferred from the order of nodes: spans do not tell them");
  if (trace.spans.some((s) => s.kind !== "other" && s.endedAt === undefined)) gaps.add("some spans tell no end");
  const byId = new Map(nodes.map((node) => [node.span.id, node]));
  const hostOf = tree.search((above) => byId.has(above.id));
  const callPlace = (span: ForeignSpan) => {
    const host = hostOf(span) ?? (nodes[0]?.span === first ? first : undefined);
    const node = host && byId.get(host.id);
    return node ? { node: node.name, path: node.path, taskId: host.langgraph?.taskId ?? host.id } : { path: [] };
  };
  const left = trace.spans.filter((span) => span.kind === "other" && tree.above(span)).length;
  if (left > 0) gaps.add(`${left} spans are of no kind that is known here, and were left out`);
  const known = run(trace.spans, first, tree);
  const failed = isWhole && first.error !== undefined;
  const end = inside.reduce((latest, s) => Math.max(latest, endOf(s)), endOf(first));
  const segment: TraceSegment = {
    schemaVersion: 1,
    workflowId: known.workflowId ?? trace.id,
    segmentId: `${trace.prefix}-${trace.traceId}-${first.id}`,
    workflowType: trace.workflowType,
    tags: [],
    metadata: {},
    startedAt: isoTime(Math.round(first.startedAt)),
    durationMs: isWhole ? durationOf(first) : end - first.startedAt,
    status: failed ? "error" : isWhole && first.endedAt === undefined ? "cancelled" : "success",
    capture: "callbacks",
    resumed: false,
    keepProbability: 1,
    nodes: records,
    edges,
    modelCalls: inside.flatMap((span) =>
      span.kind === "model" ? [modelCall(span, callPlace(span), trace.prices)] : [],
    ),
    toolCalls: inside.flatMap((span) =>
      span.kind === "tool" ? [{ ...callPlace(span), name: span.name, ...timed(span) }] : [],
    ),
    interactions: interactionsOf(edges),
    gaps: [...gaps],
  };
  if (known.threadId !== undefined) segment.threadId = known.threadId;
  if (known.userId !== undefined) segment.userId = known.userId;
  if (failed && first.error) segment.error = first.error;
  return segment;
}

interface ForeignNode {
  span: ForeignSpan;
  path: string[];
  name: string;
  host?: ForeignSpan;
}

function placeOf({ path, host }: ForeignNode): string {
  return `${path.join("|")}\n${host?.id ?? ""}`;
}

/** The work below the root that are nodes: where LangGraph's metadata are there, they say which. */
function nodesOf(
  inside: readonly ForeignSpan[],
  tree: SpanTree,
  root: ForeignSpan | undefined,
): { nodes: ForeignNode[]; tooDeep: number } {
  const isLangGraph = inside.some((span) => span.langgraph);
  const isNode = (span: ForeignSpan) =>
    span !== root &&
    span.kind === "work" &&
    span.name !== START &&
    (isLangGraph ? span.langgraph?.node === span.name : true);
  const hostOf = tree.search(isNode);
  const nodes: ForeignNode[] = [];
  let tooDeep = 0;
  for (const span of inside.filter(isNode)) {
    const hosts: ForeignSpan[] = [];
    for (let at = hostOf(span); at && hosts.length <= DEEPEST_NODES; at = hostOf(at)) hosts.push(at);
    const [host] = hosts;
    if (hosts.length > DEEPEST_NODES) tooDeep += 1;
    else nodes.push({ span, name: span.name, path: hosts.reverse().map(({ name }) => name), ...(host && { host }) });
  }
  return { nodes, tooDeep };
}

/** What the trace says of the run as a whole: the root, what is above it, then what is below. */
function run(spans: readonly ForeignSpan[], first: ForeignSpan, tree: SpanTree): NonNullable<ForeignSpan["run"]> {
  const told = [first, ...spans.filter((s) => s !== first && !tree.above(s)), ...spans].flatMap((s) => s.run ?? []);
  const find = (key: keyof NonNullable<ForeignSpan["run"]>) => told.find((r) => r[key] !== undefined)?.[key];
  return { workflowId: find("workflowId"), threadId: find("threadId"), userId: find("userId") };
}

function modelCall(
  span: ForeignSpan,
  place: { node?: string; path: string[]; taskId?: string },
  prices: PriceTable = DEFAULT_PRICES,
): TraceSegment["modelCalls"][number] {
  const { name, asked, provider, tokensIn, tokensOut, tokensCached } = span.model ?? {};
  const call: TraceSegment["modelCalls"][number] = { ...place, ...timed(span) };
  const model = name ?? asked;
  if (model !== undefined) call.model = model;
  if (asked !== undefined && asked !== model) call.modelAsked = asked;
  if (provider !== undefined) call.provider = provider;
  if (tokensIn !== undefined) call.tokensIn = tokensIn;
  if (tokensOut !== undefined) call.tokensOut = tokensOut;
  if (tokensCached !== undefined) call.tokensCached = tokensCached;
  const cost = costOf(prices, model, call);
  if (cost !== undefined) call.costUsd = cost;
  return call;
}

function timed(span: ForeignSpan) {
  return {
    startedAt: isoTime(Math.round(span.startedAt)),
    durationMs: durationOf(span),
    ...(span.error && { error: span.error }),
    ...(span.endedAt === undefined && { unfinished: true }),
  };
}

function endOf(span: ForeignSpan): number {
  return span.startedAt + durationOf(span);
}

function durationOf({ startedAt, endedAt }: ForeignSpan): number {
  return endedAt === undefined ? 0 : Math.max(0, endedAt - startedAt);
}
