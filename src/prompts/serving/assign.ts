import {
  type Clock,
  type Decision,
  type DecisionContext,
  digest,
  hash32,
  isoTime,
  type RunIdentity,
} from "../../core/index.js";
import {
  balance,
  EXPERIMENT_FIELD,
  PROMPT_POINT,
  STRATUM_FIELD,
  UNIT_FIELD,
  type VersionWatch,
} from "../../evaluation/experiment/index.js";
import { drawIndex } from "../../math/rng.js";
import type { Assignments } from "./assignments.js";
import type { ContextualServing } from "./contextual.js";
import type { ExperimentRecord } from "./experiments-book.js";

/** A version drawn for a run. */
export interface DrawnVersion {
  version: string;
  probabilities: Readonly<Record<string, number>>;
  experiment?: string;
  unit?: string;
  stratum?: string;
  /** Drawn by the contextual policy. */
  byPolicy?: boolean;
  /** Drawn beside the version before, which keeps this share. */
  watch?: { against: string; share: number };
}

/** Everything a draw depends on. */
export interface AssignRequest {
  promptId: string;
  context: DecisionContext;
  /** The context as it is kept, as the policy learned from it, and as strata are told apart by. */
  kept: DecisionContext;
  identity?: RunIdentity;
  experiment?: ExperimentRecord;
  policy?: ContextualServing;
  /** The watch over the serving version. */
  watch?: VersionWatch;
  /** The version that serves without an experiment or policy. */
  steady: string;
  /** Serving routing policies, as a stratum to cross the experiment with. */
  serving: string;
  assignments: Assignments;
  /** Whether a version can be served. */
  has: (version: string) => boolean;
}

/** Draws the version of a run: in the experiment, else by the policy, else the steady one. */
export function assign(request: AssignRequest): DrawnVersion {
  const { experiment, policy, steady, identity, has } = request;
  if (experiment && identity && experiment.definition.variants.every(has))
    return inExperiment(request, experiment, identity);
  if (policy && identity && policy.variants.every(has)) {
    const p = policy.probabilities(request.kept);
    const unit = unitOf("thread", request, identity);
    const version = policy.variants[drawIndex(p, uniform(`${request.promptId}/policy`, unit))];
    return {
      version,
      probabilities: Object.fromEntries(policy.variants.map((v, i) => [v, p[i]])),
      unit,
      byPolicy: true,
    };
  }
  const { watch } = request;
  if (watch && identity && watch.version === steady && has(watch.against)) return beside(request, watch, identity);
  return { version: steady, probabilities: { [steady]: 1 } };
}

/** A small share of units gets the version before, so that the winner goes on being measured. */
function beside(
  request: AssignRequest,
  { version, against, share, sticky }: VersionWatch,
  identity: RunIdentity,
): DrawnVersion {
  const unit = unitOf(sticky, request, identity);
  const other = uniform(`${request.promptId}/watch/${version}`, unit) < share;
  return {
    version: other ? against : version,
    probabilities: { [version]: 1 - share, [against]: share },
    unit,
    watch: { against, share },
  };
}

function inExperiment(request: AssignRequest, record: ExperimentRecord, identity: RunIdentity): DrawnVersion {
  const { definition, key, shares } = record;
  const unit = unitOf(definition.sticky, request, identity);
  const given = request.assignments.of(key, unit);
  // A unit keeps its variant unless that has left the experiment.
  if (given && (shares[given.version] ?? 0) > 0) return { ...given, experiment: key, unit };
  // Of the context as it is kept: the stratum is stored as it stands, and after a restart it must be the same.
  const stratum = JSON.stringify([...definition.stratifyBy.map((f) => request.kept[f] ?? null), request.serving]);
  const probabilities = balance(shares, request.assignments.given(key, stratum));
  const versions = Object.keys(probabilities);
  const index = drawIndex(
    versions.map((v) => probabilities[v]),
    uniform(key, unit),
  );
  const drawn = { version: versions[index], probabilities, stratum };
  request.assignments.keep(key, unit, drawn, true);
  return { ...drawn, experiment: key, unit };
}

/** Who keeps a variant: the user or thread where it is known, else the run. Hashed, so that no name is stored. */
function unitOf(sticky: "user" | "thread" | "run", { context }: AssignRequest, identity: RunIdentity): string {
  const user = userOf(context);
  const who = sticky === "user" ? (user ?? identity.threadId) : sticky === "thread" ? identity.threadId : undefined;
  return digest(who === undefined ? `run/${identity.workflowId}` : `${sticky}/${who}`, 16);
}

/** The person a prompt's context names. An empty name is nobody's: all who have none would be one unit. */
function userOf({ userId }: DecisionContext): string | undefined {
  const named = (typeof userId === "string" && userId !== "") || Number.isSafeInteger(userId);
  return named ? String(userId) : undefined;
}

/** The same number in every process for the same experiment and unit. */
function uniform(experiment: string, unit: string): number {
  return hash32(`${experiment}|${unit}`, 17) / 4294967296;
}

/** The decision fact that ties a run to the version it got; once per run and prompt. */
export function decisionOf(
  promptId: string,
  context: DecisionContext,
  identity: RunIdentity,
  drawn: DrawnVersion,
  clock: Clock,
): Decision {
  const candidates = Object.keys(drawn.probabilities);
  const probabilities = candidates.map((c) => drawn.probabilities[c]);
  const userId = identity.userId ?? userOf(context);
  const propensity = drawn.probabilities[drawn.version];
  return {
    schemaVersion: 1,
    decisionId: digest(`${identity.workflowId}|${PROMPT_POINT}${promptId}`),
    workflowId: identity.workflowId,
    ...(identity.workflowType && { workflowType: identity.workflowType }),
    ...(identity.threadId && { threadId: identity.threadId }),
    ...(userId && { userId }),
    ...(identity.origin && { origin: identity.origin }),
    decisionPoint: PROMPT_POINT + promptId,
    at: isoTime(clock.now()),
    index: 0,
    context: {
      ...Object.fromEntries(Object.entries(context).filter(([field]) => field !== "userId")),
      ...(drawn.unit && { [UNIT_FIELD]: drawn.unit }),
      ...(drawn.experiment && { [EXPERIMENT_FIELD]: drawn.experiment }),
      ...(drawn.stratum && { [STRATUM_FIELD]: drawn.stratum }),
    },
    candidates,
    chosen: drawn.version,
    propensity,
    probabilities,
    source: drawn.experiment ? "exploration" : drawn.byPolicy ? "policy" : "fallback",
    ...(drawn.experiment === undefined && !drawn.byPolicy && { policyVersion: candidates[0] }),
    ...(drawn.watch && { control: drawn.watch.share, fallbackChoice: drawn.watch.against }),
    mode: "act",
  };
}
