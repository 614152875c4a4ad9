import type { Clock, DecisionMode, DecisionSink, Logger } from "../core/index.js";
import type { Registry } from "../registry/index.js";
import type { RunBook } from "./run-book.js";

/** A mode as it is set: `auto` is shadow until a version is on trial, trial until the registry has a champion, and act from then on. */
export type ModeSetting = "auto" | DecisionMode;

/** Modes set by hand; they override the `mode` option of a router. */
export interface ModeBook {
  /** Undefined where nobody set one. */
  get(decisionPoint: string): ModeSetting | undefined;
  set(decisionPoint: string, mode: ModeSetting): void;
}

/**
 * An empty book of modes, in memory.
 * @example
 * ```ts
 * const modes = createModeBook();
 * modes.set("triage", "act");
 * modes.get("triage"); // "act"
 * ```
 */
export function createModeBook(): ModeBook {
  const modes = new Map<string, ModeSetting>();
  return { get: (point) => modes.get(point), set: (point, mode) => void modes.set(point, mode) };
}

/** What every router of one loop shares. */
export interface RoutingDeps {
  /** Takes the decisions and says which run a call belongs to. */
  sink: DecisionSink;
  /** Where promoted policies come from. */
  registry: Pick<Registry, "champion" | "load" | "listen"> & Partial<Pick<Registry, "onTrial">>;
  clock: Clock;
  logger: Logger;
  /** Part of the seed of every draw. */
  seed: number;
  /** The kill switch: while false, only the fallbacks run and nothing is recorded. */
  enabled(): boolean;
  modes: ModeBook;
  /** One per loop (`createRunBook()`). */
  runs: RunBook;
}
