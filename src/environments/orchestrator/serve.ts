import { checkArgument } from "../../core/arguments.js";
import { LearningError } from "../../core/index.js";
import { type FeatureEncoder, fitEncoder } from "../../dataset/index.js";
import type { Network, NetworkSnapshot } from "../../math/network.js";
import { emptyNetwork, saveNetwork } from "../../math/network.js";
import { OBSERVATION_FIELDS, ORCHESTRATOR_ACTIONS } from "../../orchestration/index.js";
import { createPolicy, type RoutingArtifact } from "../../policies/index.js";

/**
 * A network trained in an {@link OrchestratorEnv} as the artifact that the Sentinel serves: the graph's named
 * observation goes through an encoder, whose centring and scaling is folded into the first layer, so that
 * what was learned is what is served.
 * @param network one input per observation field, one output per action
 * @param decisionPoint where it is to serve, default `sentinel`
 * @throws POLICY_INVALID when the network was trained for something else
 * @example
 * ```ts
 * const artifact = orchestratorArtifact(network);
 * await registry.publish("policy/sentinel", "routing-policy", artifact, { rows: 0 });
 * ```
 */
export function orchestratorArtifact(network: Network, decisionPoint = "sentinel"): RoutingArtifact {
  checkArgument(network, "network", { layers: "objects" }, "ENV_INVALID");
  checkArgument(decisionPoint, "decisionPoint", "text", "ENV_INVALID");
  const first = network.layers[0];
  const last = network.layers.at(-1);
  if (first?.inputs !== OBSERVATION_FIELDS.length || last?.outputs !== ORCHESTRATOR_ACTIONS.length)
    throw new LearningError("POLICY_INVALID", {
      received: `a network of ${first?.inputs} inputs and ${last?.outputs} outputs`,
      expected: `${OBSERVATION_FIELDS.length} inputs and ${ORCHESTRATOR_ACTIONS.length} outputs`,
      remedy: "Train it in an OrchestratorEnv.",
    });
  const encoder = fitEncoder([0, 0.5, 1].map(levelContext));
  const actions = [...ORCHESTRATOR_ACTIONS];
  const policy = createPolicy({ kind: "network", dim: encoder.dim, actions, network: behindEncoder(network, encoder) });
  return {
    decisionPoint,
    encoder: encoder.snapshot(),
    policy: policy.snapshot(),
    candidates: actions,
    contextFields: [...OBSERVATION_FIELDS],
  };
}

/** The same function of the fields, taking encoded ones: x = (v - v0) / (v1 - v0) for each field's position. */
function behindEncoder(network: Network, encoder: FeatureEncoder): NetworkSnapshot {
  const out = emptyNetwork(network.layers.map((l, i) => (i === 0 ? { ...l, inputs: encoder.dim } : l)));
  out.layers.forEach((layer, i) => {
    layer.bias.set(network.layers[i].bias);
    if (i > 0) layer.weights.set(network.layers[i].weights);
  });
  const [from, to] = [network.layers[0], out.layers[0]] as [Network["layers"][number], Network["layers"][number]];
  const low = dense(encoder, 0);
  const high = dense(encoder, 1);
  OBSERVATION_FIELDS.forEach((field, k) => {
    const at = position(encoder, field);
    const span = high[at] - low[at];
    for (let o = 0; o < from.outputs; o++) {
      const weight = from.weights[k * from.outputs + o] / span;
      to.weights[at * from.outputs + o] = weight;
      to.bias[o] = to.bias[o] - weight * low[at];
    }
  });
  return saveNetwork(out);
}

function levelContext(level: number): Record<string, number> {
  return Object.fromEntries(OBSERVATION_FIELDS.map((f) => [f, level]));
}

function dense(encoder: FeatureEncoder, level: number): Float64Array {
  const { indices, values } = encoder.encode(levelContext(level));
  const out = new Float64Array(encoder.dim);
  indices.forEach((at, k) => {
    out[at] = values[k];
  });
  return out;
}

function position(encoder: FeatureEncoder, field: string): number {
  for (let i = 0; i < encoder.dim; i++) if (encoder.featureName(i) === field) return i;
  throw new LearningError("ENCODER_INVALID", {
    received: `an encoder without ${field}`,
    expected: "one that was fitted on observations",
    remedy: "Report this: the encoder and the observation have grown apart.",
  });
}
