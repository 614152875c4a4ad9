import { messageOf } from "../core/index.js";
import { servable } from "../evaluation/point/judged-rows.js";
import type { AgentDeclaration } from "../orchestration/index.js";
import { type RoutingArtifact, routingArtifactName } from "../policies/index.js";
import type { Registry } from "../registry/index.js";
import type { DocumentStore } from "../store/index.js";
import type { SimulatorFit, TrainRlInput, TrainRlOutput } from "../worker/jobs/train-rl.js";
import type { ResolvedLoopConfig } from "./config.js";
import type { LearningEngine } from "./engine.js";
import {
  type OrchestratorTraining,
  type OrchestratorTrainingSettings,
  orchestratorTrainingSettings,
} from "./orchestrator-training.js";
import { type TrainedAside, trainedAsideKey } from "./trained-aside.js";

/** What came of it. */
export interface TrainedOrchestrator extends Pick<TrainRlOutput, "comparison" | "evaluations" | "steps" | "stopped"> {
  /** What a Sentinel serves: `createSentinelOrchestrator({ policy: artifact })`. */
  artifact: RoutingArtifact;
  /**
   * The version it was published as, not promoted: it stands before the gate in the next learning cycle.
   * Undefined where it did not beat the rule-based baseline in simulation beyond doubt.
   */
  version?: string;
  /** Where the simulator was made from traces: how well it describes them. */
  fit?: SimulatorFit;
  /** Why the promoted policy could not be compared with: it cannot be read, and does not serve. */
  incumbentUnreadable?: string;
}

/** What the training needs of the loop. */
export interface OrchestratorTrainingParts {
  engine: LearningEngine;
  registry: Registry;
  documents: DocumentStore;
  config: Pick<ResolvedLoopConfig, "seed" | "gate">;
}

/** Trains in the worker thread, compares, and publishes what beat the baseline for the gate to judge. */
export async function trainOrchestrator(
  options: OrchestratorTraining,
  { engine, registry, documents, config }: OrchestratorTrainingParts,
): Promise<TrainedOrchestrator> {
  const settings = orchestratorTrainingSettings(options);
  const { decisionPoint, algorithm, totalSteps, seed = config.seed, patience, comparisonEpisodes } = settings;
  const { signal, onProgress } = settings;
  const name = routingArtifactName(decisionPoint);
  const { incumbent, incumbentUnreadable } = await incumbentOf(name, registry);
  const { artifact, fit, comparison, evaluations, steps, stopped } = await engine.trainRl(
    {
      environment: environmentOf(settings, config.gate.trainShare),
      algorithm,
      totalSteps,
      seed,
      evaluateEvery: settings.evaluateEvery ?? Math.ceil(totalSteps / 4),
      patience,
      comparisonEpisodes,
      incumbent,
    },
    { signal, onProgress },
  );
  const trained = { ...(artifact as RoutingArtifact), decisionPoint };
  const result = { artifact: trained, fit, comparison, evaluations, steps, stopped, incumbentUnreadable };
  const gain = comparison.gains["baseline"];
  if (stopped === "cancelled" || !gain || !(gain.low > 0)) return result;
  const { dataFrom = "", dataTo = "", runs: rows = 0 } = fit ?? {};
  const { version } = await registry.publish(name, "routing-policy", trained, {
    ...(fit && { dataFrom, dataTo }),
    rows,
    encoderVersion: trained.encoder.version,
    seed,
    estimates: { simulated: comparison, fit: fit?.goodness },
  });
  await documents.put(trainedAsideKey(decisionPoint), { version, dataFrom, dataTo, rows } satisfies TrainedAside);
  return { ...result, version };
}

/** The policy that serves; one that cannot be read does not. */
async function incumbentOf(
  name: string,
  registry: Registry,
): Promise<{ incumbent?: RoutingArtifact; incumbentUnreadable?: string }> {
  const serving = registry.champion(name);
  if (!serving) return {};
  try {
    const incumbent = (await registry.load(name, serving.version)) as RoutingArtifact;
    servable(incumbent);
    return { incumbent };
  } catch (error) {
    return { incumbentUnreadable: messageOf(error) };
  }
}

function environmentOf(settings: OrchestratorTrainingSettings, share: number): TrainRlInput["environment"] {
  const { agents, world, reward, workflowType, budget, rules } = settings;
  if (world) return { kind: "orchestrator", world, reward };
  return { kind: "fitted", agents: (agents ?? []).map(declared), workflowType, budget, rules, reward, share };
}

/** The plain part of an agent, which can go to another thread. */
function declared(agent: AgentDeclaration): AgentDeclaration {
  const { name, capabilities, concurrency, durationMs, tokens, costUsd, quality, reliability } = agent;
  return { name, capabilities, concurrency, durationMs, tokens, costUsd, quality, reliability };
}
