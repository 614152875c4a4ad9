import type { Decision } from "../core/index.js";
import type { PointReport } from "../learning/report/types.js";
import { type RoutingArtifact, routingArtifactName } from "../policies/index.js";
import type { Registry } from "../registry/index.js";
import { type DecisionExplanation, edgeStatistics, explainDecision, renderPolicyMermaid } from "../routing/index.js";
import type { FactQuery, LearningStore } from "../store/index.js";

/** The decisions a query finds, each once: the last record of its id. */
export async function decisionsIn(store: LearningStore, query: FactQuery): Promise<Decision[]> {
  const last = new Map<string, Decision>();
  for await (const batch of store.read("decision", query))
    for (const decision of batch.facts) last.set(decision.decisionId, decision);
  return [...last.values()];
}

/** The drawing of a graph, from all decisions and the rewards of a report. */
export function drawLearned(graph: object, decisions: readonly Decision[], points: readonly PointReport[]): string {
  const edges = edgeStatistics(decisions).map((edge) => {
    const report = points.find((p) => p.decisionPoint === edge.decisionPoint);
    return { ...edge, meanReward: report?.destinations.find((d) => d.name === edge.destination)?.meanReward };
  });
  return renderPolicyMermaid(graph, edges);
}

/**
 * Why the version that served a decision preferred what it preferred.
 * @throws ARTIFACT_UNKNOWN when no version served it; CONTEXT_INVALID when it has no context
 */
export async function explainStored(decision: Decision, registry: Registry): Promise<DecisionExplanation> {
  const { decisionPoint, policyVersion = "none" } = decision;
  const artifact = await registry.load(routingArtifactName(decisionPoint), policyVersion);
  return explainDecision(decision, artifact as RoutingArtifact, policyVersion);
}
