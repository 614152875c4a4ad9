import type { Callbacks } from "@langchain/core/callbacks/manager";
import type { RunnableConfig } from "@langchain/core/runnables";
import { checkArgument } from "../../core/arguments.js";
import type { TraceCallbackHandler } from "./callback-handler.js";

/**
 * A graph's own config with a handler beside those it has; an earlier one of another loop gives way.
 * @example await graph.invoke(state, withHandler({ tags: ["night"] }, loop.handler({ workflowType: "support", graph })));
 */
export function withHandler(config: RunnableConfig | undefined, handler: TraceCallbackHandler): RunnableConfig {
  checkArgument(config, "config", "object?", "CONFIG_INVALID");
  checkArgument(handler, "handler", { name: "text" }, "CONFIG_INVALID");
  return { ...config, callbacks: beside(config?.callbacks, handler) };
}

function beside(callbacks: Callbacks | undefined, handler: TraceCallbackHandler): Callbacks {
  if (!callbacks) return [handler];
  const stays = (other: object) => (other as { name?: string }).name !== handler.name;
  if (Array.isArray(callbacks)) return [...callbacks.filter(stays), handler];
  const manager = callbacks.copy();
  for (const other of manager.handlers.filter((h) => !stays(h))) manager.removeHandler(other as TraceCallbackHandler);
  manager.addHandler(handler);
  return manager;
}
