import type { FactKind, FactTypes } from "../core/index.js";

export type { FactKind, FactTypes } from "../core/index.js";

/** What to read. All given conditions hold together; without any, everything is read. */
export interface FactQuery {
  /** Continue after this position (a `cursor` of an earlier batch). Not together with `latest`. */
  after?: string;
  /** Newest first instead of oldest first; of one moment, what was appended last comes first. */
  latest?: boolean;
  /** At most this many facts. */
  limit?: number;
  /** Facts per batch (default 256). */
  batchSize?: number;
  workflowId?: string;
  workflowType?: string;
  threadId?: string;
  userId?: string;
  decisionPoint?: string;
  status?: string;
  /** Inclusive lower and exclusive upper bound on the fact's own time, ISO 8601. */
  from?: string;
  to?: string;
}

/**
 * A fact in the form in which a store will write it, made by that store's `encode`: one flat piece of memory
 * instead of many objects, for facts that wait to be appended.
 */
export interface EncodedFact {
  /** Size in bytes as it will be written. */
  readonly bytes: number;
}

/** Some facts in order, and the position behind the last of them (read with `latest`: behind all there were). */
export interface FactBatch<T> {
  facts: T[];
  /** Opaque; valid for this store and kind, also in a later process. */
  cursor: string;
}

/** Whose data `erase` removes: exactly one of these. */
export type ErasureSelector = { userId: string } | { threadId: string } | { workflowId: string };

/** What retention removes: whole segments older than the age, then the oldest until the size fits. */
export interface RetentionPolicy {
  maxAgeDays?: number;
  maxBytes?: number;
}

/** Small JSON documents (registry index, cursors, experiments, requests). Values are copied in and out. */
export interface DocumentStore {
  get<T>(key: string): Promise<T | undefined>;
  put<T>(key: string, value: T): Promise<void>;
  /** Reads, changes and writes one document without another write of this store in between. */
  update<T>(key: string, change: (current: T | undefined) => T): Promise<T>;
  delete(key: string): Promise<void>;
  /** Keys that start with `prefix`, sorted. */
  keys(prefix?: string): Promise<string[]>;
}

/** Immutable blobs of text (trained artifacts), written once under a name. */
export interface BlobStore {
  /** Fails with ARTIFACT_INVALID when the name is taken by other content. */
  write(name: string, content: string): Promise<void>;
  /** Undefined when there is none. */
  read(name: string): Promise<string | undefined>;
  delete(name: string): Promise<void>;
}

/** Bytes on disk (or estimated in memory) per folder. */
export interface StoreSizes {
  traces: number;
  feedback: number;
  models: number;
}

/**
 * Where facts, documents and artifacts live. One contract suite runs on every implementation.
 * After `close` every call fails with STORE_CLOSED.
 */
export interface LearningStore {
  /** Resolves when the facts are durable. Order within one call is kept. */
  append<K extends FactKind>(kind: K, facts: readonly (FactTypes[K] | EncodedFact)[]): Promise<void>;
  /**
   * The fact as this store's `append` will take it as well; a store without has nothing better than the fact itself.
   * The states in a trace must be JSON texts as the tracer writes them; `append` takes any text.
   */
  encode?<K extends FactKind>(kind: K, fact: FactTypes[K]): EncodedFact;
  /** Facts in the order of their append (per writing process), in batches. Skips what is damaged, with a warning. */
  read<K extends FactKind>(kind: K, query?: FactQuery): AsyncIterable<FactBatch<FactTypes[K]>>;
  readonly documents: DocumentStore;
  readonly blobs: BlobStore;
  sizes(): Promise<StoreSizes>;
  /** Number of facts removed. */
  retain(policy: RetentionPolicy): Promise<number>;
  /**
   * Removes the facts of a person, thread or run everywhere; returns how many of each kind. Fails with
   * STORE_QUERY, and erases nothing, unless exactly one id is given.
   */
  erase(selector: ErasureSelector): Promise<Record<FactKind, number>>;
  close(): Promise<void>;
}
