import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { getHeapStatistics } from "node:v8";
// Without "node:", which bundlers that put the thread's file into the bundle do not look for.
// biome-ignore lint/style/useNodejsImportProtocol: see above
import { isMainThread, Worker, type WorkerOptions, workerData } from "worker_threads";
import { LearningError, messageOf } from "../../core/index.js";
import type { RunRequest, THREAD_DATA as ThreadData, WorkerReply } from "../../worker/protocol.js";
import { findEntry, flawOf, threadProof } from "./find-entry.js";

/** As the thread expects it; a type-only import cannot bring the value. */
const THREAD_DATA: typeof ThreadData = "collective-learning thread";

// This module never runs in the thread it starts. Where it does, a bundler has put the host's program in the place of
// the thread's file, and that program must not run a second time.
if (!isMainThread && workerData === THREAD_DATA) process.exit(1);

/** How the thread is found and started. */
export interface ThreadOptions {
  /** The thread's file, where the program was bundled; checked before it runs. Found by itself by default. */
  workerPath?: string | URL;
  /** The thread's file, unchecked; for tests. */
  entry?: URL;
  /** How long a thread may take until it says that it is ready (default 30 s). */
  readyMs?: number;
}

/** A running thread. */
export interface LearningThread {
  /** Resolves when the thread has proved that it is the learning thread; never where it has not. */
  ready: Promise<void>;
  post(request: RunRequest): void;
  ref(): void;
  unref(): void;
  end(): Promise<unknown>;
}

/** Who listens to a thread. */
export interface ThreadListener {
  reply(reply: WorkerReply): void;
  /** The thread is gone. */
  lost(received: string, cause?: unknown): void;
}

/**
 * Starts the learning thread.
 * @throws WORKER_FAILED where no thread can be started
 */
export function startThread(options: ThreadOptions, listener: ThreadListener): LearningThread {
  const worker = openWorker(options);
  worker.unref();
  let accept = () => {};
  const ready = new Promise<void>((resolve) => {
    accept = resolve;
  });
  const { readyMs = 30_000 } = options;
  const impostor = () => {
    listener.lost("no thread", noThread("a thread that did not say it is the learning thread"));
    void worker.terminate();
  };
  const patience = setTimeout(impostor, readyMs);
  patience.unref();
  let isReady = false;
  worker.on("message", (reply: WorkerReply) => {
    if (isReady) return listener.reply(reply);
    clearTimeout(patience);
    isReady = reply.type === "ready" && reply.proof === threadProof();
    if (isReady) accept();
    else impostor();
  });
  const gone = (received: string, cause?: unknown) => {
    clearTimeout(patience);
    if (isReady) listener.lost(received, cause);
    else listener.lost(received, noThread(received, cause));
  };
  worker.on("error", (error) => gone(`a thread that died: ${messageOf(error)}`, error));
  worker.on("exit", (code) => gone(`a thread that ended with code ${code}`));
  return {
    ready,
    post: (request) => worker.postMessage(request),
    ref: () => worker.ref(),
    unref: () => worker.unref(),
    end: () => worker.terminate(),
  };
}

function openWorker({ entry, workerPath }: ThreadOptions): Worker {
  // A script given on the command line leaves its thread a flag that no file can be run with.
  const isInline = process.execArgv.some((flag) => flag.startsWith("--input-type"));
  const options: WorkerOptions = {
    name: "collective-learning",
    workerData: THREAD_DATA,
    ...(isInline && { execArgv: [] }),
    ...modestLimits(),
  };
  const file = entry ?? (workerPath === undefined ? undefined : checked(workerPath));
  const found = file ? undefined : findEntry({ from: import.meta.url, path: "../../worker/main.js" });
  if (found?.isTaken) throw noThread(found.refused.join("; "));
  try {
    const known = file ?? found?.entry;
    if (known) return new Worker(known, options);
    // Written like this and not otherwise: bundlers that know it put the thread's file into the bundle.
    return new Worker(new URL("../../worker/main.js", import.meta.url), options);
  } catch (error) {
    throw noThread([...(found?.refused ?? []), messageOf(error)].join("; "), error);
  }
}

/** Below this limit V8 lets a heap grow to twice what lives in it before it looks for what does not; from it on, to four times. */
const MODEST_MIB = 2047;

/** What keeps the thread's memory near what it holds, where the host's limit is higher and nobody asked for it. */
function modestLimits(): Pick<WorkerOptions, "resourceLimits"> {
  const given = [...process.execArgv, process.env.NODE_OPTIONS ?? ""].join(" ");
  const isAsked = /max[-_](old[-_]space|heap)[-_]size/.test(given);
  if (isAsked || getHeapStatistics().heap_size_limit <= MODEST_MIB * 2 ** 20) return {};
  return { resourceLimits: { maxOldGenerationSizeMb: MODEST_MIB } };
}

function checked(workerPath: string | URL): URL {
  const isUrl = workerPath instanceof URL || workerPath.startsWith("file:");
  const url = isUrl ? new URL(workerPath) : pathToFileURL(resolve(workerPath));
  const file = fileURLToPath(url);
  const flaw = flawOf(file);
  if (flaw === undefined) return url;
  throw noThread(`the workerPath ${file}, which ${flaw}`);
}

function noThread(received: string, cause?: unknown): LearningError {
  return new LearningError("WORKER_FAILED", {
    received: `no learning thread (${received})`,
    expected: "to start the thread in which everything is learned",
    remedy:
      "All but learning works. Leave the package out of the bundle (`external`, `serverExternalPackages`), or build " +
      "langgraph-collective-learning/worker as a file of its own and give it as `workerPath`.",
    cause,
  });
}
