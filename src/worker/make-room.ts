// Runs in the learning thread.
import { type Decision, defaultLogger, messageOf } from "../core/index.js";
import type { LearnOptions } from "../policies/index.js";
import { type RowOptions, rowsOfDecisions } from "./rows.js";
import type { CollectedFacts } from "./state.js";
import { settingsOf } from "./statistics.js";

/** How decisions that leave are learned from. */
export interface StatisticsPlan {
  rows: RowOptions;
  /** How the policy of each decision point is learned; decisions of other points leave without a trace. */
  learn: Readonly<Record<string, LearnOptions>>;
  seed: number;
}

/** Room is made when a limit is passed by this share, for many decisions at once. */
const SLACK = 0.1;

/**
 * Brings decisions and feedback back to their limits once they have passed them: the oldest decisions leave, while their
 * feedback is still there, and their points' statistics learn them.
 * @returns how many decisions left
 */
export function makeRoom(state: CollectedFacts, plan: StatisticsPlan): number {
  const { decisions, runs } = state.limits;
  if (state.decisions.size <= decisions * (1 + SLACK) && state.feedback.size <= runs * (1 + SLACK)) return 0;
  const leaving = oldest(state, atLeast(state));
  const until = leaving.at(-1)?.at;
  if (until !== undefined) learn(state, leaving, until, plan);
  for (const { decisionId } of leaving) state.decisions.delete(decisionId);
  state.trim();
  return leaving.length;
}

/** So many have to leave for the limits, of decisions and of runs with feedback, to be kept. */
function atLeast({ decisions, feedback, limits }: CollectedFacts): number {
  const going = new Set([...feedback.keys()].slice(0, Math.max(0, feedback.size - limits.runs)));
  let ofThem = 0;
  for (const { workflowId } of decisions.values()) if (going.has(workflowId)) ofThem++;
  return Math.max(ofThem, decisions.size - limits.decisions);
}

/** The oldest decisions, at least `count`; all of one moment leave together. */
function oldest({ decisions }: CollectedFacts, count: number): Decision[] {
  const ordered = [...decisions.values()].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const until = ordered[count - 1]?.at ?? "";
  let end = count;
  while (ordered[end]?.at === until) end++;
  return ordered.slice(0, end);
}

function learn(state: CollectedFacts, leaving: readonly Decision[], until: string, plan: StatisticsPlan): void {
  const runs = new Set(leaving.map((d) => d.workflowId));
  // What a decision is credited depends on those after it in its run, whether they leave or not.
  const together = [...state.decisions.values()].filter((d) => runs.has(d.workflowId));
  for (const [decisionPoint, rows] of rowsOfDecisions(state, together, plan.rows)) {
    const options = plan.learn[decisionPoint];
    const own = rows.filter((row) => row.at <= until);
    if (!options || own.length === 0) continue;
    const point = { decisionPoint, learn: options, seed: plan.seed };
    const held = () => [...state.decisions.values()].filter((d) => d.decisionPoint === decisionPoint);
    try {
      const rated = own.filter((row) => row.reward !== undefined);
      state.statistics.learn({ ...point, settings: settingsOf(point, plan.rows) }, rated, until, held);
    } catch (error) {
      defaultLogger().warn("older decisions leave unlearned", { decisionPoint, error: messageOf(error) });
    }
  }
}
