/** What the owner of an agent declares about it; the prior until it is measured. */
export interface AgentDeclaration {
  name: string;
  /** What it can do, matched against the tasks' capabilities. */
  capabilities: readonly string[];
  /** Most runs at the same time, default 1. A run begins with one slot each; `optimizeResources` gives more. */
  concurrency?: number;
  /** Expected duration of a run in ms, default 1,000. */
  durationMs?: number;
  /** Expected tokens of a run, default 0. */
  tokens?: number;
  /** Expected cost of a run in US dollars, default 0. */
  costUsd?: number;
  /** Expected quality of its results in [0,1], default 0.7. */
  quality?: number;
  /** Expected share of runs that succeed, default 0.9. */
  reliability?: number;
}

/** Sums over runs that were not yet measured. */
export interface RunWindow {
  runs: number;
  failures: number;
  durationMs: number;
  /** Sum over successful runs. */
  quality: number;
}

/** An agent's health as `monitorSystem` last measured it (before the first time: as declared). */
export interface AgentHealth {
  /** Posterior mean of the share of runs that succeed. */
  reliability: number;
  /** Mean quality of successful runs, shrunk to the declaration. */
  quality: number;
  /** Mean duration of a run, shrunk to the declaration. */
  durationMs: number;
  /** Runs behind these figures. */
  runs: number;
}

/** An agent in the state. */
export interface AgentRecord extends Required<Omit<AgentDeclaration, "capabilities">> {
  capabilities: string[];
  status: "active" | "retired";
  /** Runs it may do at the same time now; at most `concurrency`. */
  slots: number;
  /** Moving average of its busy share of slot time, in [0,1]. */
  load: number;
  health: AgentHealth;
  window: RunWindow;
}
