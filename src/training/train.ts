import { loadNetwork, type Network, saveNetwork } from "../math/network.js";
import { createRng, type Rng } from "../math/rng.js";
import { actionsOf } from "./actions.js";
import { checkedEnv } from "./checked-env.js";
import { episodeInterval, episodeReturns, greedyActor } from "./evaluate.js";
import type { DiscreteEnv, Learner, NetworkHead } from "./learner.js";
import {
  type TrainingCheckpoint,
  type TrainingEvaluation,
  type TrainingOptions,
  type TrainingSettings,
  trainingSettings,
} from "./training-options.js";

/** What came of it. */
export interface TrainingResult {
  /** The network of the best evaluation: one output per action. */
  network: Network;
  head: NetworkHead;
  evaluations: TrainingEvaluation[];
  steps: number;
  stopped: "finished" | "target" | "patience" | "cancelled";
  /** The last point that training can be resumed from. */
  checkpoint: TrainingCheckpoint;
}

/**
 * Runs a learner in segments of `evaluateEvery` steps. Each segment starts its environments and its
 * random numbers anew from the seed and the segment's number, so that a resumed training gives the
 * very numbers of one that was never stopped. Gives the event loop a turn after each round.
 * @throws LearningError TRAINING_INVALID for options that cannot be met, and for an observation, reward or mask
 *   that is none, at the step where it comes
 * @example
 * ```ts
 * const { network, evaluations } = await train({
 *   makeEnv: cartPole,
 *   makeLearner: (shape, rng) => createPpo(shape, {}, rng),
 *   totalSteps: 50_000,
 *   seed: 1,
 *   targetReturn: 475,
 * });
 * ```
 */
export async function train(options: TrainingOptions): Promise<TrainingResult> {
  const settings = trainingSettings(options);
  const seed = settings.seed ?? settings.resume?.seed ?? 0;
  const rng = createRng(seed);
  const makeEnv = () => checkedEnv(settings.makeEnv());
  const example = makeEnv();
  let learner: Learner | undefined;
  try {
    const shape = { inputs: example.observationSpace.flatDim, actions: actionsOf(example) };
    learner = await settings.makeLearner(shape, rng.fork("start"));
    return await segments({ ...settings, makeEnv, seed }, learner, example, rng);
  } finally {
    learner?.dispose();
    example.close?.();
  }
}

async function segments(
  settings: TrainingSettings & { seed: number | string },
  learner: Learner,
  example: DiscreteEnv,
  rng: Rng,
): Promise<TrainingResult> {
  const { totalSteps, evaluateEvery, evaluationEpisodes, patience, targetReturn, resume, seed } = settings;
  if (resume) learner.restore(resume.learner);
  const evaluations = [...(resume?.evaluations ?? [])];
  let steps = resume?.steps ?? 0;
  let best = resume?.best ?? { mean: Number.NEGATIVE_INFINITY, at: 0, network: saveNetwork(learner.network()) };
  const mark = (): TrainingCheckpoint => {
    return { version: 1, steps, seed, learner: learner.save(), evaluations: [...evaluations], best };
  };
  let checkpoint = mark();
  const result = (stopped: TrainingResult["stopped"]): TrainingResult => {
    return { network: loadNetwork(best.network), head: learner.head, evaluations, steps, stopped, checkpoint };
  };
  while (steps < totalSteps) {
    const segment = {
      envs: Array.from({ length: learner.environments }, settings.makeEnv),
      steps: Math.min(evaluateEvery, totalSteps - steps),
      stepsBefore: steps,
      totalSteps,
      rng: rng.fork(`segment/${evaluations.length}`),
    };
    try {
      for (const report of learner.learn(segment)) {
        steps += report.steps;
        const { returns, figures } = report;
        const meanReturn = returns.reduce((sum, r) => sum + r, 0) / returns.length;
        settings.onProgress?.({ steps, totalSteps, episodes: returns.length, meanReturn, figures });
        await new Promise((resolve) => setImmediate(resolve));
        if (settings.cancelled?.()) return result("cancelled");
      }
    } finally {
      for (const env of segment.envs) env.close?.();
    }
    const network = learner.network();
    const returns = episodeReturns(greedyActor(network, example), {
      makeEnv: settings.makeEnv,
      episodes: evaluationEpisodes,
      seed: `${seed}/evaluation`,
    });
    const evaluation = { steps, ...episodeInterval(returns) };
    evaluations.push(evaluation);
    settings.onEvaluation?.(evaluation);
    if (evaluation.mean > best.mean)
      best = { mean: evaluation.mean, at: evaluations.length, network: saveNetwork(network) };
    checkpoint = mark();
    settings.onCheckpoint?.(checkpoint);
    if (evaluation.mean >= targetReturn) return result("target");
    if (evaluations.length - best.at >= patience) return result("patience");
  }
  return result("finished");
}
