import {
  type CallableShape,
  copyOf,
  isRecord,
  type NodeShape,
  type PregelShape,
  type TaskConfig,
} from "../internals.js";

/** LangGraph's ChannelWrite: what a node does with its result. */
interface WriteShape extends CallableShape {
  trace: boolean;
  writes: readonly unknown[];
  _write(input: unknown, config: TaskConfig): Promise<unknown>;
}

/**
 * A copy of a node that writes what it returned without being given a run context for that. LangGraph
 * runs a node's writes, and each mapping of its result to channels, as runnables of their own, for each of
 * which it composes a config, a callback manager and an async context that nobody reads: they run
 * LangGraph's own functions and report to no callback. Left out here, which saves more than capture costs.
 * All else is as it was: whatever may run code of the host (a conditional edge, a runnable put there by hand, the
 * validation of a state schema) keeps its context, and what is not known is left alone.
 */
export function withLeanWrites(node: NodeShape, graph: PregelShape): NodeShape {
  if (!Array.isArray(node.writers) || typeof node.getWriters !== "function") return node;
  const validates = graph.builder?._schemaRuntimeDefinition !== undefined;
  const lean = copyOf(node);
  // As LangGraph combines them for every task; once is enough.
  lean.writers = node.getWriters().map((writer) => (isWrite(writer) ? leanWrite(writer, validates) : writer));
  return lean;
}

function leanWrite(original: WriteShape, validates: boolean): WriteShape {
  const write = copyOf(original);
  write.writes = original.writes.map(leanEntry);
  write.func = async (input, config) => write._write(input, config);
  // Every mapping that is not lean itself, or that validates, finds the context of the write around it.
  if (write.writes.every((entry, i) => !hasMapper(entry) || (entry !== original.writes[i] && !validates)))
    write.invoke = withoutContext(write, original);
  return write;
}

/**
 * Calls a runnable's function as LangGraph does, but for the context. The promises are LangGraph's, too: each costs
 * turns of the event loop, by which nodes that run side by side would come to end in another order.
 */
function withoutContext(callable: CallableShape, original: CallableShape): CallableShape["invoke"] {
  const run: CallableShape["invoke"] = async (input, config = {}) => await (async () => callable.func(input, config))();
  // A result that is a runnable is run itself, in the context of the write.
  return (input, config) => (isRunnable(input) ? original.invoke(input, config) : run(input, config));
}

function isRunnable(value: unknown): boolean {
  return isRecord(value) && value.lc_runnable === true;
}

function leanEntry(entry: unknown): unknown {
  if (!hasMapper(entry) || !isPlainMapper(entry.mapper)) return entry;
  const mapper = copyOf(entry.mapper);
  mapper.invoke = withoutContext(mapper, entry.mapper);
  return { ...entry, mapper };
}

function hasMapper(entry: unknown): entry is { mapper: unknown } {
  return isRecord(entry) && entry.mapper !== undefined;
}

/** LangGraph's ChannelWrite itself, unknown subclasses excepted. */
function isWrite(writer: unknown): writer is WriteShape {
  if (!isRecord(writer) || writer.constructor.name !== "ChannelWrite") return false;
  const { trace, writes, _write } = writer;
  return trace === false && Array.isArray(writes) && typeof _write === "function";
}

/** A function of LangGraph's own that maps a result: one that reports nowhere and whose result is no runnable to run. */
function isPlainMapper(mapper: unknown): mapper is CallableShape {
  return (
    isRecord(mapper) &&
    mapper.constructor.name === "RunnableCallable" &&
    mapper.trace === false &&
    mapper.recurse === false &&
    typeof mapper.func === "function"
  );
}
