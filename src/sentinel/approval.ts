import { interrupt, type LangGraphRunnableConfig } from "@langchain/langgraph";
import type { OrchestratorAction } from "../orchestration/index.js";
import { isOrchestratorAction } from "../orchestration/index.js";
import { legalOf, superstep } from "./control.js";
import type { SentinelStateType, SentinelUpdate } from "./state.js";
import { courseOf } from "./steer.js";

/** What a person is asked. */
export interface ApprovalRequest {
  kind: "sentinel-approval";
  action: OrchestratorAction;
  why: string;
  /** What could be done instead. */
  alternatives: OrchestratorAction[];
}

/** `true`: do it; `false`: not this; or another legal action to take instead. */
export type ApprovalAnswer = boolean | { action: OrchestratorAction };

/**
 * Asks a person before an action. Refused without naming another, the baseline's choice is taken, or
 * else the first of the alternatives; an action that is the only legal one is taken all the same.
 */
export function approvalNode() {
  return (s: SentinelStateType, config: LangGraphRunnableConfig): SentinelUpdate => {
    const { action, why } = courseOf(s);
    const alternatives = legalOf(s.outlook).filter((a) => a !== action);
    const request: ApprovalRequest = { kind: "sentinel-approval", action, why, alternatives };
    const answer = interrupt<ApprovalRequest, ApprovalAnswer>(request);
    // LangGraph counts its recursion limit anew from a resume.
    return { override: overrideOf(s, action, alternatives, answer), limitFrom: superstep(config) };
  };
}

function overrideOf(
  s: SentinelStateType,
  action: OrchestratorAction,
  alternatives: OrchestratorAction[],
  answer: ApprovalAnswer,
): SentinelUpdate["override"] {
  if (answer === true) return { action, why: "approved" };
  const named = typeof answer === "object" && answer !== null ? answer.action : undefined;
  if (isOrchestratorAction(named) && s.outlook.legal[named]) return { action: named, why: "chosen by a person" };
  const { baseline } = s.outlook;
  const instead = baseline === action ? alternatives[0] : baseline;
  return {
    action: instead ?? action,
    why: instead ? `instead of ${action}, which was refused` : "nothing else is legal",
  };
}
