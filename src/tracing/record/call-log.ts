import { isControlSignal } from "../../core/control-signal.js";
import type { ModelCall, ToolCall } from "../../core/index.js";
import { isRecord } from "../internals.js";
import { recordedError } from "./errors.js";
import { costOf } from "./prices.js";
import type { CallRun, NodeRun, RunRecorder } from "./run-recorder.js";

/** Notes the model and tool calls of a run, by LangChain's run ids. */
export class CallLog {
  private readonly models = new Map<string, CallRun<ModelCall>>();
  private readonly tools = new Map<string, CallRun<ToolCall>>();

  constructor(private readonly recorder: RunRecorder) {}

  modelStarted(runId: string, node: NodeRun | undefined, llm: unknown, extra: unknown, metadata: unknown): void {
    if (this.models.has(runId)) return;
    const about = isRecord(metadata) ? metadata : {};
    const params = isRecord(extra) && isRecord(extra.invocation_params) ? extra.invocation_params : {};
    const kwargs = isRecord(llm) && isRecord(llm.kwargs) ? llm.kwargs : {};
    this.models.set(runId, {
      ...placeOf(node),
      provider: text(about.ls_provider),
      model: text(about.ls_model_name) ?? text(params.model) ?? text(kwargs.model),
      started: this.recorder.clock.monotonic(),
      durationMs: 0,
      tokensIn: 0,
      tokensOut: 0,
      tokensCached: 0,
    });
  }

  token(runId: string): void {
    const call = this.models.get(runId);
    if (call && call.timeToFirstTokenMs === undefined)
      call.timeToFirstTokenMs = this.recorder.clock.monotonic() - call.started;
  }

  modelEnded(runId: string, output: unknown): void {
    const call = this.models.get(runId);
    if (!call) return;
    const usage = usageOf(output);
    Object.assign(call, usage.tokens);
    call.model ??= usage.model;
    const cost = costOf(this.recorder.settings.prices, call.model, {
      in: call.tokensIn,
      out: call.tokensOut,
      cached: call.tokensCached,
      cacheWrite: usage.cacheWrite,
    });
    if (cost !== undefined) call.costUsd = cost;
    this.closeModel(runId, call);
  }

  modelFailed(runId: string, error: unknown): void {
    const call = this.models.get(runId);
    if (!call) return;
    call.error = recordedError(error, this.recorder.settings.redactor);
    this.closeModel(runId, call);
  }

  private closeModel(runId: string, call: CallRun<ModelCall>): void {
    call.durationMs = this.recorder.clock.monotonic() - call.started;
    this.models.delete(runId);
    this.recorder.modelCalls.push(call);
  }

  toolStarted(runId: string, node: NodeRun | undefined, tool: unknown, runName: unknown): void {
    if (this.tools.has(runId)) return;
    const id = isRecord(tool) && Array.isArray(tool.id) ? text(tool.id.at(-1)) : undefined;
    this.tools.set(runId, {
      ...placeOf(node),
      name: text(runName) ?? (isRecord(tool) ? text(tool.name) : undefined) ?? id ?? "tool",
      started: this.recorder.clock.monotonic(),
      durationMs: 0,
    });
  }

  toolEnded(runId: string, error?: unknown): void {
    const call = this.tools.get(runId);
    if (!call) return;
    this.tools.delete(runId);
    // An interrupt or a handoff leaves a tool by a throw, too.
    if (error !== undefined && !isControlSignal(error))
      call.error = recordedError(error, this.recorder.settings.redactor);
    call.durationMs = this.recorder.clock.monotonic() - call.started;
    this.recorder.toolCalls.push(call);
  }
}

function placeOf(node: NodeRun | undefined): { node?: string; path: string[]; taskId?: string } {
  return node ? { node: node.name, path: node.path, taskId: node.taskId } : { path: [] };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function count(value: unknown): number {
  return typeof value === "number" && value >= 0 ? Math.round(value) : 0;
}

interface Usage {
  tokens: { tokensIn: number; tokensOut: number; tokensCached: number };
  cacheWrite?: number;
  model?: string;
}

/** Tokens and model in an LLM result: the message's `usage_metadata`, or the older `llmOutput.tokenUsage`. */
function usageOf(output: unknown): Usage {
  const result = isRecord(output) ? output : {};
  const generation = Array.isArray(result.generations) ? result.generations[0]?.[0] : undefined;
  const message = isRecord(generation) && isRecord(generation.message) ? generation.message : {};
  const answer = isRecord(message.response_metadata) ? message.response_metadata : {};
  const model = text(answer.model_name) ?? text(answer.model);
  const usage = message.usage_metadata;
  if (isRecord(usage)) {
    const details = isRecord(usage.input_token_details) ? usage.input_token_details : {};
    return {
      tokens: {
        tokensIn: count(usage.input_tokens),
        tokensOut: count(usage.output_tokens),
        tokensCached: count(details.cache_read),
      },
      cacheWrite: count(details.cache_creation),
      model,
    };
  }
  const older = isRecord(result.llmOutput) && isRecord(result.llmOutput.tokenUsage) ? result.llmOutput.tokenUsage : {};
  return {
    tokens: { tokensIn: count(older.promptTokens), tokensOut: count(older.completionTokens), tokensCached: 0 },
    model,
  };
}
