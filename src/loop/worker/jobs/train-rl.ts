import { saveNetwork } from "../../../core/index.js";
import { type EnvironmentSpec, specifiedEnvironment } from "../../../environments/index.js";
import { createPolicy, type PolicySnapshot, restorePolicy } from "../../../policies/index.js";
import {
  type Actor,
  type Comparison,
  compareActors,
  createDqn,
  createPpo,
  type DqnOptions,
  type PpoOptions,
  policyActor,
  randomActor,
  type TrainingCheckpoint,
  type TrainingEvaluation,
  type TrainingResult,
  train,
} from "../../../training/index.js";
import type { Job } from "../job.js";

/** What to train, where, and for how long. */
export interface TrainRlInput {
  environment: EnvironmentSpec;
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
  /**
   * Keeps checkpoints in the worker under this name; a later job with the same name and input goes on
   * from the last one, whether the earlier one was stopped or ran to a smaller `totalSteps`' end.
   */
  resumeAs?: string;
  /** What serves now, to be compared with. */
  incumbent?: PolicySnapshot;
  /** Episodes of the comparison (default 100). */
  comparisonEpisodes?: number;
}

/** The trained policy, ready to be published. */
export interface TrainRlOutput {
  policy: PolicySnapshot;
  evaluations: TrainingEvaluation[];
  steps: number;
  stopped: TrainingResult["stopped"];
  /** Against random actions, the environment's baseline where it has one, and the incumbent, on episodes of their own. */
  comparison: Comparison;
}

/** Trains a deep policy on a simulated environment. */
export const trainRl: Job<TrainRlInput, TrainRlOutput> = {
  name: "train-rl",
  async run(input, { state, cancelled, progress }) {
    const { environment, algorithm, resumeAs, incumbent } = input;
    const { make, actions, baseline } = specifiedEnvironment(environment);
    const key = `train-rl/${resumeAs}`;
    const result = await train({
      ...input,
      makeEnv: make,
      makeLearner: (shape, rng) =>
        algorithm.kind === "ppo" ? createPpo(shape, algorithm, rng) : createDqn(shape, algorithm, rng),
      resume: resumeAs === undefined ? undefined : (state.shared.get(key) as TrainingCheckpoint | undefined),
      cancelled,
      onCheckpoint: (checkpoint) => {
        if (resumeAs !== undefined) state.shared.set(key, checkpoint);
      },
      onProgress: ({ steps, totalSteps, meanReturn }) => progress(steps / totalSteps, `mean return ${meanReturn}`),
    });
    const network = saveNetwork(result.network);
    const dim = result.network.layers[0]?.inputs as number;
    const policy = createPolicy({ kind: "network", dim, actions: [...actions], network });
    const others: Record<string, Actor<unknown>> = { random: randomActor(actions.length) };
    if (baseline) others.baseline = (_, info) => baseline(info);
    if (incumbent) others.incumbent = policyActor(restorePolicy(incumbent), actions, make());
    const comparison = compareActors(policyActor(policy, actions, make()), others, {
      makeEnv: make,
      episodes: input.comparisonEpisodes,
      seed: `${input.seed}/comparison`,
    });
    const { evaluations, steps, stopped } = result;
    return { policy: policy.snapshot(), evaluations, steps, stopped, comparison };
  },
};
