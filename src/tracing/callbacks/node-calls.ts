import type { NodeRun } from "../record/run-recorder.js";
import { withOneMore, withoutHandlers } from "./callback-list.js";
import { CallbackRun } from "./callback-run.js";
import { isFromCache, type ModelEnd } from "./model-end.js";

/**
 * Sees what goes on inside one node execution: model and tool calls, and graphs that the node runs by
 * hand. A plain object with the shape of a callback handler: one is made per execution, so it must cost
 * nothing until something happens.
 */
class NodeCallHandler {
  readonly name = "collective_learning_calls";
  readonly awaitHandlers = true;
  readonly raiseError = false;
  readonly ignoreLLM = false;
  readonly ignoreChain = false;
  readonly ignoreAgent = false;
  readonly ignoreRetriever = true;
  readonly ignoreCustomEvent = true;
  private events: CallbackRun | undefined;

  constructor(readonly node: NodeRun) {}

  copy(): NodeCallHandler {
    return this;
  }

  private note(what: (events: CallbackRun) => void): void {
    const { recorder } = this.node;
    this.events ??= new CallbackRun(recorder, undefined, this.node);
    const { events } = this;
    recorder.quietly(() => what(events));
  }

  handleChainStart(...[chain, inputs, runId, parentRunId, tags, metadata, , name]: ChainStartArguments) {
    this.note((run) => run.chainStarted({ chain, inputs, runId, parentRunId, tags, metadata, name }));
  }

  handleChainEnd(outputs: unknown, runId: string) {
    this.note((run) => run.chainEnded(runId, outputs));
  }

  handleChainError(error: unknown, runId: string) {
    this.note((run) => run.chainFailed(runId, error));
  }

  handleLLMStart(...[llm, asked, runId, parentRunId, extra, , metadata]: ModelStartArguments) {
    this.note((run) => run.modelStarted(runId, parentRunId, { llm, asked, extra, metadata }));
  }

  handleChatModelStart(...[llm, asked, runId, parentRunId, extra, , metadata]: ModelStartArguments) {
    this.note((run) => run.modelStarted(runId, parentRunId, { llm, asked, extra, metadata }));
  }

  handleLLMNewToken(_token: string, _index: unknown, runId: string) {
    this.events?.token(runId);
  }

  handleLLMEnd(...[output, runId, , , extra]: ModelEnd) {
    this.note((run) => run.modelEnded(runId, output, isFromCache(extra)));
  }

  handleLLMError(error: unknown, runId: string) {
    this.note((run) => run.modelFailed(runId, error));
  }

  handleToolStart(...[tool, input, runId, parentRunId, , metadata, name]: ToolStartArguments) {
    this.note((run) => run.toolStarted(runId, parentRunId, { tool, name, input, metadata }));
  }

  handleToolEnd(output: unknown, runId: string) {
    this.note((run) => run.toolEnded(runId, undefined, output));
  }

  handleToolError(error: unknown, runId: string) {
    this.note((run) => run.toolEnded(runId, error));
  }
}

// What LangChain passes, in the order of the runtime (its declarations give another for chains).
type ChainStartArguments = [
  chain: unknown,
  inputs: unknown,
  runId: string,
  parentRunId?: string,
  tags?: string[],
  metadata?: Record<string, unknown>,
  runType?: string,
  name?: string,
];
type ModelStartArguments = [
  llm: unknown,
  prompts: unknown,
  runId: string,
  parentRunId?: string,
  extra?: unknown,
  tags?: unknown,
  metadata?: unknown,
];
type ToolStartArguments = [
  tool: unknown,
  input: unknown,
  runId: string,
  parentRunId?: string,
  tags?: unknown,
  metadata?: unknown,
  name?: unknown,
];

/** Whether a handler is one of those that {@link addCallHandler} adds, for a run of this tracer. */
export function isCallHandler(handler: unknown, owner: object | undefined): boolean {
  return handler instanceof NodeCallHandler && handler.node.recorder.owner === owner;
}

/**
 * The node's callbacks with the handler added, in place of one that a node around it left there: what a task does is
 * its own. Those of the host stay as they are.
 */
export function addCallHandler(callbacks: unknown, node: NodeRun): unknown {
  const { owner } = node.recorder;
  return withOneMore(
    withoutHandlers(callbacks, (handler) => isCallHandler(handler, owner)),
    new NodeCallHandler(node),
  );
}
