import { type Logger, messageOf, type Trace } from "../core/index.js";
import { composeReward } from "../dataset/index.js";
import type { ResolvedLoopConfig } from "./config.js";
import type { RewardPredictions } from "./reward-predictions.js";

interface Parts {
  engine: { predictRewards(workflowIds: string[]): Promise<RewardPredictions> };
  config: ResolvedLoopConfig;
  logger: Logger;
  traceOf(workflowId: string): Promise<Trace | undefined>;
}

/**
 * What is expected of a run before anyone rated it: the predicted reward with its standard error, or,
 * while no reward model serves or it does not know such a run, what success, latency and cost make.
 */
export async function expectedReward(
  workflowId: string,
  { engine, config, logger, traceOf }: Parts,
): Promise<{ expectedReward?: number; uncertainty?: number }> {
  const predicted = await engine.predictRewards([workflowId]).catch((error: unknown): RewardPredictions => {
    logger.warn("the reward model gave no prediction", { workflowId, message: messageOf(error) });
    return {};
  });
  const reward = predicted[workflowId]?.["reward"];
  if (reward?.known) return { expectedReward: reward.mean, uncertainty: Math.sqrt(reward.variance) };
  const trace = await traceOf(workflowId);
  if (!trace) return {};
  const composed = composeReward({ feedback: [], trace, weights: config.rewardWeights, withoutJudgement: true });
  return composed.reward === undefined ? {} : { expectedReward: composed.reward };
}
