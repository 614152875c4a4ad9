import { digest, LearningError, show } from "../core/index.js";
import { blobNamesIn, REGISTRY_PREFIX } from "../registry/index.js";
import { Follower } from "../store/follow.js";
import type { FactKind, LearningStore } from "../store/index.js";
import { largeBlobsIn } from "../store/large-document.js";

/** What was copied of each kind, and what was found the same in both stores. */
export interface CopySummary {
  facts: Record<FactKind, number>;
  documents: number;
  blobs: number;
  /** Facts that this call copied; fewer than there are where an earlier one had begun. */
  fresh: number;
}

/** Options of {@link copyStore}. */
export interface CopyOptions {
  /** Names the source, so that a second call goes on where the first one ended. */
  source: string;
  /** Called after each batch. */
  onProgress?(kind: FactKind, copied: number): void;
}

/** How far a copy has come, as a document of the target. */
interface Progress {
  source: string;
  cursors: Partial<Record<FactKind, string>>;
  /** Facts of each kind up to there. */
  copied: Partial<Record<FactKind, number>>;
}

const PROGRESS_KEY = "migration/progress";
const KINDS: readonly FactKind[] = ["trace", "decision", "feedback"];
const BATCH = 256;
/** What belongs to the processes over the source, not to its data. */
const LEFT_BEHIND = ["loop/work", PROGRESS_KEY];

/**
 * Copies everything from one store to another, and compares the two by counts and checksums. A copy that was
 * interrupted, or whose source has grown, is continued by the same call; nothing is there twice.
 *
 * @throws LEARNING_STATE for a target that holds other facts; STORE_CORRUPT where the two differ afterwards
 * @example
 * await copyStore(fileStore, postgresStore, { source: "./learning" });
 */
export async function copyStore(from: LearningStore, to: LearningStore, options: CopyOptions): Promise<CopySummary> {
  const progress = await begin(to, options.source);
  let fresh = 0;
  for (const kind of KINDS) fresh += await copyFacts(from, to, kind, progress, options);
  const { documents, blobs } = await copyDocuments(from, to);
  const facts = {} as Record<FactKind, number>;
  for (const kind of KINDS) {
    const [source, target] = [await sumOf(from, kind), await sumOf(to, kind)];
    facts[kind] = target.count;
    if (source.count !== target.count || source.sum !== target.sum) throw different(kind, source, target);
  }
  return { facts, documents, blobs, fresh };
}

/** What is known of an earlier copy from this source; a target with anything else in it is not touched. */
async function begin(to: LearningStore, source: string): Promise<Progress> {
  const known = await to.documents.get<Progress>(PROGRESS_KEY);
  const fresh: Progress = { source, cursors: {}, copied: {} };
  // A note of another shape begins anew, and finds what is there.
  if (known?.source === source) return known.cursors && known.copied ? known : fresh;
  for (const kind of KINDS)
    for await (const { facts } of to.read(kind, { limit: 1 }))
      if (facts.length > 0)
        throw new LearningError("LEARNING_STATE", {
          received: `a target that holds facts ${known ? `from ${show(known.source)}` : "of its own"}`,
          expected: "an empty store, or one that an earlier copy from the same source has begun",
          remedy: "Copy into another schema or folder.",
        });
  await to.documents.put(PROGRESS_KEY, fresh);
  return fresh;
}

async function copyFacts<K extends FactKind>(
  from: LearningStore,
  to: LearningStore,
  kind: K,
  progress: Progress,
  options: CopyOptions,
): Promise<number> {
  let fresh = 0;
  let count = progress.copied[kind] ?? 0;
  // Where an earlier copy died between a batch and its note, the first facts of that batch are there.
  let there = (await countOf(to, kind)) - count;
  const follower = new Follower(from, {
    cursors: progress.cursors,
    batchSize: () => BATCH,
    onMove: async (moved, cursor) => {
      progress.cursors[moved] = cursor;
      progress.copied[moved] = count;
      await to.documents.put(PROGRESS_KEY, progress);
      options.onProgress?.(moved, fresh);
    },
  });
  for await (const facts of follower.news(kind)) {
    const missing = facts.slice(Math.max(0, there));
    there -= facts.length;
    await to.append(kind, missing);
    count += facts.length;
    fresh += missing.length;
  }
  return fresh;
}

async function copyDocuments(from: LearningStore, to: LearningStore): Promise<{ documents: number; blobs: number }> {
  let documents = 0;
  let blobs = 0;
  for (const key of await from.documents.keys()) {
    if (LEFT_BEHIND.includes(key)) continue;
    const value = await from.documents.get(key);
    // What a document refers to is there before the document is.
    for (const name of key.startsWith(REGISTRY_PREFIX) ? blobNamesIn(value) : largeBlobsIn(value)) {
      const content = await from.blobs.read(name);
      if (content === undefined) continue;
      await to.blobs.write(name, content);
      blobs++;
    }
    await to.documents.put(key, value);
    documents++;
  }
  return { documents, blobs };
}

async function countOf(store: LearningStore, kind: FactKind): Promise<number> {
  let count = 0;
  for await (const { facts } of store.read(kind)) count += facts.length;
  return count;
}

interface Sum {
  count: number;
  sum: bigint;
}

/** Count and checksum of all facts of a kind, whatever their order. */
async function sumOf(store: LearningStore, kind: FactKind): Promise<Sum> {
  let count = 0;
  let sum = 0n;
  for await (const { facts } of store.read(kind))
    for (const fact of facts) {
      count++;
      sum = BigInt.asUintN(128, sum + BigInt(`0x${digest(canonical(fact))}`));
    }
  return { count, sum };
}

/** JSON with its keys in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function different(kind: FactKind, source: Sum, target: Sum): LearningError {
  return new LearningError("STORE_CORRUPT", {
    received: `${target.count} facts of the kind ${kind} in the target (checksum ${target.sum.toString(16)})`,
    expected: `the ${source.count} of the source (checksum ${source.sum.toString(16)})`,
    remedy: "Stop what writes to either store and copy again; what is still missing is copied then.",
  });
}
