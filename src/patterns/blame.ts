import { type ConditionalLogit, choiceProbabilities, fitConditionalLogit } from "./conditional-logit.js";

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
}

/** Fewest labelled failures of a workflow type for a model of its own; else all types share one. */
const OWN_MODEL = 15;
const PRIOR_WEIGHT = 2;

interface TypeModel {
  logit: ConditionalLogit;
  blamed: Map<string, number>;
  seen: Map<string, number>;
  /** Which of the agent's steps, as a share of the way from its first to its last. */
  stepQuantile: number;
  labelled: number;
}

/**
 * Learns from failures with a known culprit who is to blame for others: a conditional logit over the
 * agents of a run on where they first and last acted, and on how often each was to blame before,
 * shrunken towards chance. Without labelled failures there is no model and no blame.
 */
export class BlameModel {
  private readonly models = new Map<string, TypeModel>();
  private readonly shared?: TypeModel;

  constructor(failures: readonly LabelledFailure[]) {
    const usable = failures.filter((f) => f.steps.includes(f.responsible) && new Set(f.steps).size > 1);
    const types = new Map<string, LabelledFailure[]>();
    for (const f of usable) types.set(f.workflowType, [...(types.get(f.workflowType) ?? []), f]);
    for (const [type, list] of types) if (list.length >= OWN_MODEL) this.models.set(type, fitType(list));
    if (usable.length >= OWN_MODEL) this.shared = fitType(usable);
  }

  /** The agents of a failed run, the most likely culprit first; empty when nothing was learned. */
  attribute(run: FailedRun): Blame[] {
    const model = this.models.get(run.workflowType) ?? this.shared;
    const agents = [...new Set(run.steps)];
    if (!model || agents.length === 0) return [];
    const p = choiceProbabilities(model.logit, featuresOf(run.steps, agents, model));
    return agents
      .map((agent, i) => ({
        agent,
        probability: p[i],
        step: stepAt(run.steps, agent, model.stepQuantile),
        basedOn: model.labelled,
      }))
      .sort((a, b) => b.probability - a.probability);
  }
}

function fitType(failures: readonly LabelledFailure[]): TypeModel {
  const blamed = new Map<string, number>();
  const seen = new Map<string, number>();
  for (const f of failures) {
    for (const a of new Set(f.steps)) seen.set(a, (seen.get(a) ?? 0) + 1);
    blamed.set(f.responsible, (blamed.get(f.responsible) ?? 0) + 1);
  }
  const sets = failures.map((f) => {
    const agents = [...new Set(f.steps)];
    // The run itself must not speak for its own culprit while the weights are fitted.
    const others = { blamed: new Map(blamed), seen: new Map(seen) };
    for (const a of agents) others.seen.set(a, (seen.get(a) as number) - 1);
    others.blamed.set(f.responsible, (blamed.get(f.responsible) as number) - 1);
    return { features: featuresOf(f.steps, agents, others), chosen: agents.indexOf(f.responsible) };
  });
  return { logit: fitConditionalLogit(sets), blamed, seen, stepQuantile: fitStep(failures), labelled: failures.length };
}

function featuresOf(
  steps: readonly string[],
  agents: readonly string[],
  counts: Pick<TypeModel, "blamed" | "seen">,
): number[][] {
  const chance = 1 / agents.length;
  return agents.map((a) => {
    const rate = ((counts.blamed.get(a) ?? 0) + PRIOR_WEIGHT * chance) / ((counts.seen.get(a) ?? 0) + PRIOR_WEIGHT);
    return [
      steps[0] === a ? 1 : 0,
      steps.at(-1) === a ? 1 : 0,
      steps.indexOf(a) / steps.length,
      steps.lastIndexOf(a) / steps.length,
      Math.log(rate / chance),
    ];
  });
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
