import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { isControlSignal } from "../core/control-signal.js";
import type { Logger } from "../core/index.js";
import { LearningError, messageOf } from "../core/index.js";
import type { OrchestratorAction } from "../orchestration/index.js";
import { ORCHESTRATOR_ACTIONS } from "../orchestration/index.js";
import type { Advice, DecisionPointStatus, PolicyNode, PolicyNodeOptions } from "../routing/index.js";
import { type Outlook, SentinelState } from "./state.js";

const AdvisorState = Annotation.Root({ outlook: SentinelState.spec.outlook, advice: SentinelState.spec.advice });
type AdvisorStateType = typeof AdvisorState.State;
/** The node by which a Sentinel asks its policy. */
export type SentinelPolicyNode = PolicyNode<AdvisorStateType, OrchestratorAction, "advice">;

/** Where a Sentinel's decisions are recorded and its policies come from; a `CollectiveLearningLoop` is one. */
export interface SentinelLoop {
  policyNode(options: PolicyNodeOptions<AdvisorStateType, OrchestratorAction>): SentinelPolicyNode;
}

/** Settings of the advisor. */
export interface AdvisorSettings {
  decisionPoint: string;
  exploration: number;
  logger: Logger;
}

/**
 * The Sentinel's own adviser: the policy that its decision point follows, once one is attached. Never
 * throws; without advice the orchestrator runs by its baseline.
 */
export class SentinelAdvisor {
  private policy: SentinelPolicyNode | undefined;
  private following = false;

  constructor(private readonly settings: AdvisorSettings) {}

  /** Follows a policy that was given at creation; no loop can be attached then. */
  follow(policy: SentinelLoop): void {
    // Nobody learns from its decisions, so that none has to be left to the baseline for measure. It is meant
    // to act from the start: where it cannot be served, that counts as a reason to fall back.
    this.consult(policy, { control: 0, mode: "act" });
    this.following = true;
  }

  /**
   * From now on decisions are recorded there, and policies come from there.
   * @throws SENTINEL_INVALID where the Sentinel was given a policy of its own
   */
  attach(loop: SentinelLoop): void {
    if (this.following)
      throw new LearningError("SENTINEL_INVALID", {
        received: "a loop for a Sentinel that follows a policy of its own",
        expected: "one or the other",
        remedy: "Leave `policy` out and publish it in the loop's registry, as policy/sentinel.",
      });
    this.consult(loop, {});
  }

  private consult(loop: SentinelLoop, more: { control?: number; mode?: "act" }): void {
    const { decisionPoint, exploration } = this.settings;
    this.policy = loop.policyNode({
      decisionPoint,
      destinations: ORCHESTRATOR_ACTIONS,
      // The graph goes where the advice says, so that its choices are logged like a router's.
      mode: "auto",
      exploration,
      context: (s) => outlookIn(s).observation,
      mask: (s) => outlookIn(s).legal,
      fallback: (s) => outlookIn(s).baseline,
      ...more,
    });
  }

  /** Resolves when every policy promoted so far is loaded. */
  async ready(): Promise<void> {
    await this.policy?.ready();
  }

  /** Undefined while nothing is attached. */
  status(): DecisionPointStatus | undefined {
    return this.policy?.status();
  }

  /** The policy node: asks for advice and writes it into the state. */
  readonly node = async (
    s: AdvisorStateType,
    config: LangGraphRunnableConfig,
  ): Promise<Pick<AdvisorStateType, "advice">> => {
    if (!this.policy) return { advice: ownAdvice(this.settings.decisionPoint, s.outlook.baseline) };
    try {
      return await this.policy.invoke(s, config);
    } catch (error) {
      if (isControlSignal(error)) throw error;
      this.settings.logger.warn("sentinel: no advice, the baseline decides", { error: messageOf(error) });
      return { advice: null };
    }
  };

  /** The policy node in a graph of its own; it shares only what it reads and writes. */
  subgraph() {
    return new StateGraph(AdvisorState)
      .addNode("policy", this.node)
      .addEdge(START, "policy")
      .addEdge("policy", END)
      .compile();
  }
}

/** Advice is asked for from outside as well, with what is taken for a state. */
function outlookIn({ outlook }: Partial<AdvisorStateType>): Outlook {
  if (outlook) return outlook;
  throw new LearningError("SENTINEL_INVALID", {
    received: "a state without an outlook",
    expected: "the state of a Sentinel's run",
    remedy: "Pass what getState() or a stream of the graph gives.",
  });
}

function ownAdvice(decisionPoint: string, action: OrchestratorAction): Advice<OrchestratorAction> {
  const probabilities = Object.fromEntries(ORCHESTRATOR_ACTIONS.map((a) => [a, a === action ? 1 : 0]));
  return {
    decisionPoint,
    destination: action,
    actions: [{ destination: action, probability: 1 }],
    probabilities: probabilities as Advice<OrchestratorAction>["probabilities"],
    confidence: 0,
    why: "no policy is attached",
    source: "fallback",
  };
}
