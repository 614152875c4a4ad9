import { createRouter, type DecisionOptions } from "../../../src/routing/index.js";
import { promote, trainedArtifact } from "./policy.js";
import { createWorld } from "./world.js";

export const destinations = ["billing", "tech", "sales"] as const;
export type Topic = { topic: string };
export type Options = Partial<DecisionOptions<Topic, (typeof destinations)[number]>>;

export function build(world: ReturnType<typeof createWorld>, overrides: Options = {}) {
  return createRouter(
    {
      decisionPoint: "triage",
      destinations,
      context: (s: Topic) => ({ topic: s.topic }),
      fallback: () => "sales",
      ...overrides,
    },
    world.deps,
  );
}

/** A router of which a policy is promoted and loaded. */
export async function serving(overrides: Options = {}, artifact = trainedArtifact("triage", destinations)) {
  const world = createWorld();
  const router = build(world, overrides);
  const version = await promote(world.registry, artifact);
  await router.ready();
  return { world, router, version };
}
