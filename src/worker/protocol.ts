// Runs in the learning thread.
/** Host to thread: run a job. `cancel` holds one Int32 that turns 1 when the job should stop. */
export interface RunRequest {
  id: number;
  job: string;
  input: unknown;
  cancel: SharedArrayBuffer;
}

/** Thread to host. */
export type WorkerReply =
  | { id: number; type: "progress"; share: number; message?: string }
  | { id: number; type: "result"; output: unknown }
  | { id: number; type: "error"; message: string; stack?: string }
  | { type: "printed"; text: string };
