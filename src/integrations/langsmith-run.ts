import { isRecord } from "../core/is-object.js";
import type { LangSmithRun } from "./langsmith-runs.js";

const TEXTS = ["id", "name", "run_type", "start_time", "end_time", "error", "trace_id", "first_token_time"] as const;
const LISTS = ["parent_run_ids", "tags"] as const;
const COUNTS = ["prompt_tokens", "completion_tokens"] as const;
const ABOUT_LISTS = ["langgraph_triggers", "langgraph_path"] as const;

/**
 * A run as it is read: what is of another kind than LangSmith's API says is left out, so that one odd run costs
 * no other one. Undefined for what is no run, or has its place nowhere.
 */
export function readableRun(given: unknown): LangSmithRun | undefined {
  if (!isRecord(given)) return undefined;
  // Without its parents it would be taken for the root.
  const parents = given.parent_run_ids ?? [];
  if (!Array.isArray(parents) || !parents.every((id) => typeof id === "string")) return undefined;
  const run: Record<string, unknown> = { ...given };
  const drop = (of: Record<string, unknown>, keys: readonly string[], fits: (value: unknown) => boolean) => {
    for (const key of keys) if (of[key] !== undefined && !fits(of[key])) delete of[key];
  };
  drop(run, TEXTS, (value) => typeof value === "string");
  drop(run, COUNTS, (value) => Number.isSafeInteger(value) && (value as number) >= 0);
  drop(run, ["metadata", "prompt_token_details"], isRecord);
  for (const key of LISTS) run[key] = Array.isArray(run[key]) ? run[key].filter((v) => typeof v === "string") : [];
  if (isRecord(run.metadata)) {
    const metadata: Record<string, unknown> = { ...run.metadata };
    drop(metadata, ABOUT_LISTS, Array.isArray);
    const { langgraph_triggers: triggers } = metadata;
    if (Array.isArray(triggers)) metadata.langgraph_triggers = triggers.filter((v) => typeof v === "string");
    drop(metadata, ["langgraph_node", "langgraph_checkpoint_ns"], (value) => typeof value === "string");
    drop(metadata, ["langgraph_step"], (value) => typeof value !== "object" && Number.isFinite(Number(value)));
    run.metadata = metadata;
  }
  return run;
}
