import { attachSentinel, type SentinelLoop, sentinelOf } from "../sentinel/index.js";
import { type HandlerOptions, type TraceCallbackHandler, withHandler } from "../tracing/index.js";

/** What of a loop an orchestrator is attached to. */
interface AttachingLoop extends SentinelLoop {
  handler(options: HandlerOptions): TraceCallbackHandler;
}

/**
 * Lets an orchestrator learn in a loop: a Sentinel declares its decisions there, a compiled graph is given a
 * handler beside the callbacks it has.
 * @throws SENTINEL_INVALID for an uncompiled graph that is no Sentinel
 */
export function attachTo(loop: AttachingLoop, orchestrator: object): void {
  const compiled = orchestrator as {
    lg_is_pregel?: boolean;
    name?: string;
    config?: Parameters<typeof withHandler>[0];
  };
  if (sentinelOf(orchestrator) || !compiled.lg_is_pregel) attachSentinel(orchestrator, loop);
  if (!compiled.lg_is_pregel) return;
  const handler = loop.handler({ workflowType: compiled.name ?? "orchestrator", graph: orchestrator });
  compiled.config = withHandler(compiled.config, handler);
}
