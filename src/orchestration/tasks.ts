import { LearningError } from "../core/index.js";
import type { OrchestrationState, Workflow } from "./types.js";
import type { Task, TaskStatus } from "./work-types.js";
import { TASK_TRANSITIONS } from "./work-types.js";

/** The task with another status; fails with SENTINEL_INVALID when the table has no such change. */
export function moveTask(task: Task, status: TaskStatus, change: Partial<Task> = {}): Task {
  if (!TASK_TRANSITIONS[task.status].includes(status))
    throw new LearningError("SENTINEL_INVALID", {
      received: `task ${task.id}: ${task.status} -> ${status}`,
      expected: `one of ${TASK_TRANSITIONS[task.status].join(", ") || "none, the status is final"}`,
      remedy: "Report each outcome of a task once.",
    });
  return { ...task, ...change, status };
}

/** Waiting tasks whose dependencies are all accepted, the most important first, older before newer. */
export function readyTasks(state: OrchestrationState): Task[] {
  const accepted = new Set<string>();
  for (const t of state.tasks) if (t.status === "accepted") accepted.add(t.id);
  return state.tasks
    .filter((t) => t.status === "waiting" && t.dependsOn.every((id) => accepted.has(id)))
    .sort((a, b) => b.priority - a.priority);
}

/** True while there is something left to do with the task. */
export function isOpen(task: Task): boolean {
  return task.status !== "accepted" && task.status !== "abandoned";
}

/** The workflows that the tasks form, in order of appearance; merged results are kept. */
export function refreshWorkflows(
  tasks: readonly Task[],
  before: readonly Workflow[],
  merged: Readonly<Record<string, string>> = {},
): Workflow[] {
  const results = new Map(before.map((w) => [w.id, w.result]));
  const byId = new Map<string, Task[]>();
  for (const task of tasks) {
    const list = byId.get(task.workflow);
    if (list) list.push(task);
    else byId.set(task.workflow, [task]);
  }
  return [...byId].map(([id, members]) => {
    const open = members.some(isOpen);
    const status = open ? "active" : members.every((t) => t.status === "accepted") ? "complete" : "abandoned";
    const result = merged[id] ?? results.get(id);
    const workflow: Workflow = { id, taskIds: members.map((t) => t.id), status };
    return result === undefined ? workflow : { ...workflow, result };
  });
}
