import type { DecisionContext } from "../../../src/core/index.js";
import { fitEncoder } from "../../../src/dataset/index.js";
import { createRng } from "../../../src/math/rng.js";
import {
  createPolicy,
  type PolicySpec,
  type RoutingArtifact,
  routingArtifactName,
} from "../../../src/policies/index.js";
import type { MemoryRegistry } from "./world.js";

type Spec = PolicySpec extends infer S ? (S extends { dim: number } ? Omit<S, "dim"> : never) : never;

const TOPICS = ["invoice", "crash", "price"];

/** A policy that was trained on a world where each topic has its own best destination. */
export function trainedArtifact(
  decisionPoint: string,
  destinations: readonly string[],
  spec: Spec = { kind: "epsilon-greedy", epsilon: 0.3 },
  best: (topic: string) => string = (topic) => destinations[TOPICS.indexOf(topic)],
): RoutingArtifact {
  const rng = createRng(7);
  const contexts: DecisionContext[] = Array.from({ length: 150 }, () => ({ topic: TOPICS[rng.int(3)] }));
  const encoder = fitEncoder(contexts, { fields: { topic: "category" } });
  const policy = createPolicy({ ...spec, dim: encoder.dim } as PolicySpec);
  policy.learn(
    contexts.map((context) => {
      const chosen = rng.int(destinations.length);
      const reward = destinations[chosen] === best(context.topic as string) ? 0.9 : 0.1;
      return { context: encoder.encode(context), candidates: destinations, chosen, reward };
    }),
  );
  return {
    decisionPoint,
    encoder: encoder.snapshot(),
    policy: policy.snapshot(),
    candidates: [...destinations],
    contextFields: ["topic"],
  };
}

/** Publishes an artifact and promotes it; resolves with its version. */
export async function promote(registry: MemoryRegistry, artifact: RoutingArtifact): Promise<string> {
  const name = routingArtifactName(artifact.decisionPoint);
  const { version } = await registry.publish(name, "routing-policy", artifact);
  await registry.promote(name, version);
  return version;
}
