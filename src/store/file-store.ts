import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock, Logger } from "../core/index.js";
import { defaultLogger, isLearningError, LearningError, show, systemClock } from "../core/index.js";
import { FACT_KINDS } from "./facts.js";
import { fileBlobs } from "./file/blobs.js";
import { fileDocuments } from "./file/documents.js";
import { Eraser } from "./file/eraser.js";
import { LineEncoder } from "./file/fact-line.js";
import type { FactLog } from "./file/fact-log.js";
import { FactReader } from "./file/fact-reader.js";
import { FactWriter } from "./file/fact-writer.js";
import { ensureFolder, errno, ioError } from "./file/io.js";
import { fileLeases } from "./file/leases.js";
import { retainSegments } from "./file/retention.js";
import { SegmentFolder } from "./file/segment-folder.js";
import type { DocumentStore, ErasureSelector, FactKind, LearningStore, RetentionPolicy } from "./learning-store.js";
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
}

/**
 * Opens the store that keeps facts as append-only JSONL segments, documents in lowdb files and
 * artifacts as files. Several processes of ONE host may use the same folders at once; a folder shared
 * among hosts is not supported, because neither file locks nor process ids reach over a network.
 *
 * Fails with STORE_IO when a folder cannot be made or written.
 */
export async function openFileStore(options: FileStoreOptions): Promise<LearningStore> {
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? defaultLogger();
  const segmentBytes = options.segmentBytes ?? 64 * 1024 * 1024;
  if (!Number.isInteger(segmentBytes) || segmentBytes < 1024)
    throw new LearningError("CONFIG_INVALID", {
      received: `segmentBytes: ${show(segmentBytes)}`,
      expected: "an integer of at least 1024",
      remedy: "Leave it out for 64 MiB.",
    });
  const documentFolder = join(options.models, "documents");
  const blobFolder = join(options.models, "artifacts");
  const leaseFolder = join(options.models, "leases");
  for (const folder of [options.traces, options.feedback, documentFolder, blobFolder, leaseFolder])
    await ensureFolder(folder);

  const encoder = new LineEncoder();
  const logs = {} as Record<FactKind, FactLog>;
  for (const kind of FACT_KINDS) {
    const segments = new SegmentFolder(kind === "feedback" ? options.feedback : options.traces, kind, logger);
    logs[kind] = {
      kind,
      segments,
      writer: new FactWriter(segments, clock, encoder, { fsync: options.fsync ?? true, segmentBytes }),
    };
  }
  const leases = fileLeases(leaseFolder, clock);
  const documents = fileDocuments(documentFolder, clock, logger, leases);
  const eraser = new Eraser(options.traces, Object.values(logs), documents, logger);
  await eraser.finishPending();

  let closing: Promise<void> | undefined;
  const isClosed = () => (closing ? closedError() : undefined);
  const open = () => {
    if (closing) throw closedError();
  };
  const guarded = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      open();
      return call(...args);
    };
  };
  const upkeep = <A extends unknown[], R>(action: string, call: (...args: A) => Promise<R>) =>
    guarded((...args: A) =>
      call(...args).catch((cause) => {
        throw isLearningError(cause) ? cause : ioError(action, options.traces, cause);
      }),
    );
  const blobs = fileBlobs(blobFolder);

  return {
    append: guarded((kind, facts) => logs[kind].writer.append(kind, facts)),
    appendSync: (kind, facts) => {
      open();
      logs[kind].writer.appendSync(kind, facts);
    },
    rescue() {
      for (const { writer } of Object.values(logs)) writer.rescue();
    },
    encode: (kind, fact) => encoder.encodeTraced(kind, fact),
    read: (kind, query = {}) => new FactReader(logs[kind].segments, kind, isClosed).read(query),
    documents: {
      get: guarded(documents.get),
      put: guarded(documents.put),
      update: guarded(documents.update),
      delete: guarded(documents.delete),
      keys: guarded(documents.keys),
    } as DocumentStore,
    blobs: { write: guarded(blobs.write), read: guarded(blobs.read), delete: guarded(blobs.delete) },
    lease: upkeep("taking a lease in", leases.lease),
    health: guarded(async () => ({
      unreadable: Object.fromEntries(FACT_KINDS.map((kind) => [kind, logs[kind].segments.unreadable()])) as Record<
        FactKind,
        number
      >,
      problems: [],
    })),
    sizes: upkeep("measuring", async () => ({
      traces: await bytesIn(options.traces),
      feedback: await bytesIn(options.feedback),
      models: (await bytesIn(documentFolder)) + (await bytesIn(blobFolder)),
    })),
    retain: upkeep("retiring from", (policy: RetentionPolicy) => retainSegments(Object.values(logs), policy, clock)),
    erase: upkeep("erasing from", (selector: ErasureSelector) => eraser.erase(selector)),
    close() {
      closing ??= Promise.all([...Object.values(logs).map((log) => log.writer.close()), leases.close()]).then(() => {});
      return closing;
    },
  };
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
