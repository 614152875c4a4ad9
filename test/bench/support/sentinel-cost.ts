import type { RoutingArtifact } from "../../../src/policies/index.js";
import { createSentinelOrchestrator, sentinelOf, sentinelRecursionLimit } from "../../../src/sentinel/index.js";
import { median, round } from "./bench.js";

/** What advice costs, in milliseconds per step of the orchestrator (medians over interleaved runs). */
export interface AdviceCost {
  /** A step with neither policy nor subgraph. */
  bareStepMs: number;
  /** What the policy node adds to a step. */
  policyNodeMs: number;
  /** What the advisor as a subgraph of its own adds to a step, the policy node in it included. */
  advisorSubgraphMs: number;
}

const STEPS = 41;
const tasks = Array.from({ length: 20 }, (_, i) => ({
  id: `t${i}`,
  title: `t${i}`,
  dependsOn: i > 0 ? [`t${i - 1}`] : [],
}));
const config = { recursionLimit: sentinelRecursionLimit(60) };

/** Runs one Sentinel in three ways, `runs` times each: 20 tasks one after the other, done by an agent that takes no time. */
export async function adviceCost(artifact: RoutingArtifact, runs: number): Promise<AdviceCost> {
  const make = async (advisor: "node" | "subgraph", policy?: RoutingArtifact) => {
    const agents = [{ name: "agent", capabilities: [], runnable: { invoke: async () => "done" } }];
    const graph = createSentinelOrchestrator({ agents, advisor, policy });
    await sentinelOf(graph)?.ready();
    const compiled = graph.compile();
    return async () => {
      const from = performance.now();
      const out = await compiled.invoke({ goal: "g", tasks }, config);
      return (performance.now() - from) / (out.finalReport?.spent.steps ?? STEPS);
    };
  };
  const ways = [await make("node"), await make("node", artifact), await make("subgraph", artifact)];
  const times: number[][] = ways.map(() => []);
  for (let run = -2; run < runs; run++)
    for (const [i, way] of ways.entries()) {
      const ms = await way();
      if (run >= 0) times[i]?.push(ms);
    }
  const [bare, node, subgraph] = times.map((t) => median(t)) as [number, number, number];
  return {
    bareStepMs: round(bare),
    policyNodeMs: round(node - bare),
    advisorSubgraphMs: round(subgraph - bare),
  };
}
