// Runs in the learning thread.
import { isoTime, LearningError, type Trace } from "../../core/index.js";
import { joinSegments, restoreEncoder } from "../../dataset/index.js";
import {
  type EnvironmentSpec,
  type FitOptions,
  type FittedSimulator,
  fitSimulator,
  orchestratorArtifact,
  specifiedEnvironment,
} from "../../environments/index.js";
import { saveNetwork } from "../../math/network.js";
import {
  OBSERVATION_FIELDS,
  ORCHESTRATOR_ACTIONS,
  type OrchestratorAction,
  type StepRewardWeights,
} from "../../orchestration/index.js";
import {
  createPolicy,
  mostLikely,
  type PolicySnapshot,
  type RoutingArtifact,
  restorePolicy,
} from "../../policies/index.js";
// The types come from where they are made: what this file declares must not lead to TensorFlow.js' own declarations.
import type { DqnOptions } from "../../training/dqn-options.js";
import type { Actor, Comparison } from "../../training/evaluate.js";
import { compareActors, createDqn, createPpo, policyActor, randomActor, train } from "../../training/index.js";
import type { PpoOptions } from "../../training/ppo-options.js";
import type { TrainingResult } from "../../training/train.js";
import type { TrainingEvaluation, TrainingOptions } from "../../training/training-options.js";
import type { Job, JobContext } from "../job.js";

/** The simulator that the traces captured so far make; see `fitSimulator`. */
interface FittedEnvironment extends FitOptions {
  kind: "fitted";
  /** Only traces of this workflow type; all, where left out. */
  workflowType?: string;
  /** Share of the traces in (0,1], the oldest ones, that it is made from; the later ones are left to judge (default 1). */
  share?: number;
  reward?: Partial<StepRewardWeights>;
}

/** How well the simulator describes the traces it was made from. */
export interface SimulatorFit extends Omit<FittedSimulator, "world"> {
  /** When the first of the traces began, and the last of them ended. */
  dataFrom: string;
  dataTo: string;
}

/** What to train, where, and for how long. */
export interface TrainRlInput {
  environment: EnvironmentSpec | FittedEnvironment;
  algorithm: ({ kind: "ppo" } & PpoOptions) | ({ kind: "dqn" } & DqnOptions);
  /** Environment steps in all. */
  totalSteps: number;
  seed: number;
  evaluateEvery?: number;
  evaluationEpisodes?: number;
  /** Stop at this mean return. */
  targetReturn?: number;
  /** Stop after so many evaluations without a better one. */
  patience?: number;
  /** What serves now, to be compared with: a policy of raw observations, or a Sentinel's artifact. */
  incumbent?: PolicySnapshot | RoutingArtifact;
  /** Episodes of the comparison (default 100). */
  comparisonEpisodes?: number;
}

/** The trained policy, ready to be published. */
export interface TrainRlOutput {
  policy: PolicySnapshot;
  /** For the Sentinel: the same as what its graph serves. */
  artifact?: RoutingArtifact;
  /** Where the simulator was made from traces. */
  fit?: SimulatorFit;
  evaluations: TrainingEvaluation[];
  steps: number;
  stopped: TrainingResult["stopped"];
  /** Against random actions, the environment's baseline where it has one, and the incumbent, on episodes of their own. */
  comparison: Comparison;
}

/** Trains a deep policy on a simulated environment. */
export const trainRl: Job<TrainRlInput, TrainRlOutput> = {
  async run(input, { state, cancelled, progress }) {
    const { algorithm, incumbent } = input;
    const { environment, fit } = simulated(input.environment, state);
    const { make, actions, baseline } = specifiedEnvironment(environment);
    const { totalSteps, seed, evaluateEvery, evaluationEpisodes, targetReturn, patience } = input;
    const result = await train({
      makeEnv: make,
      makeLearner: learnerOf(algorithm),
      ...{ totalSteps, seed, evaluateEvery, evaluationEpisodes, targetReturn, patience },
      cancelled,
      onProgress: ({ steps, meanReturn }) => progress(steps / totalSteps, `mean return ${meanReturn}`),
    });
    const network = saveNetwork(result.network);
    const dim = result.network.layers[0]?.inputs;
    const policy = createPolicy({ kind: "network", dim, actions: [...actions], network });
    const others: Record<string, Actor<unknown>> = { random: randomActor(actions.length) };
    if (baseline) others.baseline = (_, info) => baseline(info);
    if (incumbent)
      others.incumbent = isArtifact(incumbent)
        ? servedActor(incumbent)
        : policyActor(restorePolicy(incumbent), actions, make());
    const comparison = compareActors(policyActor(policy, actions, make()), others, {
      makeEnv: make,
      episodes: input.comparisonEpisodes,
      seed: `${input.seed}/comparison`,
    });
    const { evaluations, steps, stopped } = result;
    const artifact = environment.kind === "orchestrator" ? orchestratorArtifact(result.network) : undefined;
    return { policy: policy.snapshot(), artifact, fit, evaluations, steps, stopped, comparison };
  },
};

function learnerOf(algorithm: TrainRlInput["algorithm"]): TrainingOptions["makeLearner"] {
  if (algorithm.kind === "ppo") {
    const { kind: _kind, ...options } = algorithm;
    return (shape, rng) => createPpo(shape, options, rng);
  }
  const { kind: _kind, ...options } = algorithm;
  return (shape, rng) => createDqn(shape, options, rng);
}

/** The environment itself, made from the traces where it is to be fitted. */
function simulated(
  environment: TrainRlInput["environment"],
  state: JobContext["state"],
): { environment: EnvironmentSpec; fit?: SimulatorFit } {
  if (environment.kind !== "fitted") return { environment };
  const { kind: _kind, workflowType, share = 1, reward, ...options } = environment;
  const traces: Trace[] = [];
  for (const segments of state.traces.values()) {
    const trace = joinSegments(segments);
    if (trace && (workflowType === undefined || trace.workflowType === workflowType)) traces.push(trace);
  }
  traces.sort((a, b) => a.startedAt.localeCompare(b.startedAt));
  const oldest = traces.slice(0, Math.ceil(share * traces.length));
  const { world, ...fit } = fitSimulator(oldest, options);
  if (world.territories.length === 0)
    throw new LearningError("ENV_INVALID", {
      received: `${oldest.length} traces in which no scan found work`,
      expected: "a Sentinel with a scanner: work that was given at the start is not simulated",
      remedy: "Describe a world by hand and pass it as `world`.",
    });
  const ends = oldest.map((t) => Date.parse(t.startedAt) + t.durationMs);
  const span = {
    dataFrom: oldest[0]?.startedAt,
    dataTo: isoTime(ends.reduce((latest, end) => Math.max(latest, end))),
  };
  return { environment: { kind: "orchestrator", world, reward }, fit: { ...fit, ...span } };
}

/** What a served artifact of the Sentinel would do: its context is the named observation, encoded. */
function servedActor(artifact: RoutingArtifact): Actor<unknown> {
  const encoder = restoreEncoder(artifact.encoder);
  const policy = restorePolicy(artifact.policy);
  return (observation, { actionMask }) => {
    const values = observation as Float64Array;
    const context = encoder.encode(Object.fromEntries(OBSERVATION_FIELDS.map((f, i) => [f, values[i]])));
    const allowed = artifact.candidates;
    const legal = allowed.map((a) => actionMask?.[ORCHESTRATOR_ACTIONS.indexOf(a as OrchestratorAction)] ?? true);
    const chosen = allowed[mostLikely(policy.score({ context, candidates: allowed, mask: legal }))];
    return ORCHESTRATOR_ACTIONS.indexOf(chosen as OrchestratorAction);
  };
}

function isArtifact(incumbent: PolicySnapshot | RoutingArtifact): incumbent is RoutingArtifact {
  return "encoder" in incumbent;
}
