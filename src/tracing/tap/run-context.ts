import { AsyncLocalStorageProviderSingleton } from "@langchain/core/singletons";
import type { RunConfigLike } from "../../core/index.js";
import { SCRATCHPAD_KEY, TASK_ID_KEY } from "../internals.js";
import type { NodeRun, RunRecorder } from "../record/run-recorder.js";

/** What work belongs to: a node's execution, or (where nodes are not recorded) its run. */
export type Host = NodeRun | RunRecorder;

/** The recorder behind either. */
export function recorderOf(host: Host): RunRecorder {
  return "recorder" in host ? host.recorder : host;
}

/**
 * Which run of one tracer a config belongs to. Nothing is put into configs: each task of LangGraph's has an object of
 * its own (its scratchpad) that every config made inside the task carries on, and that is looked up here. A graph that
 * nobody wrapped has tasks of its own; their namespace names the task around them.
 */
export class RunContext {
  private readonly byScratchpad = new WeakMap<object, Host>();
  /** Tasks of loops under way. */
  private readonly byTask = new Map<string, Host>();

  /** A task of a run begins (again). @param entered gets its id */
  enter(config: RunConfigLike, host: Host, entered: string[]): void {
    const scratchpad = config.configurable?.[SCRATCHPAD_KEY];
    if (typeof scratchpad === "object" && scratchpad !== null) this.byScratchpad.set(scratchpad, host);
    const taskId = config.configurable?.[TASK_ID_KEY];
    if (typeof taskId !== "string") return;
    this.byTask.set(taskId, host);
    entered.push(taskId);
  }

  /** A loop of a run has ended, and with it the tasks that entered. */
  leave(entered: readonly string[], recorder: RunRecorder): void {
    for (const taskId of entered) {
      const host = this.byTask.get(taskId);
      // The same task of a run that was started anew meanwhile goes on.
      if (host && recorderOf(host) === recorder) this.byTask.delete(taskId);
    }
  }

  /** What the config belongs to, whether or not that still runs. */
  of(config: RunConfigLike | undefined): Host | undefined {
    const configurable = config?.configurable;
    if (!configurable) return undefined;
    const scratchpad = configurable[SCRATCHPAD_KEY];
    const host = typeof scratchpad === "object" && scratchpad !== null ? this.byScratchpad.get(scratchpad) : undefined;
    return host ?? this.within(configurable.checkpoint_ns);
  }

  /** What a graph that is called with a config runs in: by its config, else by the async context. */
  hostOf(config: RunConfigLike | undefined): Host | undefined {
    return (
      this.of(config) ?? this.of(AsyncLocalStorageProviderSingleton.getRunnableConfig() as RunConfigLike | undefined)
    );
  }

  /** The innermost task, of those of loops under way, that a namespace lies in. */
  private within(namespace: unknown): Host | undefined {
    if (typeof namespace !== "string" || this.byTask.size === 0) return undefined;
    for (const part of namespace.split("|").reverse()) {
      const host = this.byTask.get(part.slice(part.indexOf(":") + 1));
      if (host) return host;
    }
    return undefined;
  }
}
