import { LearningError, show } from "../../core/index.js";
import { createRng, drawIndex } from "../../math/rng.js";
import { resetArgument } from "../arguments.js";
import type { Env, ResetOptions, ResetResult, StepResult } from "../env.js";
import { Discrete } from "../spaces/index.js";
import { TimeLimit } from "../wrappers/index.js";
import { modelArgument } from "./check-model.js";
import type { TabularModel } from "./model.js";

/**
 * An environment over a model's states and actions, with its masks and its time limit.
 * @throws ENV_INVALID on a model that is none
 * @example checkEnv(tabularEnv(cliffWorld())).warnings; // []
 */
export function tabularEnv(model: TabularModel): Env<number, number> {
  modelArgument(model);
  return new TimeLimit(new TabularEnv(model), model.maxSteps, model.id);
}

class TabularEnv implements Env<number, number> {
  readonly id: string;
  readonly observationSpace: Discrete;
  readonly actionSpace: Discrete;
  private rng = createRng(0);
  private state: number | undefined;

  constructor(private readonly model: TabularModel) {
    this.id = model.id;
    this.observationSpace = new Discrete(model.states);
    this.actionSpace = new Discrete(model.actions.length);
  }

  reset(options: ResetOptions = {}): ResetResult<number> {
    const { seed } = resetArgument(options);
    if (seed !== undefined) this.rng = createRng(seed);
    this.state = drawIndex(this.model.start, this.rng.next());
    return { observation: this.state, info: { actionMask: this.model.legal(this.state) } };
  }

  step(action: number): StepResult<number> {
    if (this.state === undefined || !this.model.legal(this.state)[action])
      throw new LearningError("ENV_INVALID", {
        received: this.state === undefined ? "a step outside an episode" : `the action ${show(action)}`,
        expected: "a legal action within an episode",
        remedy: "Call reset first and draw actions by info.actionMask.",
      });
    const outcomes = this.model.outcomes(this.state, action);
    const drawn = drawIndex(
      outcomes.map((o) => o.probability),
      this.rng.next(),
    );
    const { next, reward, terminated } = outcomes[drawn];
    this.state = terminated ? undefined : next;
    const info = terminated ? {} : { actionMask: this.model.legal(next) };
    return { observation: next, reward, terminated, truncated: false, info };
  }
}
