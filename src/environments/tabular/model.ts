/** One way a state-action pair can turn out. */
export interface TransitionOutcome {
  probability: number;
  next: number;
  reward: number;
  /** The episode ends here; `next` is then only shown, never left. */
  terminated: boolean;
}

/** A finite Markov decision process with known dynamics: small enough to be solved exactly. */
export interface TabularModel {
  id: string;
  states: number;
  /** Names of the actions. */
  actions: readonly string[];
  /** Probability of starting in each state. */
  start: readonly number[];
  /** Which actions are legal in a state; at least one. */
  legal(state: number): readonly boolean[];
  /** What may follow a legal action; the probabilities sum to one. */
  outcomes(state: number, action: number): readonly TransitionOutcome[];
  /** Discount factor under which the model is solved and learned. */
  discount: number;
  /** Episodes are cut off here. */
  maxSteps: number;
}
