// Runs in the learning thread.
/** Host to thread: run a job. `cancel` holds one Int32 that turns 1 when the job should stop. */
export interface RunRequest {
  id: number;
  job: string;
  input: unknown;
  cancel: SharedArrayBuffer;
}

/** What the host starts the thread with: a file that was run by mistake is told by it that it is not meant. */
export const THREAD_DATA = "collective-learning thread";

/** Thread to host. `ready` comes first, and by its proof the host knows whom it talks to. */
export type WorkerReply =
  | { type: "ready"; proof: string }
  | { id: number; type: "progress"; share: number; message?: string }
  | { id: number; type: "result"; output: unknown }
  | { id: number; type: "error"; message: string; stack?: string }
  | { type: "printed"; text: string }
  | { type: "told"; level: "debug" | "info" | "warn" | "error"; message: string; data?: unknown };
