import { describe, expect, it } from "vitest";
import { restoreEncoder } from "../../../src/dataset/index.js";
import { OrchestratorEnv, orchestratorArtifact, smallWorld } from "../../../src/environments/index.js";
import { emptyNetwork, forward, type Network } from "../../../src/math/network.js";
import { createRng } from "../../../src/math/rng.js";
import { OBSERVATION_FIELDS, ORCHESTRATOR_ACTIONS } from "../../../src/orchestration/index.js";
import { restorePolicy } from "../../../src/policies/index.js";
import { sentinelOf } from "../../../src/sentinel/index.js";
import { config, input, sentinel } from "../../sentinel/support/crew.js";

function randomNetwork(seed: string): Network {
  const rng = createRng(seed);
  const network = emptyNetwork([
    { inputs: OBSERVATION_FIELDS.length, outputs: 16, activation: "tanh" },
    { inputs: 16, outputs: ORCHESTRATOR_ACTIONS.length, activation: "linear" },
  ]);
  for (let i = 0; i < network.parameters.length; i++) network.parameters[i] = rng.normal();
  return network;
}

describe("a network trained in the environment", () => {
  it("chooses the same when it is served", () => {
    const network = randomNetwork("n");
    const artifact = orchestratorArtifact(network);
    const [encoder, policy] = [restoreEncoder(artifact.encoder), restorePolicy(artifact.policy)];
    const env = new OrchestratorEnv({ world: smallWorld() });
    const rng = createRng(3);
    let seen = 0;
    for (let seed = 0; seed < 25; seed++) {
      let { observation, info } = env.reset({ seed });
      for (;;) {
        const mask = info.actionMask as boolean[];
        const outputs = forward(network, observation);
        const best = mask.reduce((top, legal, a) => (legal && (top < 0 || outputs[a] > outputs[top]) ? a : top), -1);
        const context = encoder.encode(Object.fromEntries(OBSERVATION_FIELDS.map((f, i) => [f, observation[i]])));
        expect(policy.choose({ context, candidates: ORCHESTRATOR_ACTIONS, mask }, rng.next()).index).toBe(best);
        seen++;
        const legal = [...mask.keys()].filter((a) => mask[a]);
        const step = env.step(legal[rng.int(legal.length)]);
        if (step.terminated) break;
        ({ observation, info } = step);
      }
    }
    expect(seen).toBeGreaterThan(150);
  });

  it("steers the Sentinel", async () => {
    const graph = sentinel({ policy: orchestratorArtifact(randomNetwork("g")) });
    await sentinelOf(graph)?.ready();
    const out = await graph.compile().invoke(input, config);
    expect(out.fallbacks).toEqual({});
    expect(out.steps.every((s) => s.source === "policy" || s.source === "only")).toBe(true);
    expect(out.finalReport).toBeTruthy();
  });

  it("is refused when it was trained for something else", () => {
    const other = emptyNetwork([{ inputs: 4, outputs: 2, activation: "linear" }]);
    expect(() => orchestratorArtifact(other)).toThrow(/a network of 4 inputs and 2 outputs/);
  });
});
