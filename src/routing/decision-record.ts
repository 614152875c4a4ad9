import type { Decision, DecisionContext, DecisionMode, RunIdentity } from "../core/index.js";
import { isoTime } from "../core/index.js";
import type { ChoiceIdentity, ChoiceNumbers } from "./identity.js";
import type { RunPlace } from "./path-so-far.js";
import type { ChoiceScene } from "./scene.js";
import type { ServedPolicy, TriedPolicy } from "./served-policy.js";
import type { Verdict } from "./verdict.js";

/** The run, version, mode and random numbers of one choice. */
export interface ChoiceCall extends ChoiceIdentity, ChoiceNumbers {
  run: RunIdentity;
  served: ServedPolicy | undefined;
  version: string | undefined;
  mode: DecisionMode;
  /** The version on trial for this run, where one is. */
  tried: TriedPolicy | undefined;
  /** Where in the run. */
  place: RunPlace;
  /** What other decision points chose earlier in the run, as fields of the context. */
  path: DecisionContext | undefined;
}

/** Everything about one choice that was made. */
export interface ChoiceMade {
  call: ChoiceCall;
  scene: ChoiceScene;
  verdict: Verdict;
  /** The fallback's choice, where it was asked. */
  fallback?: number;
}

/**
 * The record of a choice.
 * @param candidates shared by all records of a decision point
 * @param position among the decisions of the run
 * @param atMs when, in milliseconds since the epoch
 */
export function decisionRecord(
  outcome: ChoiceMade,
  decisionPoint: string,
  candidates: string[],
  position: number,
  atMs: number,
): Decision {
  const { call, scene, verdict, fallback } = outcome;
  const { run, version } = call;
  const { index, distribution, control, means, reason, source, trial } = verdict;
  const decision: Decision = {
    schemaVersion: 1,
    decisionId: call.decisionId,
    workflowId: run.workflowId,
    decisionPoint,
    at: isoTime(atMs),
    index: position,
    context: scene.context,
    candidates,
    chosen: candidates[index],
    source,
    mode: call.mode,
  };
  if (run.workflowType !== undefined) decision.workflowType = run.workflowType;
  if (run.threadId !== undefined) decision.threadId = run.threadId;
  if (run.userId !== undefined) decision.userId = run.userId;
  if (run.origin !== undefined) decision.origin = run.origin;
  if (!scene.legal.every(Boolean)) decision.mask = scene.legal;
  if (scene.features) decision.candidateFeatures = scene.features;
  if (distribution) {
    decision.probabilities = Array.from(distribution);
    decision.propensity = Math.min(1, distribution[index]);
  }
  if (trial)
    decision.trial = {
      ...trial,
      serving: candidates[trial.serving],
      challenger: candidates[trial.challenger],
    };
  if (control !== undefined) decision.control = control;
  if (fallback !== undefined) decision.fallbackChoice = candidates[fallback];
  if (reason !== undefined) decision.fallbackReason = reason;
  if (version !== undefined) decision.policyVersion = version;
  if (means) decision.expectedRewards = Array.from(means);
  return decision;
}
