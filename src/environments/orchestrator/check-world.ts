import { z } from "zod";
import { LearningError, parseOptions, show } from "../../core/index.js";
import { amount, share, whole } from "../../core/option-fields.js";
import { agentDeclarationSchema, completeBudget, completeRules, DEFAULT_RULES } from "../../orchestration/index.js";
import { sumsToOne } from "../numbers.js";
import { amountsSchema, distributionSchema, prioritiesSchema } from "./distribution-schema.js";
import type { OrchestratorWorld } from "./world.js";

const agent = z.strictObject({
  declared: z.strictObject(agentDeclarationSchema.shape, "what is declared of the agent"),
  duration: amountsSchema,
  quality: distributionSchema,
  tokens: amountsSchema,
  costUsd: amountsSchema,
  failure: share,
  overloadFailure: amount,
  comfortLoad: amount,
  broken: share,
  brokenFailure: share,
});

const position = z.int("a whole number from 0").min(0, "a whole number from 0");

const task = z.strictObject({
  workflow: position.optional(),
  capabilities: z.array(z.string("names of capabilities"), "names of capabilities"),
  dependsOn: z.array(position, "positions of tasks in the template"),
  priority: prioritiesSchema,
  creative: z.boolean("true or false"),
});

const cost = z.strictObject({ duration: amountsSchema, tokens: amountsSchema }, "a duration and tokens");

const worldSchema = z.strictObject({
  agents: z.array(agent, "a list of agents").min(1, "at least one agent"),
  templates: z.array(z.strictObject({ tasks: z.array(task, "a list of tasks") }), "a list of templates"),
  territories: z.array(
    z.strictObject({
      id: z.string("an id").min(1, "an id"),
      title: z.string("a title"),
      scans: whole,
      templates: z
        .array(amount, "a probability for each template")
        .refine(sumsToOne, "probabilities of the templates that sum to one"),
    }),
    "a list of territories",
  ),
  scan: cost,
  inspiration: cost,
  coordination: z.strictObject({ baseMs: amount, pairMs: amount }, "baseMs and pairMs"),
  monitorMs: amount,
  optimizeMs: amount,
  withoutInsight: amount,
  interference: amount,
  mismatchFloor: share,
  budget: z.object({ steps: whole }, "a budget with steps"),
  rules: z.object({}, "all rules, as in DEFAULT_RULES"),
});

const checked = new WeakSet<object>();

/**
 * The world, when it is one that can be simulated to its end. One object is looked at once.
 * @throws ENV_INVALID naming the field, or CONFIG_UNKNOWN_KEY for one that does not exist
 */
export function worldArgument(world: OrchestratorWorld): OrchestratorWorld {
  if (typeof world === "object" && world !== null && checked.has(world)) return world;
  parseOptions(worldSchema, world, "world", "ENV_INVALID");
  completeBudget(world.budget, "ENV_INVALID");
  completeRules(world.rules, "ENV_INVALID");
  const missing = Object.keys(DEFAULT_RULES).find((rule) => !(rule in world.rules));
  if (missing) throw invalid(`no rule ${missing}`, "all rules", "Begin with DEFAULT_RULES.");
  refuseTwice(
    "agents",
    world.agents.map((a) => a.declared.name),
  );
  refuseTwice(
    "territories",
    world.territories.map((t) => t.id),
  );
  world.templates.forEach(({ tasks }, i) => {
    const left = new Set(tasks.keys());
    // A task whose dependencies are all resolved is resolved, until none is left to resolve.
    for (let before = -1; before !== left.size; ) {
      before = left.size;
      for (const k of left) if (tasks[k].dependsOn.every((d) => d < tasks.length && !left.has(d))) left.delete(k);
    }
    for (const k of left)
      throw invalid(
        `task ${k} of template ${i}, which depends on ${tasks[k].dependsOn.join(", ")}`,
        "dependencies on tasks of the template, without a circle",
        "Give the positions of tasks that can be done before it.",
      );
  });
  for (const { id, templates } of world.territories)
    if (templates.length !== world.templates.length)
      throw invalid(
        `${templates.length} probabilities for the territory ${show(id)}`,
        `one for each of the ${world.templates.length} templates`,
        "Give 0 to templates that it never holds.",
      );
  checked.add(world);
  return world;
}

function refuseTwice(what: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw invalid(`two ${what} named ${show(twice)}`, "unique names", "Rename one.");
}

function invalid(received: string, expected: string, remedy: string): LearningError {
  return new LearningError("ENV_INVALID", { received, expected, remedy });
}
