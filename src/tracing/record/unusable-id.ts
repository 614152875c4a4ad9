import { isUsableId, type Logger, MAX_ID, type RunConfigLike, show } from "../../core/index.js";

const told = new WeakSet<Logger>();

/** Tells each logger once that ids which no judgement could name are not taken. */
export function tellOfUnusableId(config: RunConfigLike | undefined, logger: Logger): void {
  const id: unknown = config?.metadata?.workflowId ?? config?.configurable?.workflowId;
  if (id === undefined || id === null || told.has(logger)) return;
  if (isUsableId(id)) return;
  told.add(logger);
  logger.warn(
    `[CONFIG_INVALID] received a workflowId ${typeof id === "string" && id !== "" ? `of ${id.length} characters` : show(id)}; ` +
      `expected a text of 1 to ${MAX_ID} characters. The run got an id of its own, by which no judgement finds it: ` +
      (typeof id === "string" && id !== ""
        ? "shorten yours, for example to a hash of it."
        : "pass a text, such as String(id)."),
  );
}
