import type { Registry } from "../registry/index.js";
import type { RewardPrediction } from "../rewards/index.js";
import type { PredictRewardsInput, RewardModelArtifact } from "../worker/jobs/reward-model.js";
import type { RewardSettings } from "../worker/reward-views.js";
import { REWARD_MODEL } from "./components/reward-model.js";
import type { RunEmbeddings } from "./run-embeddings.js";
import type { LearningWorker } from "./thread/host.js";

/** What the reward model says of runs: by workflowId, then by target (`reward`, `cat:NAME`, `rating:NAME`). */
export type RewardPredictions = Record<string, Record<string, RewardPrediction>>;

/**
 * Asks the reward model that serves about runs that the worker knows. The artifact is sent only when
 * the worker does not hold it yet.
 * @returns nothing for runs it does not know, and nothing at all while no reward model serves
 */
export async function storePredictedRewards(
  parts: { registry: Registry; worker: LearningWorker; reward: RewardSettings; embeddings?: RunEmbeddings },
  workflowIds: string[],
): Promise<RewardPredictions> {
  const { registry, worker, reward } = parts;
  const serving = registry.champion(REWARD_MODEL);
  if (!serving || workflowIds.length === 0) return {};
  const said = await parts.embeddings?.of(worker, undefined, workflowIds);
  const input: PredictRewardsInput = {
    workflowIds,
    reward,
    version: serving.version,
    ...(said && { vectors: said.vectors }),
  };
  const ask = (more: Partial<PredictRewardsInput>) => worker.run("rewards.predict", { ...input, ...more });
  let output = await ask({});
  if ("needsArtifact" in output)
    output = await ask({ artifact: (await registry.load(REWARD_MODEL, serving.version)) as RewardModelArtifact });
  return "predictions" in output ? output.predictions : {};
}
