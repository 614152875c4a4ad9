import { isControlSignal } from "../../core/control-signal.js";
import type { ModelCall, ToolCall } from "../../core/index.js";
import { isObject } from "../../core/is-object.js";

import { recordedError } from "./errors.js";
import { costOf } from "./prices.js";
import type { CallUnderWay, UnderWay } from "./run-observer.js";
import type { NodeRun, RunRecorder } from "./run-recorder.js";
import type { CallRun } from "./run-types.js";
import { usageOf } from "./usage.js";

/** What LangChain tells at the start of a model call. */
export interface ModelStart {
  llm?: unknown;
  /** Prompts or messages. */
  asked?: unknown;
  extra?: unknown;
  metadata?: unknown;
}

/** Notes the model and tool calls of a run, by LangChain's run ids. */
export class CallLog {
  private readonly models = new Map<string, CallRun<ModelCall>>();
  private readonly tools = new Map<string, CallRun<ToolCall>>();
  /** Whoever is told of a call under way. */
  private readonly callsUnderWay = new Map<string, CallUnderWay<ModelCall | ToolCall>>();

  constructor(private readonly recorder: RunRecorder) {
    recorder.atEnd(() => this.closeOpen());
  }

  modelStarted(runId: string, node: NodeRun | undefined, { llm, asked, extra, metadata }: ModelStart): void {
    if (this.models.has(runId) || this.recorder.isFinished) return;
    const about = isObject(metadata) ? metadata : {};
    const params = isObject(extra) && isObject(extra.invocation_params) ? extra.invocation_params : {};
    const kwargs = isObject(llm) && isObject(llm.kwargs) ? llm.kwargs : {};
    const call: CallRun<ModelCall> = {
      ...placeOf(node),
      provider: text(about.ls_provider),
      model: text(about.ls_model_name) ?? text(params.model) ?? text(kwargs.model),
      started: this.recorder.clock.monotonic(),
      durationMs: 0,
    };
    this.models.set(runId, call);
    this.tell(runId, node, (underWay) => underWay.modelStarted(call, asked));
  }

  token(runId: string): void {
    const call = this.models.get(runId);
    if (call && call.timeToFirstTokenMs === undefined)
      call.timeToFirstTokenMs = this.recorder.clock.monotonic() - call.started;
  }

  /** @param fromCache LangChain's own cache answered, with the usage of the call that it was asked for first */
  modelEnded(runId: string, output: unknown, fromCache: boolean): void {
    const call = this.models.get(runId);
    if (!call) return;
    if (fromCache) {
      Object.assign(call, { fromCache, tokensIn: 0, tokensOut: 0, tokensCached: 0, costUsd: 0 });
      this.closeModel(runId, call, output);
      return;
    }
    const { usage, model } = usageOf(output);
    for (const [key, value] of Object.entries(usage)) if (value !== undefined) Object.assign(call, { [key]: value });
    // A gateway, a deployment or an alias is answered by a model of another name: that one is paid.
    if (model !== undefined && model !== call.model) {
      if (call.model !== undefined) call.modelAsked = call.model;
      call.model = model;
    }
    const cost = costOf(this.recorder.settings.prices, call.model, call);
    if (cost !== undefined) call.costUsd = cost;
    this.closeModel(runId, call, output);
  }

  modelFailed(runId: string, error: unknown): void {
    const call = this.models.get(runId);
    if (!call) return;
    call.error = recordedError(error, this.recorder.settings.redactor);
    this.closeModel(runId, call);
  }

  private closeModel(runId: string, call: CallRun<ModelCall>, answer?: unknown): void {
    call.durationMs = this.recorder.clock.monotonic() - call.started;
    this.models.delete(runId);
    this.recorder.modelCalls.push(call);
    this.told(runId, call, answer);
  }

  private tell(
    runId: string,
    node: NodeRun | undefined,
    begin: (underWay: UnderWay) => CallUnderWay<ModelCall> | CallUnderWay<ToolCall>,
  ): void {
    const underWay = node?.underWay ?? this.recorder.underWay;
    if (underWay)
      this.recorder.quietly(() => {
        const call = begin(underWay) as CallUnderWay<ModelCall | ToolCall>;
        this.callsUnderWay.set(runId, call);
        return call;
      });
  }

  private told(runId: string, call: CallRun<ModelCall> | CallRun<ToolCall>, answer?: unknown): void {
    const underWay = this.callsUnderWay.get(runId);
    if (!underWay) return;
    this.callsUnderWay.delete(runId);
    this.recorder.quietly(() => underWay.ended(call, answer));
  }

  /** The run ends: what has not, is noted as unfinished. */
  closeOpen(): void {
    const now = this.recorder.clock.monotonic();
    for (const [runId, call] of [...this.models, ...this.tools]) {
      Object.assign(call, { durationMs: now - call.started, unfinished: true });
      this.told(runId, call);
    }
    this.recorder.modelCalls.push(...this.models.values());
    this.recorder.toolCalls.push(...this.tools.values());
    this.models.clear();
    this.tools.clear();
  }

  toolStarted(runId: string, node: NodeRun | undefined, tool: unknown, runName: unknown, input?: unknown): void {
    if (this.tools.has(runId) || this.recorder.isFinished) return;
    const id = isObject(tool) && Array.isArray(tool.id) ? text(tool.id.at(-1)) : undefined;
    const call: CallRun<ToolCall> = {
      ...placeOf(node),
      name: text(runName) ?? (isObject(tool) ? text(tool.name) : undefined) ?? id ?? "tool",
      started: this.recorder.clock.monotonic(),
      durationMs: 0,
    };
    this.tools.set(runId, call);
    this.tell(runId, node, (underWay) => underWay.toolStarted(call, input));
  }

  toolEnded(runId: string, error?: unknown, answer?: unknown): void {
    const call = this.tools.get(runId);
    if (!call) return;
    this.tools.delete(runId);
    // An interrupt or a handoff leaves a tool by a throw, too.
    if (error !== undefined && !isControlSignal(error))
      call.error = recordedError(error, this.recorder.settings.redactor);
    call.durationMs = this.recorder.clock.monotonic() - call.started;
    this.recorder.toolCalls.push(call);
    this.told(runId, call, answer);
  }
}

function placeOf(node: NodeRun | undefined): { node?: string; path: string[]; taskId?: string } {
  return node ? { node: node.name, path: node.path, taskId: node.taskId } : { path: [] };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
