import { type Logger, MAX_ID, type RunConfigLike } from "../../core/index.js";

const told = new WeakSet<Logger>();

/** Tells each logger once that ids which no judgement could name are not taken. */
export function tellOfLongId(config: RunConfigLike | undefined, logger: Logger): void {
  const id = config?.metadata?.workflowId ?? config?.configurable?.workflowId;
  if (typeof id !== "string" || id.length <= MAX_ID || told.has(logger)) return;
  told.add(logger);
  logger.warn(
    `[CONFIG_INVALID] received a workflowId of ${id.length} characters; expected at most ${MAX_ID}. ` +
      "The run got an id of its own: shorten yours, for example to a hash of it.",
  );
}
