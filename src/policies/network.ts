import { LearningError, show } from "../core/index.js";
import { forward, loadNetwork, type Network } from "../math/network.js";
import { allowedOf, checkRow } from "./checks.js";
import { drawChoice, estimatedRewards } from "./choices.js";
import { explained } from "./estimating-policy.js";
import type { RewardEstimator } from "./models/model.js";
import type {
  CandidateEstimate,
  CandidateExplanation,
  Choice,
  PolicyInput,
  PolicyRow,
  PolicySnapshot,
  RoutingPolicy,
} from "./routing-policy.js";
import type { PolicySpec } from "./spec.js";

type NetworkSpec = Extract<PolicySpec, { kind: "network" }>;

/**
 * A policy trained elsewhere (deep reinforcement learning, cloning), served as a network's forward
 * pass in plain arrays. Destinations that the network does not know are chosen only where none that it
 * knows is allowed. What each destination earns is learned beside it, for `predict` and `explain`;
 * the network itself stays as it was trained.
 */
export class NetworkPolicy implements RoutingPolicy {
  readonly kind = "network";
  readonly dim: number;
  private readonly network: Network;
  private readonly outputOf: ReadonlyMap<string, number>;

  constructor(
    private readonly spec: NetworkSpec,
    private readonly rewards: RewardEstimator,
    private rows = 0,
  ) {
    this.dim = spec.dim;
    this.network = loadNetwork(spec.network);
    this.outputOf = new Map(spec.actions.map((name, a) => [name, a]));
    const inputs = this.network.layers[0]?.inputs;
    const outputs = this.network.layers.at(-1)?.outputs;
    if (inputs !== spec.dim || outputs !== spec.actions.length || this.outputOf.size !== spec.actions.length)
      throw new LearningError("POLICY_INVALID", {
        received: `a network of ${inputs} inputs and ${outputs} outputs for the actions ${show(spec.actions)}`,
        expected: `${spec.dim} inputs and one output for each action, all named differently`,
        remedy: "Give the network with the encoder and the actions it was trained for.",
      });
  }

  score(input: PolicyInput): Float64Array {
    const allowed = allowedOf(input, this.dim);
    const { temperature = 0 } = this.spec;
    const outputs = forward(this.network, input.context);
    const p = new Float64Array(input.candidates.length);
    const known = allowed.filter((i) => this.outputOf.has(input.candidates[i]));
    if (known.length === 0) {
      for (const i of allowed) p[i] = 1 / allowed.length;
      return p;
    }
    const output = (i: number) => outputs[this.outputOf.get(input.candidates[i]) as number];
    const best = known.reduce((top, i) => (output(i) > output(top) ? i : top));
    if (temperature === 0) {
      p[best] = 1;
      return p;
    }
    let sum = 0;
    for (const i of known) {
      p[i] = Math.exp((output(i) - output(best)) / temperature);
      sum += p[i];
    }
    for (const i of known) p[i] = p[i] / sum;
    return p;
  }

  choose(input: PolicyInput, uniform: number): Choice {
    return drawChoice(this.score(input), uniform);
  }

  predict(input: PolicyInput): CandidateEstimate[] {
    allowedOf(input, this.dim);
    return estimatedRewards(this.rewards, input);
  }

  learn(rows: readonly PolicyRow[]): void {
    for (const row of rows) checkRow(row, this.dim);
    this.rewards.learn(rows);
    this.rows += rows.length;
  }

  explain(input: PolicyInput, top = 10): CandidateExplanation[] {
    return explained(this.rewards, input, this.predict(input), top);
  }

  snapshot(): PolicySnapshot {
    const { kind, dim, rows, spec } = this;
    return { kind, version: 1, dim, rows, spec, model: this.rewards.snapshot() };
  }
}
