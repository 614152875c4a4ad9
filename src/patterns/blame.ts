import { checkArgument, checkEach } from "../core/arguments.js";
import { type BlameRule, chooseRule, type FittedRule } from "./blame-rules.js";

/** A failed run of several agents. */
export interface FailedRun {
  workflowId?: string;
  workflowType: string;
  /** The acting agent of each step, in order. */
  steps: readonly string[];
}

/** A failed run whose culprit is known. */
export interface LabelledFailure extends FailedRun {
  responsible: string;
  /** Index into `steps`. */
  responsibleStep?: number;
}

/** Who probably caused a failure. */
export interface Blame {
  agent: string;
  /** Probability that this agent is responsible, among the agents of the run. */
  probability: number;
  /** The step of the agent where such failures mostly begin. */
  step: number;
  /** Labelled failures this rests on. */
  basedOn: number;
  /**
   * What it was found by: a simple rule, unless all that is known of the agents names culprits more often. Absent where
   * the error itself tells.
   */
  by?: BlameRule;
}

/** What is read of a labelled failure. */
const FAILURE = { workflowType: "text", steps: "list", responsible: "text" } as const;

/** Fewest labelled failures of a workflow type for a model of its own; else all types share one. */
const OWN_MODEL = 15;

interface TypeModel {
  rule: FittedRule;
  /** Which of the agent's steps, as a share of the way from its first to its last. */
  stepQuantile: number;
  labelled: number;
}

/**
 * Learns from failures with a known culprit who is to blame for others. Simple rules (who spoke first, last,
 * most often) stand beside a model of where agents acted and how often each was to blame before, and the
 * model is believed only where it names more culprits, out of fold, than the best rule does beyond chance:
 * see `chooseRule`. Without labelled failures there is no model and no blame.
 * @example
 * ```ts
 * const model = new BlameModel(labelled);
 * const [culprit] = model.attribute({ workflowType: "support", steps: ["triage", "search", "write"] });
 * ```
 */
export class BlameModel {
  private readonly models = new Map<string, TypeModel>();
  private readonly shared?: TypeModel;

  constructor(failures: readonly LabelledFailure[]) {
    checkEach(failures, "failures", "a failure", FAILURE, "PATTERN_INVALID");
    const usable = failures.filter((f) => f.steps.includes(f.responsible) && new Set(f.steps).size > 1);
    const types = new Map<string, LabelledFailure[]>();
    for (const f of usable) types.set(f.workflowType, [...(types.get(f.workflowType) ?? []), f]);
    for (const [type, list] of types) if (list.length >= OWN_MODEL) this.models.set(type, fitType(list));
    if (usable.length >= OWN_MODEL) this.shared = fitType(usable);
  }

  /** The agents of a failed run, the most likely culprit first; empty when nothing was learned. */
  attribute(run: FailedRun): Blame[] {
    checkArgument(run, "run", { steps: "list" }, "PATTERN_INVALID");
    const model = this.models.get(run.workflowType) ?? this.shared;
    const agents = [...new Set(run.steps)];
    if (!model || agents.length === 0) return [];
    const p = model.rule.probabilities(run.steps);
    return agents
      .map((agent, i) => ({
        agent,
        probability: p[i],
        step: stepAt(run.steps, agent, model.stepQuantile),
        basedOn: model.labelled,
        by: model.rule.name,
      }))
      .sort((a, b) => b.probability - a.probability);
  }
}

function fitType(failures: readonly LabelledFailure[]): TypeModel {
  return { rule: chooseRule(failures), stepQuantile: fitStep(failures), labelled: failures.length };
}

/** The quantile of the culprit's steps that most often is the culprit step. */
function fitStep(failures: readonly LabelledFailure[]): number {
  const hits = (q: number) =>
    failures.filter((f) => f.responsibleStep !== undefined && stepAt(f.steps, f.responsible, q) === f.responsibleStep)
      .length;
  return [0, 0.25, 0.5, 0.75, 1].reduce((best, q) => (hits(q) > hits(best) ? q : best), 0);
}

function stepAt(steps: readonly string[], agent: string, quantile: number): number {
  const own = steps.flatMap((s, i) => (s === agent ? [i] : []));
  return own[Math.round(quantile * (own.length - 1))];
}
