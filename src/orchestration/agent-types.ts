import { z } from "zod";
import { amount, share, whole } from "../core/option-fields.js";

/** What the owner of an agent declares about it. */
export const agentDeclarationSchema = z.object({
  name: z.string("a name"),
  /** What it can do, matched against the tasks' capabilities. */
  capabilities: z.array(z.string("names of capabilities"), "names of capabilities").readonly(),
  /** Most runs at the same time, default 1. A run begins with one slot each; `optimizeResources` gives more. */
  concurrency: whole.default(1),
  /** Expected duration of a run in ms, default 1,000. */
  durationMs: amount.default(1_000),
  /** Expected tokens of a run, default 0. */
  tokens: amount.default(0),
  /** Expected cost of a run in US dollars, default 0. */
  costUsd: amount.default(0),
  /** Expected quality of its results in [0,1], default 0.7. */
  quality: share.default(0.7),
  /** Expected share of runs that succeed, default 0.9. */
  reliability: share.default(0.9),
});
/** What the owner of an agent declares about it; the prior until it is measured. */
export type AgentDeclaration = z.input<typeof agentDeclarationSchema>;
/** What holds for an agent that declares its name and capabilities alone. */
export const AGENT_DEFAULTS = agentDeclarationSchema.parse({ name: "", capabilities: [] });

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
export interface AgentRecord extends Omit<z.output<typeof agentDeclarationSchema>, "capabilities"> {
  capabilities: string[];
  status: "active" | "retired";
  /** Runs it may do at the same time now; at most `concurrency`. */
  slots: number;
  /** Moving average of its busy share of slot time, in [0,1]. */
  load: number;
  health: AgentHealth;
  window: RunWindow;
}
