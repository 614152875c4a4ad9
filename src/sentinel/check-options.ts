import { z } from "zod";
import { LearningError, parseOptions, show } from "../core/index.js";
import { amount, given, share, whole } from "../core/option-fields.js";
import { checkBudget, completeRules, isOrchestratorAction, ORCHESTRATOR_ACTIONS } from "../orchestration/index.js";
import type { SentinelAgent } from "./agent.js";
import type { SentinelOptions } from "./options.js";
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

const duration = z.custom<number>((v) => typeof v === "number" && v > 0, "milliseconds above 0, or Infinity");
const callable = z.custom((v) => typeof v === "function", "a function");

const agentSchema = z.object({
  capabilities: z.array(z.string("names of capabilities"), "names of capabilities"),
  concurrency: whole.optional(),
  durationMs: amount.optional(),
  tokens: amount.optional(),
  costUsd: amount.optional(),
  quality: share.optional(),
  reliability: share.optional(),
  input: callable.optional(),
  timeoutMs: duration.optional(),
});

const optionsSchema = z.object({
  agents: z.array(given, "an array of agents").min(1, "at least one agent"),
  scanner: callable.optional(),
  inspiration: callable.optional(),
  merge: callable.optional(),
  assess: callable.optional(),
  budget: given,
  rules: given,
  loop: given,
  policy: given,
  exploration: share.optional(),
  timeoutMs: duration.optional(),
  approval: z.array(given, "an array of actions").optional(),
  advisor: z.enum(["subgraph", "node"], "subgraph or node").optional(),
  clock: given,
  logger: given,
  decisionPoint: z.string("a name").min(1, "a name").optional(),
} satisfies Record<keyof SentinelOptions, z.ZodType>);

/**
 * Fails with SENTINEL_INVALID on agents, actions or settings that cannot be, with CONFIG_UNKNOWN_KEY on
 * settings that do not exist.
 */
export function checkSentinelOptions(options: SentinelOptions): void {
  parseOptions(optionsSchema, options, "Sentinel options", "SENTINEL_INVALID");
  const { agents, approval = [], budget = {}, rules = {} } = options;
  checkBudget(budget, "SENTINEL_INVALID");
  if ("inspiration" in rules)
    throw invalid("the rule inspiration", "no such rule", "Pass an inspiration source, or none, as `inspiration`.");
  completeRules(rules, "SENTINEL_INVALID");
  const names = new Set<string>();
  for (const agent of agents) {
    checkAgent(agent);
    if (names.has(agent.name))
      throw invalid(`two agents named ${show(agent.name)}`, "unique names", "Rename one, or raise its concurrency.");
    names.add(agent.name);
  }
  for (const action of approval)
    if (!isOrchestratorAction(action))
      throw invalid(`approval of ${show(action)}`, ORCHESTRATOR_ACTIONS.join(", "), "Name actions of the Sentinel.");
  if (options.loop && options.policy)
    throw invalid("a loop and a policy", "one of them", "Publish the policy in the loop, as policy/sentinel.");
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
  const parsed = agentSchema.safeParse(agent);
  if (parsed.success) return;
  const issue = parsed.error.issues[0];
  const key = String(issue.path[0]) as keyof SentinelAgent;
  throw invalid(`${name}.${key} = ${show(agent[key])}`, issue.message, "Correct the declaration.");
}

function invalid(received: string, expected: string, remedy: string): LearningError {
  return new LearningError("SENTINEL_INVALID", { received, expected, remedy });
}
