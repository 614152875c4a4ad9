import { messageOf } from "../../core/index.js";
import type { Tenants } from "../../core/tenants.js";
import type { Registry } from "../../registry/index.js";
import type { RewardModelArtifact, TrainRewardModelInput } from "../../worker/jobs/reward-model.js";
import type { RewardSettings } from "../../worker/reward-views.js";
import type { ComponentContext, ComponentReport, LearningComponent } from "../component.js";
import type { RunEmbeddings } from "../run-embeddings.js";
import type { LearningWorker } from "../thread/host.js";

/** The registry name of the reward model. */
export const REWARD_MODEL = "reward-model";

/** Settings of {@link rewardModelComponent}. */
export interface RewardModelComponentOptions {
  reward: RewardSettings;
  /** Rated runs needed for a first model (default 40). */
  minSamples?: number;
  /** Describes runs by what they say, too. */
  embeddings?: RunEmbeddings;
  /** Workflow types by tenant: each has a model of its own runs. */
  tenants?: Tenants;
}

/**
 * Keeps the reward model: new ratings go into its fast members in every cycle, a refitted model is
 * published and replaces the old one only when it predicted later runs better. The status carries the
 * health of the reward.
 */
export function rewardModelComponent(options: RewardModelComponentOptions): LearningComponent {
  return {
    name: REWARD_MODEL,
    async run({ registry, worker, seed, signal, logger, keepVersions }: ComponentContext): Promise<ComponentReport> {
      const said = await options.embeddings?.of(worker, signal);
      const serving = registry.champion(REWARD_MODEL);
      const { artifact, failure } = await artifactFor(serving?.version, registry, worker, signal);
      const input: TrainRewardModelInput = {
        reward: options.reward,
        seed,
        minSamples: options.minSamples ?? 40,
        ...(said && { vectors: said.vectors }),
        ...(options.tenants && { tenants: options.tenants }),
        ...(serving &&
          failure === undefined && { champion: { version: serving.version, ...(artifact && { artifact }) } }),
      };
      const output = await worker.run("rewards.train", input, { signal });
      signal.throwIfAborted();
      for (const warning of output.health.warnings) logger.info(`reward: ${warning}`);
      const { winner, comparison, health, updated, evaluators, unreadable = failure } = output;
      const report = winner?.report["reward"];
      let version = serving?.version;
      if (winner) {
        const { report: _, ...payload } = winner;
        const lineage = {
          ...(serving && { parent: serving.version }),
          dataTo: winner.trainedTo,
          rows: winner.rows,
          encoderVersion: winner.encoderVersion,
          seed,
          estimates: { rmse: report?.rmse, spread: Math.sqrt(report?.variance ?? 0), comparison },
        };
        const published = await registry.publish(REWARD_MODEL, "reward-model", payload, lineage, {
          newest: keepVersions,
        });
        if (!registry.isPinned(REWARD_MODEL)) {
          await registry.promote(REWARD_MODEL, published.version, output.message);
          version = published.version;
        }
      }
      const lost = `${serving?.version} cannot be read and counts as none: ${unreadable}`;
      return {
        state: winner || updated > 0 ? "done" : "idle",
        samples: output.rated,
        message: output.message,
        warnings: [
          ...health.warnings,
          ...(said?.failure ? [said.failure] : []),
          ...(unreadable !== undefined && !winner ? [lost] : []),
        ],
        details: { version, health, evaluators, updated, comparison, members: report?.members, rmse: report?.rmse },
      };
    },
  };
}

/** The serving version's artifact where the worker does not hold it, or why it cannot be loaded. */
async function artifactFor(
  version: string | undefined,
  registry: Registry,
  worker: LearningWorker,
  signal: AbortSignal,
): Promise<{ artifact?: RewardModelArtifact; failure?: string }> {
  if (version === undefined) return {};
  if ((await worker.run("rewards.held", {}, { signal })) === version) return {};
  return registry.load(REWARD_MODEL, version).then(
    (artifact) => ({ artifact: artifact as RewardModelArtifact }),
    (error) => ({ failure: messageOf(error) }),
  );
}
