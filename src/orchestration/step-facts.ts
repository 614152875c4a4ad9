import { unmergedPairs } from "./observation.js";
import type { ActionOutcome, ActionPlan } from "./transition.js";
import type { OrchestrationState } from "./types.js";
import { taskSpecSchema } from "./work-types.js";

/** A task as a scan found it, without its text. */
export interface FoundTask {
  id: string;
  workflow: string;
  territory?: string;
  needs: string[];
  after: string[];
  priority: number;
  creative: boolean;
}

/** What a trace keeps of a step beside the agents' runs, so that a simulator can be fitted from it. */
export interface StepFacts {
  durationMs?: number;
  tokens?: number;
  /** Pairs of unmerged results that a coordination had to reconcile. */
  pairs?: number;
  /** What a scan found. */
  found?: {
    territories: string[];
    exhausted: string[];
    tasks: FoundTask[];
  };
  /** What went wrong in it, where it went on all the same. */
  error?: string;
}

/** The facts of a step that is about to be applied to `state`. */
export function stepFacts(state: OrchestrationState, plan: ActionPlan, outcome: ActionOutcome): StepFacts {
  const facts: StepFacts = { durationMs: outcome.durationMs ?? 0, tokens: outcome.tokens ?? 0 };
  if (plan.action === "coordinateWorkflow")
    facts.pairs = unmergedPairs(state.tasks.filter((t) => t.status === "produced"));
  if (plan.action === "scanTerritories")
    facts.found = {
      territories: plan.territories,
      exhausted: [...(outcome.found?.exhausted ?? [])],
      tasks: (outcome.found?.tasks ?? []).map((spec) => {
        const t = taskSpecSchema.parse(spec);
        const { id, workflow = id, territory, capabilities: needs, dependsOn: after, priority, creative } = t;
        return { id, workflow, territory, needs, after, priority, creative };
      }),
    };
  return facts;
}
