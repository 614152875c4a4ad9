import { interrupt, type LangGraphRunnableConfig } from "@langchain/langgraph";
import { show } from "../core/index.js";
import type { OrchestratorAction } from "../orchestration/index.js";
import { isOrchestratorAction } from "../orchestration/index.js";
import { legalOf, superstep } from "./control.js";
import type { Override, SentinelStateType, SentinelUpdate } from "./state.js";
import { courseOf } from "./steer.js";

/** What a person is asked. */
export interface ApprovalRequest {
  kind: "sentinel-approval";
  action: OrchestratorAction;
  why: string;
  /** What could be done instead; ending the run (`completeTask`) always can. */
  alternatives: OrchestratorAction[];
  /** What was wrong with the last answer, where it was none. */
  problem?: string;
}

/** `true`: do it; `false`: not this; or another of the alternatives, to be done instead. */
export type ApprovalAnswer = boolean | { action: OrchestratorAction };

/**
 * Asks a person before an action of `needed`. What was refused is not done: in its place the baseline's
 * choice is taken, or else the first alternative; one that needs approval itself is asked about as well.
 * Where everything legal was refused the run ends. An answer that is none is asked for again.
 */
export function approvalNode(needed: readonly OrchestratorAction[]) {
  return (s: SentinelStateType, config: LangGraphRunnableConfig): SentinelUpdate => {
    // LangGraph counts its recursion limit anew from a resume.
    return { override: decide(s, needed), limitFrom: superstep(config) };
  };
}

function decide(s: SentinelStateType, needed: readonly OrchestratorAction[]): Override {
  const legal = legalOf(s.outlook);
  const refused: OrchestratorAction[] = [];
  let { action, why }: Pick<Override, "action" | "why"> = courseOf(s);
  for (;;) {
    const open = legal.filter((a) => a !== action && !refused.includes(a));
    const others: OrchestratorAction[] =
      action === "completeTask" || open.includes("completeTask") ? open : [...open, "completeTask"];
    const answer = ask({ kind: "sentinel-approval", action, why, alternatives: others });
    if (answer === true) return { action, why: "approved" };
    if (answer !== false) return { action: answer.action, why: "chosen by a person" };
    refused.push(action);
    const { baseline } = s.outlook;
    const free = open.filter((a) => !needed.includes(a));
    const next = free.includes(baseline) ? baseline : (free[0] ?? (open.includes(baseline) ? baseline : open[0]));
    if (!next) return { action: "completeTask", why: `nothing is left, ${refused.join(", ")} was refused` };
    why = `instead of ${refused.join(", ")}, which was refused`;
    if (free.includes(next)) return { action: next, why };
    action = next;
  }
}

/** Asks until there is an answer. */
function ask(request: ApprovalRequest): ApprovalAnswer {
  for (let problem: string | undefined; ; ) {
    const answer: unknown = interrupt({ ...request, ...(problem !== undefined && { problem }) });
    if (typeof answer === "boolean") return answer;
    const named = (answer as { action?: unknown } | null)?.action;
    if (isOrchestratorAction(named) && (named === request.action || request.alternatives.includes(named)))
      return { action: named };
    problem = `${show(answer)} is neither true, false nor { action } with one of ${request.alternatives.join(", ")}`;
  }
}
