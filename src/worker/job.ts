// Runs in the learning thread.
import type { CollectedFacts } from "./state.js";

/** What a running job may use. */
export interface JobContext {
  /** Facts collected so far and whatever earlier jobs left for later ones. */
  state: CollectedFacts;
  /** True once the host asked to stop; long jobs look at it between steps. */
  cancelled(): boolean;
  /** Sends a progress figure in [0,1] with a word to the host. */
  progress(share: number, message?: string): void;
}

/** Work done in the worker thread. Input and output must survive structured cloning. */
export interface Job<I, O> {
  run(input: I, context: JobContext): Promise<O> | O;
}
