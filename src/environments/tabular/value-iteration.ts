import { checkArgument } from "../../core/arguments.js";
import { LearningError } from "../../core/index.js";
import { modelArgument } from "./check-model.js";
import type { TabularModel } from "./model.js";

/** A model that is discounted, or ends, settles long before. */
const MOST_SWEEPS = 100_000;

/** The exact solution of a model under its discount. */
export interface TabularSolution {
  /** Optimal value of each state. */
  values: Float64Array;
  /** An optimal action of each state. */
  policy: number[];
  /** Expected optimal discounted return of an episode, over the start states. */
  optimum: number;
}

/**
 * Value iteration (Bellman, 1957) until no value moves by more than `tolerance` (default 1e-10).
 * @throws ENV_INVALID on a model that is none, or whose values do not settle
 * @example const { optimum, policy } = valueIteration(repairWorld());
 */
export function valueIteration(model: TabularModel, tolerance = 1e-10): TabularSolution {
  modelArgument(model);
  checkArgument(tolerance, "tolerance", "number", "ENV_INVALID");
  if (!(tolerance > 0)) throw unsettled(`a tolerance of ${tolerance}`, "a number above 0");
  const values = new Float64Array(model.states);
  const best = (state: number): [number, number] => {
    let top: [number, number] = [-1, Number.NEGATIVE_INFINITY];
    model.legal(state).forEach((legal, action) => {
      if (!legal) return;
      const value = actionValue(model, values, state, action);
      if (value > top[1]) top = [action, value];
    });
    return top;
  };
  iterate(values, tolerance, (state) => best(state)[1]);
  return { values, policy: [...values.keys()].map((s) => best(s)[0]), optimum: startValue(model, values) };
}

/**
 * The exact expected discounted return of an episode under a policy, without its time limit.
 * @param probabilities the policy's probability of each action in a state (zero where illegal)
 * @example
 * ```ts
 * const model = cliffWorld();
 * const { policy, optimum } = valueIteration(model);
 * const best = (state: number) => model.actions.map((_, action) => (action === policy[state] ? 1 : 0));
 * Math.abs(policyValue(model, best) - optimum) < 1e-6; // true
 * ```
 */
export function policyValue(model: TabularModel, probabilities: (state: number) => ArrayLike<number>): number {
  modelArgument(model);
  checkArgument(probabilities, "probabilities", "function", "ENV_INVALID");
  const policy = Array.from({ length: model.states }, (_, s) => probabilities(s));
  const values = new Float64Array(model.states);
  iterate(values, 1e-10, (state) => {
    let value = 0;
    const p = policy[state];
    for (let a = 0; a < p.length; a++) if (p[a] > 0) value += p[a] * actionValue(model, values, state, a);
    return value;
  });
  return startValue(model, values);
}

function iterate(values: Float64Array, tolerance: number, update: (state: number) => number): void {
  let change = Number.POSITIVE_INFINITY;
  for (let sweep = 0; change > tolerance; sweep++) {
    if (sweep === MOST_SWEEPS)
      throw unsettled("values that grow without end", "a discount below 1, or episodes that end");
    change = 0;
    for (let s = 0; s < values.length; s++) {
      const value = update(s);
      change = Math.max(change, Math.abs(value - values[s]));
      values[s] = value;
    }
  }
}

function actionValue(model: TabularModel, values: Float64Array, state: number, action: number): number {
  let value = 0;
  for (const { probability, next, reward, terminated } of model.outcomes(state, action))
    value += probability * (reward + (terminated ? 0 : model.discount * values[next]));
  return value;
}

function startValue(model: TabularModel, values: Float64Array): number {
  return model.start.reduce((sum, p, s) => sum + p * values[s], 0);
}

function unsettled(received: string, expected: string): LearningError {
  return new LearningError("ENV_INVALID", { received, expected, remedy: "Correct the model or the tolerance." });
}
