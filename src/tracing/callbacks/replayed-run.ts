/** A run of a trace that was recorded elsewhere. Times are milliseconds since the epoch. */
export interface ReplayedRun {
  runId: string;
  parentRunId: string | undefined;
  kind: "graph" | "chain" | "model" | "tool";
  name: string;
  tags: string[];
  metadata: Record<string, unknown>;
  startedAt: number;
  endedAt: number | undefined;
  firstTokenAt: number | undefined;
  inputs: unknown;
  outputs: unknown;
  error: unknown;
}
