import { checkArgument } from "../../core/arguments.js";
import { LearningError, show } from "../../core/index.js";
import { sumsToOne } from "../numbers.js";
import type { TabularModel } from "./model.js";

/** What is read of a model. */
const MODEL = {
  id: "text",
  states: "number",
  actions: "texts",
  start: "numbers",
  legal: "function",
  outcomes: "function",
  discount: "number",
  maxSteps: "number",
} as const;

const checked = new WeakSet<object>();

/**
 * The model, when it is a Markov decision process: every state and legal action is asked for, once per model.
 * @throws ENV_INVALID naming the state and the action
 */
export function modelArgument(model: TabularModel): TabularModel {
  if (typeof model === "object" && model !== null && checked.has(model)) return model;
  checkArgument(model, "model", MODEL, "ENV_INVALID");
  const { states, actions, start, discount } = model;
  refuse(!Number.isInteger(states) || states < 1, `${states} states`, "a whole number from 1");
  refuse(actions.length === 0, "no actions", "at least one action");
  refuse(start.length !== states || !areChances(start), `the start ${show(start)}`, "a probability for each state");
  refuse(!(discount >= 0 && discount <= 1), `the discount ${discount}`, "a number in [0,1]");
  for (let state = 0; state < states; state++) {
    const legal = model.legal(state);
    const fits = Array.isArray(legal) && legal.length === actions.length && legal.includes(true);
    refuse(!fits, `${show(legal)} for what is legal in state ${state}`, "a flag for each action, at least one true");
    legal.forEach((yes, action) => {
      if (yes) checkOutcomes(model, state, action);
    });
  }
  checked.add(model);
  return model;
}

function checkOutcomes(model: TabularModel, state: number, action: number): void {
  const where = `action ${model.actions[action]} in state ${state}`;
  const outcomes = model.outcomes(state, action);
  checkArgument(outcomes, `the outcomes of ${where}`, "objects", "ENV_INVALID");
  const chances = outcomes.map((o) => o.probability);
  refuse(!areChances(chances), `probabilities ${show(chances)} of ${where}`, "probabilities that sum to one");
  for (const { next, reward, terminated } of outcomes) {
    const known = Number.isInteger(next) && next >= 0 && next < model.states;
    refuse(!known, `next state ${show(next)} of ${where}`, `a state below ${model.states}`);
    refuse(!Number.isFinite(reward), `reward ${show(reward)} of ${where}`, "a finite number");
    refuse(typeof terminated !== "boolean", `terminated ${show(terminated)} of ${where}`, "true or false");
  }
}

const areChances = (chances: readonly number[]) => chances.every((p) => p >= 0) && sumsToOne(chances);

function refuse(wrong: boolean, received: string, expected: string): void {
  if (wrong) throw new LearningError("ENV_INVALID", { received, expected, remedy: "Correct the model." });
}
