import type { ActionPlan, Assignment, OrchestrationState, Task } from "../orchestration/index.js";
import { circumstancesOf } from "../orchestration/index.js";
import type { AgentBrief, AgentOrder } from "./agent.js";

/** The order for one assignment of a plan. */
export function orderOf(state: OrchestrationState, plan: ActionPlan, assignment: Assignment): AgentOrder {
  const task = state.tasks.find((t) => t.id === assignment.taskId) as Task;
  const { id, title, description, capabilities, creative, workflow } = task;
  const context = task.dependsOn.flatMap((dependency) => {
    const done = state.tasks.find((t) => t.id === dependency);
    return done?.content === undefined ? [] : [{ title: done.title, content: done.content }];
  });
  const insight = state.insights.find((i) => i.id === assignment.insightId)?.text;
  const brief = {
    goal: state.goal,
    task: { id, title, description, capabilities, creative, workflow },
    context,
    ...(insight === undefined ? {} : { insight }),
  };
  return { assignment, under: circumstancesOf(state, plan, assignment), brief: { ...brief, prompt: promptOf(brief) } };
}

function promptOf(brief: Omit<AgentBrief, "prompt">): string {
  const lines = [`Goal: ${brief.goal}`, `Task: ${taskLine(brief)}`];
  if (brief.context.length > 0) lines.push("Build on these results:", contextLines(brief));
  if (brief.insight) lines.push(`A thought to start from: ${brief.insight}`);
  return lines.join("\n");
}

/** The task in one line. */
export function taskLine({ task }: Pick<AgentBrief, "task">): string {
  return task.description ? `${task.title}. ${task.description}` : task.title;
}

/** The results a task builds on, one per line. */
export function contextLines({ context }: Pick<AgentBrief, "context">): string {
  return context.map((c) => `- ${c.title}: ${c.content}`).join("\n");
}
