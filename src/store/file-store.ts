import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { checkArgument } from "../core/arguments.js";
import { LearningError } from "../core/index.js";
import { checkFacts, checkKind, checkRetention, FACT_KINDS } from "./facts.js";
import { fileBlobs } from "./file/blobs.js";
import { fileDocuments } from "./file/documents.js";
import { Eraser } from "./file/eraser.js";
import { LineEncoder } from "./file/fact-line.js";
import type { FactLog } from "./file/fact-log.js";
import { FactReader } from "./file/fact-reader.js";
import { FactWriter } from "./file/fact-writer.js";
import { fileHealthOf } from "./file/health.js";
import { codedIo, ensureFolder, errno, isNoFile } from "./file/io.js";
import { fileLeases } from "./file/leases.js";
import { sweepLeftovers } from "./file/leftovers.js";
import { Ownership } from "./file/ownership.js";
import { retainSegments } from "./file/retention.js";
import { SegmentFolder } from "./file/segment-folder.js";
import { type FileStoreOptions, fileStoreSettings } from "./file-store-options.js";
import type { DocumentStore, FactKind, FactQuery, LearningStore, RetentionPolicy } from "./learning-store.js";
import { closedError } from "./memory-store.js";

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
  const { traces, feedback, models, clock, logger, fsync, segmentBytes, readOnly } = fileStoreSettings(options);
  const inModels = (name: string) => join(models, name);
  const folders = { documents: inModels("documents"), blobs: inModels("artifacts"), leases: inModels("leases") };
  const all = [traces, feedback, ...Object.values(folders)];
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
    const folder = kind === "feedback" ? feedback : traces;
    const segments = new SegmentFolder(folder, kind, logger, owners, readOnly);
    const writer = new FactWriter(segments, clock, encoder, { fsync, segmentBytes });
    logs[kind] = { kind, segments, writer };
  }
  const allLogs = Object.values(logs);
  const leases = fileLeases(folders.leases, clock, owners);
  const documents = fileDocuments(folders.documents, clock, logger, leases);
  const blobs = fileBlobs(folders.blobs);
  const eraser = new Eraser(traces, allLogs, [documents, blobs], logger, owners);
  try {
    if (!readOnly) {
      for (const { segments } of allLogs) await segments.freeEnded();
      await owners.sweep();
      await sweepLeftovers(all);
      await eraser.finishPending();
    }
  } catch (cause) {
    await owners.close();
    throw codedIo("opening", traces, cause);
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
  const read = <K extends FactKind>(kind: K, query: FactQuery = {}) => {
    checkKind(kind);
    return new FactReader(logs[kind].segments, kind, isClosed).read(query);
  };

  return {
    append: guarded(
      "appending to",
      traces,
      (kind, facts) => {
        checkFacts(kind, facts);
        return logs[kind].writer.append(kind, facts);
      },
      true,
    ),
    appendSync(kind, facts) {
      if (closing) throw closedError();
      if (readOnly) throw readOnlyError("appending to", traces);
      checkFacts(kind, facts);
      logs[kind].writer.appendSync(kind, facts);
    },
    rescue() {
      for (const { writer } of allLogs) writer.rescue();
    },
    encode(kind, fact) {
      checkKind(kind);
      return encoder.encodeTraced(kind, fact);
    },
    read,
    ofRuns(kind, runs, times = {}) {
      checkKind(kind);
      checkArgument(runs, "runs", { has: "function" }, "STORE_QUERY");
      return new FactReader(logs[kind].segments, kind, isClosed).ofRuns(runs, times);
    },
    documents: {
      get: guarded("reading", folders.documents, documents.get),
      put: guarded("writing", folders.documents, documents.put, true),
      update: guarded(
        "writing",
        folders.documents,
        async (key, change, options) => {
          checkArgument(change, "change", "function", "STORE_QUERY");
          return documents.update(key, change, options);
        },
        true,
      ),
      delete: guarded("writing", folders.documents, documents.delete, true),
      keys: guarded("reading", folders.documents, async (prefix = "") => {
        checkArgument(prefix, "prefix", "text", "STORE_QUERY");
        return documents.keys(prefix);
      }),
    } as DocumentStore,
    blobs: {
      write: guarded("writing", folders.blobs, blobs.write, true),
      read: guarded("reading", folders.blobs, blobs.read),
      delete: guarded("deleting from", folders.blobs, blobs.delete, true),
    },
    lease: guarded("taking a lease in", folders.leases, leases.lease, true),
    health: guarded("looking through", traces, () => fileHealthOf(allLogs, documents)),
    sizes: guarded("measuring", traces, async () => ({
      traces: await bytesIn(traces),
      feedback: await bytesIn(feedback),
      models: (await bytesIn(folders.documents)) + (await bytesIn(folders.blobs)),
    })),
    retain: guarded(
      "retiring from",
      traces,
      async (policy: RetentionPolicy) => {
        checkRetention(policy);
        return retainSegments(allLogs, policy, clock);
      },
      true,
    ),
    erase: guarded("erasing from", traces, (selector) => eraser.erase(selector), true),
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

async function bytesIn(folder: string): Promise<number> {
  let sum = 0;
  for (const name of await readdir(folder))
    sum += await stat(join(folder, name)).then(
      (s) => (s.isFile() ? s.size : 0),
      (error) => {
        if (errno(error) === "ENOENT" || isNoFile(error)) return 0;
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
