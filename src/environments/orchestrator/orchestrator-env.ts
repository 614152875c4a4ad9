import { checkArgument } from "../../core/arguments.js";
import { LearningError, show } from "../../core/index.js";
import { createRng, type Rng } from "../../math/rng.js";
import type {
  ActionOutcome,
  FinalReport,
  OrchestrationState,
  StepRewardWeights,
  Survey,
} from "../../orchestration/index.js";
import {
  advance,
  baselineAction,
  completeWeights,
  initialState,
  legalActions,
  OBSERVATION_FIELDS,
  ORCHESTRATOR_ACTIONS,
  observationOf,
  observationVector,
  planAction,
  stepReward,
  survey,
} from "../../orchestration/index.js";
import { resetArgument } from "../arguments.js";
import type { Env, ResetOptions, ResetResult, StepInfo, StepResult } from "../env.js";
import { Box } from "../spaces/box.js";
import { Discrete } from "../spaces/discrete.js";
import { worldArgument } from "./check-world.js";
import { sampledChance } from "./distribution.js";
import { drawConditions, type HiddenConditions, simulate } from "./simulate.js";
import type { OrchestratorWorld } from "./world.js";
import { standardWorld } from "./worlds.js";

/** Settings of an {@link OrchestratorEnv}. */
export interface OrchestratorEnvOptions {
  /** The simulated world, default `standardWorld()`. */
  world?: OrchestratorWorld;
  reward?: Partial<StepRewardWeights>;
  /** What a person would think of a report, in [0,1], from a reward model; default the report's own prediction. */
  satisfaction?: (report: FinalReport) => number;
}

/** What `info` holds beside the mask. */
export interface OrchestratorInfo extends StepInfo {
  actionMask: boolean[];
  /** Index of the action that the rule-based baseline would take. */
  baseline: number;
  /** What the simulated world answered to the last action. */
  outcome?: ActionOutcome;
}

/**
 * The Sentinel's orchestration with simulated agents. State, legal actions, observation, transition
 * and reward are those of the room `orchestration`, which the graph runs on as well; only what scanner,
 * agents and inspiration answer is simulated.
 *
 * Observation: `Box(0, 1)` of `OBSERVATION_FIELDS`. Action: an index into `ORCHESTRATOR_ACTIONS`;
 * one that is not legal fails with ENV_INVALID. An episode terminates with `completeTask`; the
 * budgets of the world enforce that it comes.
 * @example
 * const env = new OrchestratorEnv({ world });
 * let { observation } = env.reset({ seed: 1 });
 * ({ observation } = env.step(0)); // fails with ENV_INVALID where the mask forbids the action
 */
export class OrchestratorEnv implements Env<Float64Array, number> {
  readonly id = "Orchestrator-v0";
  readonly observationSpace = new Box(0, 1, OBSERVATION_FIELDS.length);
  readonly actionSpace = new Discrete(ORCHESTRATOR_ACTIONS.length);
  readonly world: OrchestratorWorld;
  private readonly weights: StepRewardWeights;
  private readonly satisfaction: OrchestratorEnvOptions["satisfaction"];
  private rng: Rng = createRng(0);
  private hidden: HiddenConditions = new Set();
  private view: Survey | undefined;

  /** Fails with ENV_INVALID on a world or reward weights that cannot be, with CONFIG_UNKNOWN_KEY on what does not exist. */
  constructor(options: OrchestratorEnvOptions = {}) {
    checkArgument(
      options,
      "options",
      { world: "object?", reward: "object?", satisfaction: "function?" },
      "ENV_INVALID",
    );
    this.world = worldArgument(options.world ?? standardWorld());
    this.weights = completeWeights(options.reward ?? {}, "ENV_INVALID");
    this.satisfaction = options.satisfaction;
  }

  /** The state now; fails with ENV_INVALID before the first reset. */
  get state(): OrchestrationState {
    return this.current().state;
  }

  reset(options: ResetOptions = {}): ResetResult<Float64Array> {
    const { seed } = resetArgument(options);
    if (seed !== undefined) this.rng = createRng(seed);
    this.hidden = drawConditions(this.world, sampledChance(this.rng));
    this.view = survey(worldStart(this.world), this.world.rules);
    return { observation: this.observation(), info: this.info() };
  }

  step(action: number): StepResult<Float64Array> {
    const view = this.current();
    const name = ORCHESTRATOR_ACTIONS[action];
    if (view.state.report || !name || !legalActions(view)[action])
      throw new LearningError("ENV_INVALID", {
        received: view.state.report ? "a step after the end of the episode" : `action ${show(name ?? action)}`,
        expected: "one of the actions that info.actionMask allows, in an episode that goes on",
        remedy: "Call reset() at the end of an episode, and choose under the mask.",
      });
    const plan = planAction(view, name);
    const outcome = simulate(this.world, this.hidden, view.state, plan, sampledChance(this.rng));
    const after = advance(view.state, plan, outcome, this.world.rules);
    this.view = survey(after, this.world.rules);
    const satisfaction = after.report && this.satisfaction?.(after.report);
    return {
      observation: this.observation(),
      reward: stepReward(view.state, after, this.weights, satisfaction),
      terminated: after.report !== undefined,
      truncated: false,
      info: { ...this.info(), outcome },
    };
  }

  private observation(): Float64Array {
    return observationVector(observationOf(this.current()));
  }

  private info(): OrchestratorInfo {
    const view = this.current();
    return { actionMask: legalActions(view), baseline: ORCHESTRATOR_ACTIONS.indexOf(baselineAction(view)) };
  }

  private current(): Survey {
    if (this.view) return this.view;
    throw new LearningError("ENV_INVALID", {
      received: "a use of the environment before its first episode",
      expected: "reset() first",
      remedy: "Call reset().",
    });
  }
}

/**
 * The state in which every episode of a world begins.
 * @example worldStart(smallWorld()).tasks.length; // 0
 */
export function worldStart(world: OrchestratorWorld): OrchestrationState {
  worldArgument(world);
  return initialState({
    goal: "simulated",
    agents: world.agents.map((a) => a.declared),
    territories: world.territories.map(({ id, title }) => ({ id, title })),
    budget: world.budget,
  });
}
