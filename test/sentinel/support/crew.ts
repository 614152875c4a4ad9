import { RunnableLambda } from "@langchain/core/runnables";
import { ManualClock } from "../../../src/core/index.js";
import { fitEncoder } from "../../../src/dataset/index.js";

import { OBSERVATION_FIELDS, ORCHESTRATOR_ACTIONS } from "../../../src/orchestration/index.js";
import { createPolicy, type RoutingArtifact } from "../../../src/policies/index.js";
import type { AgentBrief, Scanner, SentinelAgent, SentinelOptions } from "../../../src/sentinel/index.js";
import { createSentinelOrchestrator, sentinelRecursionLimit } from "../../../src/sentinel/index.js";

/** An agent that answers at once, or as told. */
export function scripted(
  name: string,
  capabilities: string[],
  answer: (brief: AgentBrief) => unknown = (b) => ({ content: `${name}: ${b.task.title}`, quality: 0.8, tokens: 10 }),
  declared: Partial<SentinelAgent> = {},
): SentinelAgent {
  return { name, capabilities, runnable: RunnableLambda.from(answer) as never, ...declared };
}

/** One workflow per territory: two researches, and a tale that builds on them. */
export const scanner: Scanner = ([territory]) => {
  const id = territory?.id ?? "";
  const task = (n: number, capability: string, dependsOn: number[] = []) => ({
    id: `${id}${n}`,
    title: `${id} ${capability} ${n}`,
    workflow: id,
    capabilities: [capability],
    dependsOn: dependsOn.map((d) => `${id}${d}`),
    creative: capability === "narrative",
  });
  return {
    tasks: [task(1, "research"), task(2, "language"), task(3, "narrative", [1, 2])],
    exhausted: [id],
    tokens: 5,
  };
};

export const input = {
  goal: "an atlas",
  territories: [
    { id: "a", title: "A" },
    { id: "b", title: "B" },
  ],
};
export const config = { recursionLimit: sentinelRecursionLimit(60) };

/** A Sentinel with three agents on a clock that stands still. */
export function sentinel(options: Partial<SentinelOptions> = {}) {
  return createSentinelOrchestrator({
    agents: [
      scripted("researcher", ["research"]),
      scripted("linguist", ["language"]),
      scripted("weaver", ["narrative", "language"]),
    ],
    scanner,
    inspiration: () => "water remembers",
    clock: new ManualClock(),
    ...options,
  });
}

/** The artifact of a policy that always prefers one action, wherever it is legal. */
export function policyFor(action: string, dim?: number): RoutingArtifact {
  const spread = [0, 0.5, 1].map((v) => Object.fromEntries(OBSERVATION_FIELDS.map((f) => [f, v])));
  const encoder = fitEncoder(spread);
  const policy = createPolicy({ kind: "fixed", dim: dim ?? encoder.dim, shares: { [action]: 1 } });
  return {
    decisionPoint: "sentinel",
    encoder: encoder.snapshot(),
    policy: policy.snapshot(),
    candidates: [...ORCHESTRATOR_ACTIONS],
  };
}
