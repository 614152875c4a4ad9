import { LearningError, parseOptions, refuseUnknownKeys, show } from "../core/index.js";
import { completeBudget, completeRules, isOrchestratorAction, ORCHESTRATOR_ACTIONS } from "../orchestration/index.js";
import { agentSchema, type SentinelAgent } from "./agent.js";
import { type SentinelOptions, type SentinelSettings, sentinelOptionsSchema } from "./options.js";
import { SentinelState } from "./state.js";

const RESERVED = new Set<string>([
  "begin",
  "control",
  "advisor",
  "approval",
  "__start__",
  "__end__",
  ...ORCHESTRATOR_ACTIONS,
]);

const AGENT_KEYS = ["name", "runnable", ...Object.keys(agentSchema.shape)];

/**
 * The options, checked and completed.
 * @throws SENTINEL_INVALID on agents, actions or settings that cannot be, CONFIG_UNKNOWN_KEY on settings that do
 * not exist
 */
export function sentinelSettings(options: SentinelOptions): SentinelSettings {
  const given = parseOptions(sentinelOptionsSchema, options, "Sentinel options", "SENTINEL_INVALID");
  const budget = completeBudget(given.budget, "SENTINEL_INVALID");
  if ("inspiration" in given.rules)
    throw invalid("the rule inspiration", "no such rule", "Pass an inspiration source, or none, as `inspiration`.");
  const rules = completeRules(given.rules, "SENTINEL_INVALID");
  const names = new Set<string>();
  for (const agent of given.agents) {
    checkAgent(agent);
    if (names.has(agent.name))
      throw invalid(`two agents named ${show(agent.name)}`, "unique names", "Rename one, or raise its concurrency.");
    names.add(agent.name);
  }
  for (const action of given.approval)
    if (!isOrchestratorAction(action))
      throw invalid(`approval of ${show(action)}`, ORCHESTRATOR_ACTIONS.join(", "), "Name actions of the Sentinel.");
  if (given.loop && given.policy)
    throw invalid("a loop and a policy", "one of them", "Publish the policy in the loop, as policy/sentinel.");
  return { ...given, budget, rules: { ...rules, inspiration: given.inspiration !== undefined } };
}

function checkAgent(agent: SentinelAgent): void {
  const { name, runnable } = agent;
  // LangGraph refuses nodes that are called like a channel; `in`, since it looks along the prototype as well.
  if (typeof name !== "string" || !name || RESERVED.has(name) || name in SentinelState.spec || /[|:]/.test(name))
    throw invalid(`an agent named ${show(name)}`, "a name that is not the graph's own, without | and :", "Rename it.");
  if (typeof runnable?.invoke !== "function")
    throw invalid(
      `${name}.runnable = ${show(runnable)}`,
      "a Runnable, compiled graph or agent",
      "Pass what has invoke().",
    );
  refuseUnknownKeys(agent, AGENT_KEYS, `the agent ${name}`);
  const parsed = agentSchema.safeParse(agent);
  if (parsed.success) return;
  const issue = parsed.error.issues[0];
  const key = String(issue.path[0]) as keyof SentinelAgent;
  throw invalid(`${name}.${key} = ${show(agent[key])}`, issue.message, "Correct the declaration.");
}

function invalid(received: string, expected: string, remedy: string): LearningError {
  return new LearningError("SENTINEL_INVALID", { received, expected, remedy });
}
