import {
  type Clock,
  type Decision,
  type DecisionContext,
  LearningError,
  type Logger,
  messageOf,
  Recent,
  type RunConfigLike,
  type RunIdentity,
  show,
} from "../../core/index.js";
import { EXPERIMENT_FIELD, PROMPT_POINT, STRATUM_FIELD, UNIT_FIELD } from "../../evaluation/experiment/index.js";
import type { RoutingArtifact } from "../../policies/index.js";
import type { RegistryEvent } from "../../registry/index.js";
import { assign, type DrawnVersion, decisionOf } from "./assign.js";
import { Assignments } from "./assignments.js";
import { ContextualServing } from "./contextual.js";
import type { ExperimentRecord, ExperimentsBook } from "./experiments-book.js";
import type { HeldPrompt, PromptLibrary } from "./library.js";
import type { PromptOptimizerOptions, ServedPrompt } from "./types.js";
import type { Watches } from "./watches.js";

/** Runs whose version is remembered, so that a run keeps what it started with. */
const REMEMBERED_RUNS = 10_000;

/** Name of the policies over a prompt's versions. */
export function policyName(promptId: string): string {
  return `prompt-policy/${promptId}`;
}

/** Gives each run its version of a prompt, from memory alone, and leaves the decision that ties them. */
export class PromptServer {
  private readonly policies = new Map<string, { version: string; serving: ContextualServing }>();
  private readonly assignments = new Assignments();
  /** What each run got, and how many roll-backs and pins there had been. */
  private readonly held = new Recent<{ drawn: DrawnVersion; epoch: number }>(REMEMBERED_RUNS);

  constructor(
    private readonly options: PromptOptimizerOptions,
    private readonly library: PromptLibrary,
    private readonly book: ExperimentsBook,
    private readonly watches: Watches,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** See `PromptOptimizer.get`. */
  serve(promptId: string, context: DecisionContext, config: RunConfigLike): ServedPrompt {
    const fallback = this.library.serving(promptId);
    if (!fallback)
      throw new LearningError("PROMPT_INVALID", {
        received: `the prompt id ${show(promptId)}`,
        expected: `one of ${this.library.ids().join(", ") || "the registered ids, but there are none"}`,
        remedy: "Register a template under this id first.",
      });
    const steady: DrawnVersion = { version: fallback.version, probabilities: { [fallback.version]: 1 } };
    try {
      const identity = this.options.sink?.identify(config);
      const on = this.options.enabled?.() ?? true;
      const drawn = on ? this.drawOnce(promptId, context, identity, fallback) : steady;
      return {
        template: (this.library.get(promptId, drawn.version) as HeldPrompt).template,
        version: drawn.version,
        ...(drawn.experiment && { experiment: drawn.experiment }),
        probability: drawn.probabilities[drawn.version],
      };
    } catch (error) {
      this.logger.warn("a prompt could not be drawn; the serving version is given", {
        promptId,
        error: messageOf(error),
      });
      return { template: fallback.template, version: steady.version, probability: 1 };
    }
  }

  /** Draws and records a run's version the first time; later calls of the run get the same. */
  private drawOnce(
    promptId: string,
    context: DecisionContext,
    identity: RunIdentity | undefined,
    fallback: HeldPrompt,
  ): DrawnVersion {
    const { registry, sink } = this.options;
    const events = registry.history(PROMPT_POINT + promptId);
    const epoch = events.filter((e) => e.action === "rollback" || e.action === "pin" || e.action === "unpin").length;
    const key = `${identity?.workflowId}|${promptId}`;
    const held = identity && this.held.get(key);
    const has = (version: string) => this.library.get(promptId, version) !== undefined;
    if (held?.epoch === epoch && has(held.drawn.version)) return held.drawn;
    const pinned = registry.isPinned(PROMPT_POINT + promptId);
    const drawn = assign({
      promptId,
      context,
      kept: sink?.asKept?.(context) ?? context,
      identity,
      experiment: pinned ? undefined : this.book.running(promptId),
      watch: pinned ? undefined : this.watches.of(promptId),
      policy: pinned ? undefined : this.policyOf(promptId, events),
      steady: fallback.version,
      serving: this.servingPolicies(),
      assignments: this.assignments,
      has,
    });
    if (identity) {
      this.held.set(key, { drawn, epoch });
      sink?.record(decisionOf(promptId, context, identity, drawn, this.clock));
    }
    return drawn;
  }

  /**
   * Keeps what other processes, or this one before a restart, gave to the units of running experiments: of each
   * unit the first version that is still in its experiment.
   */
  remember({ context, chosen, candidates, probabilities }: Decision, active: readonly ExperimentRecord[]): void {
    const [unit, key, stratum] = [context[UNIT_FIELD], context[EXPERIMENT_FIELD], context[STRATUM_FIELD]];
    const experiment = active.find((r) => r.key === key);
    if (typeof unit !== "string" || !experiment) return;
    const known = this.assignments.of(experiment.key, unit);
    const assignment = {
      version: chosen,
      probabilities: Object.fromEntries(candidates.map((c, i) => [c, probabilities?.[i] ?? 0])),
      stratum: String(stratum ?? ""),
    };
    const left = known !== undefined && !(Number(experiment.shares[known.version]) > 0);
    this.assignments.keep(experiment.key, unit, assignment, left && Number(experiment.shares[chosen]) > 0);
  }

  /** Forgets an experiment that has ended. */
  forget(experiment: string): void {
    this.assignments.forget(experiment);
  }

  /** Reads the serving policy over a prompt's versions, if one is not in memory yet; one that cannot be read is none. */
  async loadPolicy(promptId: string): Promise<void> {
    const { registry } = this.options;
    const name = policyName(promptId);
    const version = registry.names().includes(name) ? registry.champion(name)?.version : undefined;
    if (version === undefined) this.policies.delete(promptId);
    else if (this.policies.get(promptId)?.version !== version)
      try {
        const serving = new ContextualServing((await registry.load(name, version)) as RoutingArtifact);
        this.policies.set(promptId, { version, serving });
      } catch (error) {
        this.policies.delete(promptId);
        this.logger.warn("a policy over prompt versions cannot be read and does not serve", {
          name,
          version,
          error: messageOf(error),
        });
      }
  }

  /** The policy, unless a version was promoted or rolled back to after it: what people or proof say last holds. */
  private policyOf(promptId: string, events: readonly RegistryEvent[]): ContextualServing | undefined {
    const { registry } = this.options;
    const held = this.policies.get(promptId);
    if (!held || registry.champion(policyName(promptId))?.version !== held.version) return undefined;
    const changed = (list: readonly RegistryEvent[]) => list.findLast((e) => e.action !== "publish")?.at ?? "";
    return changed(registry.history(policyName(promptId))) >= changed(events) ? held.serving : undefined;
  }

  /** Versions of the routing policies that serve now: an experiment's arms are balanced within them. */
  private servingPolicies(): string {
    return this.options.registry
      .names()
      .filter((n) => n.startsWith("policy/"))
      .map((n) => `${n}@${this.options.registry.champion(n)?.version ?? "-"}`)
      .join(" ");
  }
}
