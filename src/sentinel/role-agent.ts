import type { RunnableConfig } from "@langchain/core/runnables";
import { RunnableLambda } from "@langchain/core/runnables";
import { checkArgument } from "../core/arguments.js";
import type { AgentBrief, InvokableAgent, SentinelAgent } from "./agent.js";
import { contextLines, taskLine } from "./brief.js";
import type { AgentRole } from "./roles.js";

/** What a role's prompt is given to: a chat model, or a Runnable that takes its place. */
export interface RoleModel {
  invoke(input: { role: string; content: string }[], config?: RunnableConfig): Promise<unknown>;
}

/**
 * An agent of a ready (or own) role with the user's model behind it.
 * @param declared what is known of it beyond the role: expected duration, tokens, cost, concurrency, quality
 * @example const weaver = createRoleAgent(AGENT_ROLES.loreWeaver, chatModel, { tokens: 2000, durationMs: 8000 });
 */
export function createRoleAgent(
  role: AgentRole,
  model: RoleModel,
  declared: Omit<Partial<SentinelAgent>, "runnable" | "input"> = {},
): SentinelAgent {
  checkArgument(role, "role", { name: "text", capabilities: "texts", promptTemplate: "text" }, "SENTINEL_INVALID");
  checkArgument(model, "model", { invoke: "function" }, "SENTINEL_INVALID");
  checkArgument(declared, "declared", "object", "SENTINEL_INVALID");
  const runnable = RunnableLambda.from((brief: AgentBrief, config) =>
    model.invoke([{ role: "user", content: rolePrompt(role, brief) }], config),
  );
  return {
    name: role.name,
    capabilities: role.capabilities,
    ...declared,
    runnable: runnable as unknown as InvokableAgent,
  };
}

/**
 * The role's prompt, filled with a brief.
 * @example const prompt = rolePrompt(AGENT_ROLES.loreWeaver, brief);
 */
export function rolePrompt(role: AgentRole, brief: AgentBrief): string {
  checkArgument(role, "role", { promptTemplate: "text" }, "SENTINEL_INVALID");
  checkArgument(brief, "brief", { goal: "text", task: "object", context: "list" }, "SENTINEL_INVALID");
  const values: Record<string, string> = {
    goal: brief.goal,
    task: taskLine(brief),
    context: contextLines(brief) || "(nothing yet)",
    insight: brief.insight ?? "(none)",
  };
  return role.promptTemplate.replace(/\{(goal|task|context|insight)\}/g, (_, key: string) => values[key]);
}
