import { z } from "zod";

/** A field in which work may be found, as users and scanners name it. */
export const territorySpecSchema = z.object({
  id: z.string().min(1),
  title: z.string(),
  description: z.string().optional(),
});
export type TerritorySpec = z.infer<typeof territorySpecSchema>;

/** A creative territory of the state. */
export interface Territory extends TerritorySpec {
  /** How often it was scanned. */
  scans: number;
  /** Scans in a row that found nothing. */
  emptyScans: number;
  /** True when the scanner said that there is nothing more in it, or found nothing twice in a row. */
  exhausted: boolean;
}

/** A piece of work, as users and scanners name it. */
export const taskSpecSchema = z.object({
  id: z.string().min(1),
  title: z.string(),
  description: z.string().optional(),
  /** Tasks with one workflow belong together; default: the task alone. */
  workflow: z.string().optional(),
  territory: z.string().optional(),
  /** What the work asks for; an agent needs at least one of them. Empty: anyone. */
  capabilities: z.array(z.string()).default([]),
  /** Ids of tasks whose accepted results it builds on. */
  dependsOn: z.array(z.string()).default([]),
  /** In (0,1]; more important tasks go first and count more. */
  priority: z.number().gt(0).lte(1).default(0.5),
  /** Whether an insight helps. */
  creative: z.boolean().default(false),
});
export type TaskSpec = z.input<typeof taskSpecSchema>;

/**
 * `waiting`: not yet run (ready once its dependencies are accepted); `produced`: has a result that is
 * not yet merged; `failed`: its last run failed; `accepted` and `abandoned` are final.
 */
export type TaskStatus = "waiting" | "produced" | "failed" | "accepted" | "abandoned";

/** The legal changes of a task's status; everything else is refused. */
export const TASK_TRANSITIONS: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = {
  waiting: ["produced", "failed", "abandoned"],
  produced: ["accepted"],
  failed: ["waiting", "abandoned"],
  accepted: [],
  abandoned: [],
};

/** A task of the queue. */
export interface Task extends Omit<z.output<typeof taskSpecSchema>, "workflow"> {
  workflow: string;
  status: TaskStatus;
  attempts: number;
  /** Agents that failed at it; others are preferred. */
  failedBy: string[];
  /** Set once it has a result. */
  agent?: string;
  /** In [0,1], set once it has a result. */
  quality?: number;
  content?: string;
}
