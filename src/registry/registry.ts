import type { Lease } from "../store/learning-store.js";

/** Where an artifact came from and what was measured of it. */
export interface ArtifactLineage {
  /** The version it was trained on top of or challenges. */
  parent?: string;
  /** First and last time of the facts it was trained on, and how many rows. */
  dataFrom?: string;
  dataTo?: string;
  rows: number;
  encoderVersion?: string;
  seed?: number;
  /** Measured estimates with their intervals, by name; free form but plain JSON. */
  estimates?: Record<string, unknown>;
}

/** One immutable version under a name such as `policy/triage`. */
export interface ArtifactVersion {
  name: string;
  /** `v1`, `v2`, ... in order of publication. */
  version: string;
  /** What the payload is: `routing-policy`, `reward-model`, `patterns`, `prompt`, ... */
  kind: string;
  createdAt: string;
  lineage: ArtifactLineage;
}

/** One change of what serves. */
export interface RegistryEvent {
  at: string;
  name: string;
  action: "publish" | "promote" | "rollback" | "pin" | "unpin" | "forget" | "trial" | "end-trial";
  version?: string;
  reason: string;
}

/** How a version on trial gets its turns. */
export interface TrialTerms {
  /** Probability in [0,1] of following it. */
  share: number;
  /** Probability in [0,1] of a uniform draw instead. */
  uniform: number;
  /** What keeps its turn: each decision is drawn anew, or a whole run goes one way. */
  unit: "decision" | "run";
}

/** The version on trial, and its terms. */
export interface OnTrial extends TrialTerms {
  version: string;
}

/** How far a roll-back goes. */
export interface RollbackOptions {
  /** The earlier version that serves again; by default the one before. */
  to?: string;
  /** Whether what fell is never to serve again but by hand. */
  bar?: boolean;
}

/** Which versions stay when another is published; what serves or is pinned always does. */
export interface KeepVersions {
  /** This many of the newest, the published one included; at least 1. */
  newest: number;
  /** And these, by version. */
  also?: readonly string[];
}

/**
 * Immutable versioned artifacts. Publishing changes nothing that serves; `promote` does.
 * `pin` holds a version (or, with undefined, the fallback) against every other change: while a name
 * is pinned, `promote` and `rollback` fail with ARTIFACT_PINNED; `unpin` returns to what was promoted
 * last. Unknown names or versions fail with ARTIFACT_UNKNOWN.
 */
export interface Registry {
  /** With `keep`, all other versions are discarded for good, payloads included; their events stay. */
  publish(
    name: string,
    kind: string,
    payload: unknown,
    lineage: ArtifactLineage,
    keep?: KeepVersions,
  ): Promise<ArtifactVersion>;
  promote(name: string, version: string, reason: string): Promise<void>;
  /** Back to the version that served before (or an earlier one, see the options), or to none; ends a trial. */
  rollback(name: string, reason: string, options?: RollbackOptions): Promise<void>;
  /**
   * Puts a version on trial beside what serves, or changes the terms of the one that is. One version is on
   * trial at a time; its promotion ends the trial. Fails with ARTIFACT_INVALID for terms out of range.
   */
  tryOut(name: string, version: string, terms: TrialTerms, reason: string): Promise<void>;
  /** Ends the trial; nothing where none is. */
  endTrial(name: string, reason: string): Promise<void>;
  /** The version on trial; from memory, never waits. Undefined while a name is pinned. */
  onTrial(name: string): OnTrial | undefined;
  /** Versions that fell and were barred. */
  barred(name: string): string[];
  pin(name: string, version: string | undefined, reason: string): Promise<void>;
  unpin(name: string): Promise<void>;
  /** Removes every version with its payload, pinned ones too; nothing serves then. The name's events stay. */
  forget(name: string, reason: string): Promise<void>;
  /** What serves now; from memory, never waits. */
  champion(name: string): ArtifactVersion | undefined;
  isPinned(name: string): boolean;
  /** The payload of a version. */
  load(name: string, version: string): Promise<unknown>;
  versions(name: string): ArtifactVersion[];
  names(): string[];
  /** What happened, oldest first; the last 500 events of each name. */
  history(name?: string): RegistryEvent[];
  /**
   * The same registry, whose changes are refused with STORE_LEASE_LOST once the lease is lost: work that was taken
   * over by another process publishes nothing any more.
   */
  under(lease: Lease): Registry;
  /** Takes over what other processes changed in the same store, and tells the listeners. */
  refresh(): Promise<void>;
  /** Called after each promote, rollback, pin and unpin of `name`, and each change of its trial. Returns the cancellation. */
  listen(name: string, listener: (champion: ArtifactVersion | undefined, event: RegistryEvent) => void): () => void;
}
