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
  action: "publish" | "promote" | "rollback" | "pin" | "unpin" | "forget";
  version?: string;
  reason: string;
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
  /** Back to the version that served before, or to none. */
  rollback(name: string, reason: string): Promise<void>;
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
  /** Takes over what other processes changed in the same store, and tells the watchers. */
  refresh(): Promise<void>;
  /** Called after each promote, rollback, pin and unpin of `name`. Returns the cancellation. */
  watch(name: string, listener: (champion: ArtifactVersion | undefined, event: RegistryEvent) => void): () => void;
}
