import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock, Logger } from "../core/index.js";
import { defaultLogger, LearningError, show, systemClock } from "../core/index.js";
import { FACT_KINDS } from "./facts.js";
import { fileBlobs } from "./file/blobs.js";
import { fileDocuments } from "./file/documents.js";
import { Eraser } from "./file/eraser.js";
import { LineEncoder } from "./file/fact-line.js";
import type { FactLog } from "./file/fact-log.js";
import { FactReader } from "./file/fact-reader.js";
import { FactWriter } from "./file/fact-writer.js";
import { fileHealthOf } from "./file/health.js";
import { codedIo, ensureFolder, errno } from "./file/io.js";
import { fileLeases } from "./file/leases.js";
import { sweepLeftovers } from "./file/leftovers.js";
import { Ownership } from "./file/ownership.js";
import { checkPath } from "./file/path.js";
import { retainSegments } from "./file/retention.js";
import { SegmentFolder } from "./file/segment-folder.js";
import type { DocumentStore, FactKind, FactQuery, LearningStore, RetentionPolicy } from "./learning-store.js";
import { closedError } from "./memory-store.js";

/** Options of {@link openFileStore}. */
export interface FileStoreOptions {
  /** Folder of traces and, beside them, decisions. */
  traces: string;
  /** Folder of feedback. */
  feedback: string;
  /** Folder of documents and trained artifacts. */
  models: string;
  logger?: Logger;
  clock?: Clock;
  /** Sync every batch to disk before acknowledging it (default true). Without, a power cut can take the last seconds. */
  fsync?: boolean;
  /** Size in bytes from which a segment is closed and another begun (default 64 MiB). */
  segmentBytes?: number;
  /** Only look: nothing is written, so a folder that cannot be written will do (default false). */
  readOnly?: boolean;
}

/**
 * Opens the store that keeps facts as append-only JSONL segments, documents in lowdb files and
 * artifacts as files, all readable by their owner alone. Any number of processes of ONE host may use the same folders
 * at once, in any containers; a folder shared among hosts is refused.
 *
 * @throws STORE_IO when a folder cannot be made or written
 * @throws STORE_FOREIGN while a process of another host uses the folders
 * @throws CONFIG_INVALID on a `segmentBytes` that is none
 * @example
 * const store = await openFileStore({ traces: "./traces", feedback: "./feedback", models: "./models" });
 */
export async function openFileStore(options: FileStoreOptions): Promise<LearningStore> {
  checkFolders(options);
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? defaultLogger();
  const segmentBytes = options.segmentBytes ?? 64 * 1024 * 1024;
  const readOnly = options.readOnly ?? false;
  if (!Number.isInteger(segmentBytes) || segmentBytes < 1024)
    throw new LearningError("CONFIG_INVALID", {
      received: `segmentBytes: ${show(segmentBytes)}`,
      expected: "an integer of at least 1024",
      remedy: "Leave it out for 64 MiB.",
    });
  const inModels = (name: string) => join(options.models, name);
  const folders = { documents: inModels("documents"), blobs: inModels("artifacts"), leases: inModels("leases") };
  const all = [options.traces, options.feedback, ...Object.values(folders)];
  const ownerFolder = inModels("owners");
  if (!readOnly) for (const folder of [...all, ownerFolder]) await ensureFolder(folder);
  const coded = <T>(action: string, folder: string, work: Promise<T>): Promise<T> =>
    work.catch((cause) => {
      throw codedIo(action, folder, cause);
    });
  const owners = readOnly
    ? Ownership.observe(ownerFolder, clock)
    : await coded("registering in", ownerFolder, Ownership.open(ownerFolder, clock));

  const encoder = new LineEncoder();
  const logs = {} as Record<FactKind, FactLog>;
  for (const kind of FACT_KINDS) {
    const folder = kind === "feedback" ? options.feedback : options.traces;
    const segments = new SegmentFolder(folder, kind, logger, owners, readOnly);
    const writer = new FactWriter(segments, clock, encoder, { fsync: options.fsync ?? true, segmentBytes });
    logs[kind] = { kind, segments, writer };
  }
  const allLogs = Object.values(logs);
  const leases = fileLeases(folders.leases, clock, owners);
  const documents = fileDocuments(folders.documents, clock, logger, leases);
  const blobs = fileBlobs(folders.blobs);
  const eraser = new Eraser(options.traces, allLogs, [documents, blobs], logger, owners);
  try {
    if (!readOnly) {
      for (const { segments } of allLogs) await segments.freeEnded();
      await owners.sweep();
      await sweepLeftovers(all);
      await eraser.finishPending();
    }
  } catch (cause) {
    await owners.close();
    throw codedIo("opening", options.traces, cause);
  }

  let closing: Promise<void> | undefined;
  const isClosed = () => (closing ? closedError() : undefined);
  /** A call that works only while the store is open, with errors of the operating system coded. */
  const guarded =
    <A extends unknown[], R>(action: string, folder: string, call: (...args: A) => Promise<R>, writes = false) =>
    async (...args: A): Promise<R> => {
      if (closing) throw closedError();
      if (writes && readOnly) throw readOnlyError(action, folder);
      return coded(action, folder, call(...args));
    };
  const read = <K extends FactKind>(kind: K, query: FactQuery = {}) =>
    new FactReader(logs[kind].segments, kind, isClosed).read(query);

  return {
    append: guarded("appending to", options.traces, (kind, facts) => logs[kind].writer.append(kind, facts), true),
    appendSync(kind, facts) {
      if (closing) throw closedError();
      if (readOnly) throw readOnlyError("appending to", options.traces);
      logs[kind].writer.appendSync(kind, facts);
    },
    rescue() {
      for (const { writer } of allLogs) writer.rescue();
    },
    encode: (kind, fact) => encoder.encodeTraced(kind, fact),
    read,
    ofRuns: (kind, runs, times = {}) => new FactReader(logs[kind].segments, kind, isClosed).ofRuns(runs, times),
    documents: {
      get: guarded("reading", folders.documents, documents.get),
      put: guarded("writing", folders.documents, documents.put, true),
      update: guarded("writing", folders.documents, documents.update, true),
      delete: guarded("writing", folders.documents, documents.delete, true),
      keys: guarded("reading", folders.documents, documents.keys),
    } as DocumentStore,
    blobs: {
      write: guarded("writing", folders.blobs, blobs.write, true),
      read: guarded("reading", folders.blobs, blobs.read),
      delete: guarded("deleting from", folders.blobs, blobs.delete, true),
    },
    lease: guarded("taking a lease in", folders.leases, leases.lease, true),
    health: guarded("looking through", options.traces, () => fileHealthOf(allLogs, documents)),
    sizes: guarded("measuring", options.traces, async () => ({
      traces: await bytesIn(options.traces),
      feedback: await bytesIn(options.feedback),
      models: (await bytesIn(folders.documents)) + (await bytesIn(folders.blobs)),
    })),
    retain: guarded(
      "retiring from",
      options.traces,
      (policy: RetentionPolicy) => retainSegments(allLogs, policy, clock),
      true,
    ),
    erase: guarded("erasing from", options.traces, (selector) => eraser.erase(selector), true),
    close() {
      closing ??= (async () => {
        try {
          await Promise.all([...allLogs.map((log) => log.writer.close()), leases.close()]);
        } finally {
          await owners.close();
        }
      })();
      return closing;
    },
  };
}

function checkFolders(options: FileStoreOptions): void {
  const given: unknown = options;
  if (typeof given !== "object" || given === null)
    throw new LearningError("CONFIG_INVALID", {
      received: show(given),
      expected: "an object with the folders `traces`, `feedback` and `models`",
      remedy: 'Pass { traces: "./learning/traces", feedback: "./learning/feedback", models: "./learning/models" }.',
    });
  for (const name of ["traces", "feedback", "models"] as const) checkPath(options[name], name);
}

async function bytesIn(folder: string): Promise<number> {
  let sum = 0;
  for (const name of await readdir(folder))
    sum += await stat(join(folder, name)).then(
      (s) => (s.isFile() ? s.size : 0),
      (error) => {
        if (errno(error) === "ENOENT") return 0;
        throw error;
      },
    );
  return sum;
}

function readOnlyError(action: string, folder: string): LearningError {
  return new LearningError("STORE_IO", {
    received: `${action} ${folder}, which was opened to be read only`,
    expected: "a store that may be written",
    remedy: "Open it without `readOnly`.",
  });
}
