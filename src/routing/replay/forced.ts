import { AsyncLocalStorage } from "node:async_hooks";
import type { Decision } from "../../core/index.js";
import type { EarlierChoice } from "../path-so-far.js";

/** A replay in progress: which decision is forced, and the decisions made so far. Nothing of it is logged. */
export interface ForcedRun {
  readonly decisionId: string;
  readonly destination: string;
  /** Of the run that is replayed. */
  readonly workflowId: string;
  readonly decisions: Decision[];
  /** What decision points chose last in it, and before it. */
  readonly choices: EarlierChoice[];
}

const runs = new AsyncLocalStorage<ForcedRun>();

/** Runs a replay; every decision inside it belongs to it. */
export function forceWithin<T>(run: ForcedRun, replay: () => Promise<T>): Promise<T> {
  return runs.run(run, replay);
}

/** The replay that the caller is part of. */
export function currentForcedRun(): ForcedRun | undefined {
  return runs.getStore();
}
