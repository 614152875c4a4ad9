import { type Decision, type DecisionContext, EXPERIMENT_FIELDS } from "../../core/index.js";
import { type Redactor, redactPlain } from "./redact.js";

const OWN_FIELDS: ReadonlySet<string> = new Set(Object.values(EXPERIMENT_FIELDS));

/** A decision as it is kept: its context and its candidates' features redacted. */
export function keptDecision(decision: Decision, redactor: Redactor | undefined): Decision {
  if (!redactor) return decision;
  const kept = { ...decision, context: keptContext(decision.context, redactor) };
  const { candidateFeatures } = decision;
  if (candidateFeatures)
    kept.candidateFeatures = Object.fromEntries(
      Object.entries(candidateFeatures).map(([candidate, features]) => [candidate, keptContext(features, redactor)]),
    );
  return kept;
}

/** A decision's context, or the features of a candidate, as it is kept: redacted, its keys as well. */
export function keptContext(context: DecisionContext, redactor: Redactor | undefined): DecisionContext {
  if (!redactor) return context;
  // What ties a run to its experiment would be lost to any redaction of digits or names.
  const kept = (key: string, value: DecisionContext[string]) =>
    OWN_FIELDS.has(key) ? value : redactPlain(value, redactor, key);
  const nameOf = (key: string) => (OWN_FIELDS.has(key) ? key : redactor.key(key));
  return Object.fromEntries(Object.entries(context).map(([key, value]) => [nameOf(key), kept(key, value)]));
}
