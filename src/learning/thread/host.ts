import { isLearningError, LearningError, type Logger, messageOf } from "../../core/index.js";
import type { JobInput, JobOutput, Jobs } from "../../worker/jobs/index.js";
import type { RunRequest, WorkerReply } from "../../worker/protocol.js";
import { type LearningThread, startThread, type ThreadOptions } from "./thread.js";

/** The main thread's side of the worker in which all training runs. */
export interface LearningWorker<Table = Jobs> {
  /**
   * Runs a registered job; fails with WORKER_FAILED when the job throws or the thread dies (a new
   * thread is started for the next job).
   */
  run<K extends keyof Table & string>(
    job: K,
    input: JobInput<K, Table>,
    options?: RunJobOptions,
  ): Promise<JobOutput<K, Table>>;
  /** Counts the threads lost so far: when it changed, the facts given to the old thread are gone. */
  readonly generation: number;
  /** Empties the worker's memory: ends the thread (running jobs fail); the next job starts a new one. */
  restart(): Promise<void>;
  /** Ends the thread for good; running jobs fail. */
  close(): Promise<void>;
}

/** Options of one job. */
export interface RunJobOptions {
  /**
   * Asks the job to stop; it then fails with WORKER_FAILED. The thread of one that does not heed this
   * within `graceMs` is ended.
   */
  signal?: AbortSignal;
  onProgress?: (share: number, message?: string) => void;
}

/** Settings of {@link startLearningWorker}. */
export interface LearningWorkerOptions extends ThreadOptions {
  logger: Logger;
  /** How long a job may go on after it was asked to stop (default 2,000 ms). */
  graceMs?: number;
}

interface Pending {
  job: string;
  cancel: SharedArrayBuffer;
  onProgress?: RunJobOptions["onProgress"];
  settle(outcome: { output: unknown } | { error: LearningError }): void;
}

/**
 * A learning worker. The thread starts with the first job, keeps its memory between jobs, and holds
 * the process open only while a job runs.
 */
export function startLearningWorker<Table = Jobs>(options: LearningWorkerOptions): LearningWorker<Table> {
  const { graceMs = 2000 } = options;
  const pending = new Map<number, Pending>();
  let thread: LearningThread | undefined;
  let generation = 0;
  let nextId = 1;
  let closed = false;

  const failed = (job: string, received: string, cause?: unknown) =>
    new LearningError("WORKER_FAILED", {
      received,
      expected: `the job ${JSON.stringify(job)} to finish`,
      remedy: "What serves is unchanged; see the cause, and the next learning cycle tries again.",
      cause,
    });

  const lose = (lost: LearningThread, received: string, cause?: unknown) => {
    if (thread !== lost) return;
    thread = undefined;
    generation++;
    const waiting = [...pending.values()];
    pending.clear();
    const none = isLearningError(cause, "WORKER_FAILED") ? cause : undefined;
    for (const p of waiting) p.settle({ error: none ?? failed(p.job, received, cause) });
  };

  const onReply = (reply: WorkerReply) => {
    if (reply.type === "ready") return;
    if (reply.type === "printed") return options.logger.debug("learning worker", reply.text);
    if (reply.type === "told") return options.logger[reply.level](reply.message, reply.data);
    const p = pending.get(reply.id);
    if (!p) return;
    if (reply.type === "progress") return p.onProgress?.(reply.share, reply.message);
    pending.delete(reply.id);
    if (pending.size === 0) thread?.unref();
    if (reply.type === "result") return p.settle({ output: reply.output });
    const cause = Object.assign(new Error(reply.message), { stack: reply.stack });
    p.settle({ error: failed(p.job, `the error: ${reply.message}`, cause) });
  };

  const start = (): LearningThread => {
    const started = startThread(options, {
      reply: onReply,
      lost: (received, cause) => lose(started, received, cause),
    });
    return started;
  };

  const end = async (why: string): Promise<void> => {
    const ending = thread;
    if (!ending) return;
    lose(ending, why);
    await ending.end();
  };

  const send = (target: LearningThread, request: RunRequest) => {
    try {
      target.post(request);
    } catch (error) {
      const sent = pending.get(request.id);
      pending.delete(request.id);
      if (pending.size === 0) target.unref();
      sent?.settle({ error: failed(request.job, `input that cannot be copied: ${messageOf(error)}`, error) });
    }
  };

  return {
    get generation() {
      return generation;
    },
    run<K extends keyof Table & string>(
      job: K,
      input: JobInput<K, Table>,
      run: RunJobOptions = {},
    ): Promise<JobOutput<K, Table>> {
      if (closed) return Promise.reject(failed(job, "a closed worker"));
      if (run.signal?.aborted) return Promise.reject(failed(job, "a stop before it began"));
      try {
        thread ??= start();
      } catch (error) {
        return Promise.reject(error);
      }
      const target = thread;
      const id = nextId++;
      const cancel = new SharedArrayBuffer(4);
      let patience: NodeJS.Timeout | undefined;
      const stop = () => {
        Atomics.store(new Int32Array(cancel), 0, 1);
        patience = setTimeout(() => {
          if (thread === target) void end("a job that went on after it was asked to stop");
        }, graceMs);
      };
      run.signal?.addEventListener("abort", stop, { once: true });
      return new Promise<JobOutput<K, Table>>((resolve, reject) => {
        pending.set(id, {
          job,
          cancel,
          onProgress: run.onProgress,
          settle(outcome) {
            run.signal?.removeEventListener("abort", stop);
            clearTimeout(patience);
            if ("error" in outcome) reject(outcome.error);
            else resolve(outcome.output as JobOutput<K, Table>);
          },
        });
        target.ref();
        target.ready.then(() => send(target, { id, job, input, cancel }));
      });
    },
    restart: () => end("a worker that was restarted"),
    close() {
      closed = true;
      return end("a worker that was closed");
    },
  };
}
