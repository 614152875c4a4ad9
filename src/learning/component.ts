import type { Clock, Logger } from "../core/index.js";
import type { Registry } from "../registry/registry.js";
import type { DocumentStore } from "../store/learning-store.js";
import type { LearningWorker } from "./thread/host.js";

/** What a learning component may use during a cycle. */
export interface ComponentContext {
  /** Written only while this learner holds the piece of work it does; so is the registry. */
  documents: DocumentStore;
  registry: Registry;
  /** Runs jobs off the event loop; the worker already holds the facts collected so far. */
  worker: LearningWorker;
  clock: Clock;
  logger: Logger;
  seed: number;
  /** How many versions of an artifact stay when another is published. */
  keepVersions: number;
  /** Aborted when learning is stopped. */
  signal: AbortSignal;
}

/** What a component did in one cycle. */
export interface ComponentReport {
  /** `idle`: nothing to do (the reason is in `message`); `done`: it learned something. */
  state: "idle" | "done";
  samples: number;
  message: string;
  /** Plain figures for the status. */
  details?: Record<string, unknown>;
  /** What makes its figures doubtful, in plain words for the status. */
  warnings?: string[];
}

/**
 * One learner inside the loop (routing, rewards, patterns, prompts, reinforcement learning). A
 * component that throws is recorded in the status and skipped; the others go on, and what serves stays.
 */
export interface LearningComponent {
  readonly name: string;
  run(context: ComponentContext): Promise<ComponentReport>;
}
