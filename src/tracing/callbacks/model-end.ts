import { isObject } from "../../core/is-object.js";

/** What LangChain tells of a model's end. */
export type ModelEnd = [output: unknown, runId: string, parentRunId?: string, tags?: unknown, extra?: unknown];

/** Whether LangChain's own cache answered in place of the model: the answer tells what the first call took. */
export function isFromCache(extra: unknown): boolean {
  return isObject(extra) && extra.cached === true;
}
