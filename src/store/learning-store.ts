import type { FactKind, FactTypes, LearningErrorCode } from "../core/index.js";

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
  /**
   * Of decisions: the destination that was chosen, and the version that was asked. The package's stores find them by
   * index; another store may leave the two to the caller, who checks each fact.
   */
  chosen?: string;
  policyVersion?: string;
  /**
   * Together with `latest`: a text in a trace's tags, the values of its metadata, or at the beginning of one of its ids,
   * letter case aside. A store may look through what it has and hand out more than fits, so the caller checks each fact.
   * Batches may then be small or empty, and say how far was looked.
   */
  text?: string;
  /**
   * Together with `latest`, of traces: an edge `FROM>TO` that was taken, and a node in which something failed. The
   * package's PostgreSQL store finds them by index; any other store may leave them to the caller, who checks each fact.
   */
  took?: string;
  failedIn?: string;
  /**
   * Together with `latest`, of feedback: the highest of its values on [0,1] is at least, the lowest at most this. As
   * with `took`, the caller checks each fact.
   */
  valueFrom?: number;
  valueTo?: number;
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
  /** Of a search: how many facts were looked at for this batch, and how far back nothing is left to look at. */
  looked?: { facts: number; until: string };
}

/** As {@link FactBatch}, each fact as its JSON text. */
export interface TextBatch {
  texts: string[];
  cursor: string;
  /** Tells the store that a text of the batch is no fact, for its status; absent where the store has looked itself. */
  setAside?(index: number, flaw: string): void;
}

/** Whose data `erase` removes: exactly one of these. */
export type ErasureSelector = { userId: string } | { threadId: string } | { workflowId: string };

/** What retention removes: whole segments older than the age, then the oldest until the size fits. */
export interface RetentionPolicy {
  maxAgeDays?: number;
  maxBytes?: number;
}

/** How a lease is taken. */
export interface LeaseOptions {
  /**
   * Time in milliseconds, above 0, after which a holder that gave no sign of life loses the lease. The holder
   * renews it by itself every third of that time.
   */
  ttlMs: number;
}

/**
 * The right to do one piece of work, held by one holder at a time among all processes of a store. It can be lost:
 * a process that was stopped for longer than the time to live finds another holder when it wakes. What it writes
 * with `update(key, change, { lease })` is refused then.
 */
export interface Lease {
  readonly name: string;
  /** The fencing number: grows with every taking of this name, for as long as the store exists. */
  readonly fence: number;
  /** Aborted when the lease is lost or given back; its reason is a STORE_LEASE_LOST error. */
  readonly signal: AbortSignal;
  /** Gives the lease back, so that the next one need not wait. Does nothing when it is lost or given back already. */
  release(): Promise<void>;
}

/** How a document is written. */
export interface UpdateOptions {
  /**
   * Write only while this lease is held: the write fails with STORE_LEASE_LOST, and changes nothing, once the
   * lease has been lost, and always once a later holder has written the same document.
   */
  lease?: Lease;
}

/** Small JSON documents (registry index, cursors, experiments, requests). Values are copied in and out. */
export interface DocumentStore {
  get<T>(key: string): Promise<T | undefined>;
  put<T>(key: string, value: T): Promise<void>;
  /**
   * Reads, changes and writes one document without another write of this store in between. Where another process
   * wrote meanwhile, `change` is called again with what that one wrote: it must have no effect but its result.
   */
  update<T>(key: string, change: (current: T | undefined) => T, options?: UpdateOptions): Promise<T>;
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

/** One kind of trouble a store has met and worked around. */
export interface StoreProblem {
  code: LearningErrorCode;
  /** What is wrong and what can be done, in words a reader understands. */
  message: string;
  /** How often it was met. */
  count: number;
}

/** What a store knows about its own condition. */
export interface StoreHealth {
  /** Stored records that cannot be read as facts; they are set aside and hide no other. */
  unreadable: Record<FactKind, number>;
  /** Everything a person should look at; empty when all is well. */
  problems: StoreProblem[];
  /** Set while the server of the store cannot be reached. */
  outage?: StoreOutage;
}

/** The outage of a store's server, as far as this process writes. */
export interface StoreOutage {
  /** ISO 8601: when a write failed for the first time. */
  since: string;
  /** Bytes that this process keeps on the local disk. */
  waitingBytes: number;
  /** Records that were refused since, because the disk took no more; who gave them may give them again. */
  refused: number;
}

/**
 * Where facts, documents and artifacts live. One contract suite runs on every implementation.
 * After `close` every call fails with STORE_CLOSED.
 */
export interface LearningStore {
  /**
   * Resolves when the facts are durable. Order within one call is kept. Fails with FACT_INVALID, and stores nothing
   * of the call, when one of the facts is not of its kind's schema.
   */
  append<K extends FactKind>(kind: K, facts: readonly (FactTypes[K] | EncodedFact)[]): Promise<void>;
  /**
   * The facts are durable when it returns: for the end of a process, and for programs that never let the event loop
   * turn. A store that cannot has none.
   * @throws STORE_IO, STORE_CLOSED
   */
  appendSync?<K extends FactKind>(kind: K, facts: readonly (FactTypes[K] | EncodedFact)[]): void;
  /** At the end of the process: makes durable, before it returns, what `append` has not acknowledged yet. */
  rescue?(): void;
  /**
   * The fact as this store's `append` will take it as well; a store without has nothing better than the fact itself.
   * The states in a trace must be JSON texts as the tracer writes them; `append` takes any text.
   */
  encode?<K extends FactKind>(kind: K, fact: FactTypes[K]): EncodedFact;
  /** Facts in the order of their append (per writing process), in batches. Skips what is damaged, with a warning. */
  read<K extends FactKind>(kind: K, query?: FactQuery): AsyncIterable<FactBatch<FactTypes[K]>>;
  /**
   * As `read`, but each fact as its JSON text, for readers that only pass facts on; a damaged one may be among them.
   * A store without has nothing better than `read`.
   */
  readTexts?<K extends FactKind>(kind: K, query?: FactQuery): AsyncIterable<TextBatch>;
  /**
   * The facts of some runs in one reading, in the order of `read`, within the times given (as in {@link FactQuery}). A
   * store without it is asked run by run.
   */
  ofRuns?<K extends FactKind>(
    kind: K,
    runs: ReadonlySet<string>,
    times?: Pick<FactQuery, "from" | "to">,
  ): Promise<FactTypes[K][]>;
  /**
   * Calls the listener soon after the registry was changed, by whatever process; without, it has to be looked at now
   * and then. Returns what ends that.
   */
  listen?(listener: () => void): () => void;
  /** Fields of a query that are looked for and that this store finds by index; absent where it has none of them. */
  readonly findsByIndex?: readonly (keyof FactQuery)[];
  readonly documents: DocumentStore;
  readonly blobs: BlobStore;
  /**
   * Takes a lease. Names are free text.
   * @throws STORE_LEASE_HELD while another holder lives
   */
  lease(name: string, options: LeaseOptions): Promise<Lease>;
  /** What is wrong with the store, from what was read so far. */
  health(): Promise<StoreHealth>;
  sizes(): Promise<StoreSizes>;
  /** Number of facts removed. */
  retain(policy: RetentionPolicy): Promise<number>;
  /**
   * Removes the facts of a person, thread or run everywhere; returns how many of each kind: all that name the id,
   * and all of the runs whose trace or decisions name it. Fails with STORE_QUERY, and erases nothing, unless exactly
   * one id is given.
   */
  erase(selector: ErasureSelector): Promise<Record<FactKind, number>>;
  close(): Promise<void>;
}
