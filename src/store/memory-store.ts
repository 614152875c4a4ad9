import { checkArgument } from "../core/arguments.js";
import type { Clock } from "../core/index.js";
import { checkFact, LearningError, messageOf, show, systemClock } from "../core/index.js";
import {
  badCursor,
  checkBlob,
  checkFacts,
  checkKey,
  checkKind,
  checkQuery,
  checkRetention,
  checkSelector,
  comparedRunOf,
  DEFAULT_BATCH_SIZE,
  FACT_KINDS,
  keysOf,
  matches,
  textToFind,
} from "./facts.js";
import { checkLease, heldLease, leaseHeld, leaseLost } from "./held-lease.js";
import type {
  BlobStore,
  DocumentStore,
  ErasureSelector,
  FactBatch,
  FactKind,
  FactQuery,
  FactTypes,
  LearningStore,
  Lease,
  RetentionPolicy,
  StoreSizes,
  UpdateOptions,
} from "./learning-store.js";

/** Options of {@link createMemoryStore}. */
export interface MemoryStoreOptions {
  /** Ages of facts are measured by it. */
  clock?: Clock;
}

interface Entry {
  seq: number;
  text: string;
  fact: FactTypes[FactKind];
}

/**
 * A store that lives and dies with the process: for tests, short scripts and hosts without a disk.
 * It keeps everything as copies, so later changes to what was appended do not reach it.
 * @example
 * const store = createMemoryStore();
 * await store.append("feedback", [record]);
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): LearningStore {
  checkArgument(options, "options", "object", "CONFIG_INVALID");
  const clock = options.clock ?? systemClock;
  const logs: Record<FactKind, Entry[]> = { trace: [], decision: [], feedback: [] };
  /** The same by run: what is asked of one run is asked while others go on. */
  const byRun: Record<FactKind, Map<string, Entry[]>> = { trace: new Map(), decision: new Map(), feedback: new Map() };
  const documents = new Map<string, string>();
  const blobs = new Map<string, string>();
  /** The newest fencing number of each name, and who holds it. */
  const leases = new Map<string, { fence: number; held?: Lease }>();
  let seq = 0;
  let closed = false;

  const open = () => {
    if (closed) throw closedError();
  };
  const drop = (kind: FactKind, gone: (entry: Entry) => boolean): number => {
    const kept = logs[kind].filter((entry) => !gone(entry));
    const removed = logs[kind].length - kept.length;
    logs[kind] = kept;
    if (removed === 0) return 0;
    byRun[kind].clear();
    for (const entry of kept) addToRun(byRun[kind], entry);
    return removed;
  };
  const bytes = (kind: FactKind) => logs[kind].reduce((sum, entry) => sum + entry.text.length + 1, 0);

  const documentStore: DocumentStore = {
    async get<T>(key: string) {
      open();
      checkKey(key);
      const text = documents.get(key);
      return text === undefined ? undefined : (JSON.parse(text) as T);
    },
    async put(key, value) {
      open();
      checkKey(key);
      documents.set(key, documentText(key, value));
    },
    async update<T>(key: string, change: (current: T | undefined) => T, { lease }: UpdateOptions = {}) {
      open();
      checkKey(key);
      checkArgument(change, "change", "function", "STORE_QUERY");
      if (lease && leases.get(lease.name)?.held !== lease) throw leaseLost(lease.name);
      const text = documents.get(key);
      const next = documentText(key, change(text === undefined ? undefined : (JSON.parse(text) as T)));
      documents.set(key, next);
      return JSON.parse(next) as T;
    },
    async delete(key) {
      open();
      checkKey(key);
      documents.delete(key);
    },
    async keys(prefix = "") {
      open();
      checkArgument(prefix, "prefix", "text", "STORE_QUERY");
      return [...documents.keys()].filter((key) => key.startsWith(prefix)).sort();
    },
  };

  const blobStore: BlobStore = {
    async write(name, content) {
      open();
      checkBlob(name, content);
      const present = blobs.get(name);
      if (present !== undefined && present !== content) throw takenError(name);
      blobs.set(name, content);
    },
    async read(name) {
      open();
      return blobs.get(name);
    },
    async delete(name) {
      open();
      blobs.delete(name);
    },
  };

  async function* read<K extends FactKind>(kind: K, query: FactQuery = {}): AsyncIterable<FactBatch<FactTypes[K]>> {
    open();
    checkKind(kind);
    checkQuery(query);
    const after = query.after === undefined ? 0 : Number(query.after);
    if (!Number.isInteger(after) || after < 0) throw badCursor(String(query.after));
    const { workflowId } = query;
    const entries = workflowId === undefined ? logs[kind] : (byRun[kind].get(workflowId) ?? []);
    const found = entries.slice(placeAfter(entries, after)).filter((e) => matches(keysOf(kind, e.fact), query));
    const text = query.text && textToFind(query.text);
    if (text) found.splice(0, found.length, ...found.filter((e) => e.text.toLowerCase().includes(text)));
    if (query.latest) found.reverse().sort((a, b) => timeOf(kind, b) - timeOf(kind, a));
    const limit = Math.min(query.limit ?? found.length, found.length);
    const size = query.batchSize ?? DEFAULT_BATCH_SIZE;
    // Forward reading may step over everything that was looked at; backward reading is followed by what comes later.
    const isAll = query.limit === undefined || found.length <= query.limit;
    const end = isAll || query.latest ? seq : (found[limit - 1]?.seq ?? after);
    for (let at = 0; at < limit; at += size) {
      open();
      const part = found.slice(at, Math.min(at + size, limit));
      const last = at + size >= limit;
      yield {
        facts: part.map((e) => JSON.parse(e.text) as FactTypes[K]),
        cursor: String(last || query.latest ? end : (part.at(-1) as Entry).seq),
      };
    }
  }

  return {
    async append(kind, facts) {
      open();
      checkFacts(kind, facts);
      const texts = facts.map((fact) => JSON.stringify(fact));
      const copies = texts.map((text) => JSON.parse(text));
      for (const copy of copies) checkFact(kind, copy);
      copies.forEach((fact, i) => {
        seq += 1;
        const entry = { seq, text: texts[i]!, fact };
        logs[kind].push(entry);
        addToRun(byRun[kind], entry);
      });
    },
    read,
    documents: documentStore,
    blobs: blobStore,
    async lease(name, options) {
      open();
      checkLease(name, options);
      const last = leases.get(name);
      if (last?.held) throw leaseHeld(name, "another part of this process");
      const taken: { fence: number; held?: Lease } = { fence: (last?.fence ?? 0) + 1 };
      // Its holder lives as long as the store does, so it is never lost, only given back.
      taken.held = heldLease({ name, fence: taken.fence, ttlMs: options.ttlMs }, clock, {
        renew: async () => true,
        giveBack: async () => {
          taken.held = undefined;
        },
      });
      leases.set(name, taken);
      return taken.held;
    },
    async health() {
      open();
      return { unreadable: { trace: 0, decision: 0, feedback: 0 }, problems: [] };
    },
    async sizes(): Promise<StoreSizes> {
      open();
      let models = 0;
      for (const text of [...documents.values(), ...blobs.values()]) models += text.length;
      return { traces: bytes("trace") + bytes("decision"), feedback: bytes("feedback"), models };
    },
    async retain(policy: RetentionPolicy) {
      open();
      checkRetention(policy);
      let removed = 0;
      if (policy.maxAgeDays !== undefined) {
        const oldest = clock.now() - policy.maxAgeDays * 86_400_000;
        for (const kind of FACT_KINDS) removed += drop(kind, (e) => timeOf(kind, e) < oldest);
      }
      if (policy.maxBytes !== undefined) {
        let excess = FACT_KINDS.reduce((sum, kind) => sum + bytes(kind), 0) - policy.maxBytes;
        const all = FACT_KINDS.flatMap((kind) => logs[kind].map((entry) => ({ kind, entry })));
        all.sort((a, b) => timeOf(a.kind, a.entry) - timeOf(b.kind, b.entry));
        const gone = new Set<Entry>();
        for (const { entry } of all) {
          if (excess <= 0) break;
          gone.add(entry);
          excess -= entry.text.length + 1;
        }
        for (const kind of FACT_KINDS) removed += drop(kind, (e) => gone.has(e));
      }
      return removed;
    },
    async erase(selector: ErasureSelector) {
      open();
      checkSelector(selector);
      const runs = new Set("workflowId" in selector ? [selector.workflowId] : []);
      for (const kind of FACT_KINDS)
        for (const e of logs[kind])
          if (kind !== "feedback" && matches(keysOf(kind, e.fact), selector)) runs.add(e.fact.workflowId);
      const counts: Record<FactKind, number> = { trace: 0, decision: 0, feedback: 0 };
      for (const kind of FACT_KINDS)
        counts[kind] = drop(
          kind,
          ({ fact }) =>
            runs.has(fact.workflowId) ||
            runs.has(comparedRunOf(kind, fact) ?? "") ||
            matches(keysOf(kind, fact), selector),
        );
      return counts;
    },
    async close() {
      for (const { held } of leases.values()) await held?.release();
      closed = true;
    },
  };
}

function addToRun(runs: Map<string, Entry[]>, entry: Entry): void {
  const { workflowId } = entry.fact;
  const known = runs.get(workflowId);
  if (known) known.push(entry);
  else runs.set(workflowId, [entry]);
}

/** Where the entries behind a position begin; their numbers grow. */
function placeAfter(entries: readonly Entry[], seq: number): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle]!.seq > seq) high = middle;
    else low = middle + 1;
  }
  return low;
}

function timeOf(kind: FactKind, entry: Entry): number {
  return Date.parse(keysOf(kind, entry.fact).at);
}

/** The error of every call after `close`. */
export function closedError(): LearningError {
  return new LearningError("STORE_CLOSED", {
    received: "a call after close()",
    expected: "an open store",
    remedy: "Open the store again, or close it last.",
  });
}

/** The error of a blob whose name already holds something else. */
export function takenError(name: string): LearningError {
  return new LearningError("ARTIFACT_INVALID", {
    received: `other content for the existing blob ${show(name)}`,
    expected: "a new name, or the same content again",
    remedy: "Publish changed content under a new version.",
  });
}

/** A document as JSON text; fails with STORE_IO for what JSON cannot hold. */
export function documentText(key: string, value: unknown): string {
  const refused = (received: string, remedy: string, cause?: unknown) =>
    new LearningError("STORE_IO", {
      received: `${received} for the document ${show(key)}`,
      expected: "a value that JSON can hold",
      remedy,
      cause,
    });
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw refused(`${show(value)} (${messageOf(cause)})`, "Store plain JSON: no big integers, no circles.", cause);
  }
  if (text === undefined) throw refused(show(value), "Delete the document instead of storing undefined.");
  return text;
}
