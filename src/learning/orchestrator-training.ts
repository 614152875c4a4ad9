import type { OrchestratorWorld } from "../environments/index.js";
import type { AgentDeclaration, Budget, OrchestrationRules, StepRewardWeights } from "../orchestration/index.js";
import type { TrainRlInput } from "../worker/jobs/train-rl.js";

/** How to train a policy for a Sentinel in simulation. */
export interface OrchestratorTraining {
  /** The Sentinel's decision point (default `sentinel`). */
  decisionPoint?: string;
  /**
   * The Sentinel's agents: the simulator is then made from the traces captured so far (see `fitSimulator`),
   * the oldest `gate.trainShare` of them; the later runs are left to judge what was learned.
   */
  agents?: readonly AgentDeclaration[];
  /** With `agents`: only traces of this workflow type (default: all with a run of these agents). */
  workflowType?: string;
  /** With `agents`: the Sentinel's own budget and rules; `inspiration: false` where it has no source of that. */
  budget?: Budget;
  rules?: Partial<OrchestrationRules>;
  /** A simulated world of your own, instead of `agents`. */
  world?: OrchestratorWorld;
  /** Weights of the step reward that is learned for. */
  reward?: Partial<StepRewardWeights>;
  /** Default: PPO with the settings that the Sentinel's benchmark reports. */
  algorithm?: TrainRlInput["algorithm"];
  /** Simulated steps (default 40,000). */
  totalSteps?: number;
  /** Steps between evaluations (default a quarter of all). */
  evaluateEvery?: number;
  /** Stop after so many evaluations without a better one (default: never). */
  patience?: number;
  /** Episodes on which it is compared with the baseline, chance and what serves (default 100). */
  comparisonEpisodes?: number;
  /** Default: the loop's. */
  seed?: number;
  /**
   * Stops the training: what it came to by then is given back (`stopped: "cancelled"`) and not published.
   * Where training had not begun yet there is nothing to give back: WORKER_FAILED.
   */
  signal?: AbortSignal;
  /** Share done in [0,1]. */
  onProgress?: (share: number) => void;
}
