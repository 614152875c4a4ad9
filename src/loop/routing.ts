import type { Decision } from "../core/index.js";
import type { OrchestratorTraining } from "../learning/orchestrator-training.js";
import type { PointReport } from "../learning/report/types.js";
import {
  type OrchestratorTrainingParts,
  type TrainedOrchestrator,
  trainOrchestrator,
} from "../learning/train-orchestrator.js";
import { type RoutingArtifact, routingArtifactName } from "../policies/index.js";
import type { Registry } from "../registry/index.js";
import {
  type AdvisorFields,
  type AdvisorGraph,
  type AdvisorGraphOptions,
  type CommandRouter,
  type CommandRouterOptions,
  type Counterfactual,
  type CounterfactualRequest,
  counterfactual,
  type DecisionExplanation,
  type DecisionOptions,
  edgeStatistics,
  explainDecision,
  type LearnedMiddleware,
  type LearnedMiddlewareOptions,
  type LearnedRouter,
  type PolicyNode,
  type PolicyNodeOptions,
  renderPolicyMermaid,
} from "../routing/index.js";
import type { FactQuery, LearningStore } from "../store/index.js";
import type { Learnable, LearnedPoints } from "./learned-points.js";

/** The part of the loop that graphs are built with, and that tells why they went where they went. */
export abstract class LoopRouting {
  /** Versions of everything learned; promote, roll back and pin by hand here. */
  abstract readonly registry: Registry;
  protected abstract readonly learned: LearnedPoints;
  protected abstract readonly training: OrchestratorTrainingParts;

  /**
   * A learned conditional edge for `addConditionalEdges`; always give its destinations as the path
   * map too.
   * @throws ROUTER_INVALID, CONFIG_UNKNOWN_KEY for wrong options (all of this family)
   */
  router<S, const D extends string>(options: Learnable<DecisionOptions<S, D>>): LearnedRouter<S, D> {
    return this.learned.router(options);
  }

  /** A learned node that goes on by a `Command`: `addNode(name, node, { ends: node.ends })`. */
  commandRouter<S, const D extends string, U extends Record<string, unknown> = Record<string, never>>(
    options: Learnable<CommandRouterOptions<S, D, U>>,
  ): CommandRouter<S, D, U> {
    return this.learned.commandRouter(options);
  }

  /** A node that writes the policy's advice into the state; the graph's own code decides. */
  policyNode<S, const D extends string, const K extends string = "advice">(
    options: Learnable<PolicyNodeOptions<S, D, K>>,
  ): PolicyNode<S, D, K> {
    return this.learned.policyNode(options);
  }

  /** An uncompiled graph around such a node, to be hosted by a graph whose state has `advice`. */
  advisorGraph<F extends AdvisorFields, const D extends string>(
    options: Learnable<AdvisorGraphOptions<F, D>>,
  ): AdvisorGraph<F> {
    return this.learned.advisorGraph(options);
  }

  /** Middleware for langchain's `createAgent`: learns the model, the tools or the system prompt of each model call. */
  middleware<const C extends string>(options: Learnable<LearnedMiddlewareOptions<C>>): LearnedMiddleware {
    return this.learned.middleware(options);
  }

  /**
   * Trains a policy for a Sentinel by deep reinforcement learning in a simulator, in the worker thread:
   * in one made from the Sentinel's captured traces, or in a world of your own. What beats the rule-based
   * baseline there is published, not promoted; the gate judges it by real decisions in the next cycle.
   * @throws TRAINING_INVALID for options that cannot be, CONFIG_UNKNOWN_KEY for ones that do not exist;
   * WORKER_FAILED where no trace has a run of the agents
   */
  trainOrchestrator(options: OrchestratorTraining): Promise<TrainedOrchestrator> {
    return trainOrchestrator(options, this.training);
  }

  /**
   * Why the version that served a decision preferred what it preferred.
   * @throws ARTIFACT_UNKNOWN when no version served it; CONTEXT_INVALID when it has no context
   */
  async explainDecision(decision: Decision): Promise<DecisionExplanation> {
    const { decisionPoint, policyVersion = "none" } = decision;
    const artifact = await this.registry.load(routingArtifactName(decisionPoint), policyVersion);
    return explainDecision(decision, artifact as RoutingArtifact, policyVersion);
  }

  /** What a finished run of `graph` would have come to by another destination. See {@link counterfactual}. */
  counterfactual(graph: object, request: CounterfactualRequest): Promise<Counterfactual> {
    return counterfactual(graph, request);
  }
}

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
