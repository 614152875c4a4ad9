import { checkArgument } from "../core/arguments.js";
import type { DecisionContext } from "../core/index.js";
import type { Association } from "./association.js";
import { holds } from "./decision-rules.js";
import type { NextStep, PatternFinding, PatternReport } from "./pattern-report.js";
import { isWithin } from "./within.js";

/** Where advice is wanted: everything given narrows it. */
export interface RecommendationContext {
  workflowType?: string;
  /** Nodes (or agents, or tools) the run has been through; asks what to do next. */
  path?: readonly string[];
  decisionPoint?: string;
  /** The decision's context, for rules. */
  context?: DecisionContext;
}

/** One piece of advice, only ever from a significant finding that was tested for what it advises. */
export interface PatternRecommendation {
  kind: "prefer" | "avoid" | "route" | "watch";
  /** In words. */
  text: string;
  workflowType?: string;
  decisionPoint?: string;
  /** The pattern, or the destination of a rule. */
  activities: string[];
  /** With a `path`: the activity that runs which came this far did better, or worse, to go on to. */
  next?: string;
  /** How much better (or worse) the mean reward is, with its 95 % interval. */
  difference: number;
  lower: number;
  upper: number;
  /** Rated runs with the pattern, and rated runs in all that it was compared on. */
  runs: number;
  of: number;
  /** 1 minus the adjusted p-value. */
  certainty: number;
}

/**
 * Advice from a report; empty when nothing significant applies. The strongest comes first.
 * @example for (const { text } of recommend(report, { workflowType: "support" })) console.log(text);
 */
export function recommend(report: PatternReport, context: RecommendationContext = {}): PatternRecommendation[] {
  checkArgument(
    report,
    "report",
    { patterns: "list", agentCombinations: "list", decisionRules: "list", failurePrecursors: "list" },
    "PATTERN_INVALID",
  );
  checkArgument(context, "context", "object", "PATTERN_INVALID");
  const applies = (type: string) => context.workflowType === undefined || type === context.workflowType;
  const rules = report.decisionRules
    .filter((r) => r.significant && r.difference > 0)
    .filter((r) => context.decisionPoint === undefined || r.decisionPoint === context.decisionPoint)
    .filter(
      (r) => context.context === undefined || r.conditions.every((c) => holds(c, context.context as DecisionContext)),
    )
    .map(
      (r): PatternRecommendation => ({
        kind: "route",
        text: r.text,
        decisionPoint: r.decisionPoint,
        activities: [r.destination],
        next: r.destination,
        difference: r.difference,
        lower: r.lower,
        upper: r.upper,
        runs: r.runs,
        of: r.support,
        certainty: 1 - r.pValue,
      }),
    );
  if (context.decisionPoint !== undefined) return rules.sort(byStrength);
  if (context.path) return stepsFrom(report, context.path, applies).sort(byStrength);
  const patterns = report.patterns
    .filter((p) => (p.verdict === "better" || p.verdict === "worse") && applies(p.workflowType) && !p.echoesOutcome)
    .filter((p, _, all) => !all.some((q) => saysItAll(q, p) || leadsThereBetter(q, p)))
    .filter((p) => stepsHold(p, report.nextSteps ?? []))
    .map(fromPattern);
  return [...patterns, ...rules].sort(byStrength);
}

/** Whether a shorter pattern with an effect at least as large leaves nothing for a longer one to say. */
function saysItAll(short: PatternFinding, long: PatternFinding): boolean {
  return (
    short !== long &&
    short.workflowType === long.workflowType &&
    short.verdict === long.verdict &&
    short.unit === long.unit &&
    short.kind !== "loop" &&
    long.kind !== "loop" &&
    short.activities.length < long.activities.length &&
    isWithin(short.activities, long.activities) &&
    Math.abs(short.difference) >= Math.abs(long.difference)
  );
}

/** Whether another pattern ends in the same step, in more runs and with an effect at least as large. */
function leadsThereBetter(other: PatternFinding, p: PatternFinding): boolean {
  return (
    other !== p &&
    other.workflowType === p.workflowType &&
    other.unit === p.unit &&
    other.verdict === p.verdict &&
    other.kind !== "loop" &&
    p.kind !== "loop" &&
    other.activities.at(-1) === p.activities.at(-1) &&
    other.runsWith >= p.runsWith &&
    Math.abs(other.difference) > Math.abs(p.difference)
  );
}

/** Whether the last step of a pattern, where it was tested at its place by itself, goes the way of the whole. */
function stepsHold(p: PatternFinding, steps: readonly NextStep[]): boolean {
  const after = p.activities.slice(0, -1).join("\n");
  const last = p.activities.at(-1);
  const tested = steps.find(
    (s) => s.workflowType === p.workflowType && s.unit === p.unit && s.next === last && s.after.join("\n") === after,
  );
  return p.kind === "loop" || !tested || tested.verdict === "untested" || tested.verdict === p.verdict;
}

/**
 * What to do next at the end of a path: for each activity what was found at the longest part of the path it
 * was tested after, and nothing where that is not significant. So no activity is both advised and warned of.
 */
function stepsFrom(
  report: PatternReport,
  path: readonly string[],
  applies: (type: string) => boolean,
): PatternRecommendation[] {
  const nearest = new Map<string, NextStep>();
  for (const step of report.nextSteps ?? []) {
    if (step.verdict === "untested" || !applies(step.workflowType) || !isWithin(step.after, path)) continue;
    // What was done already is not to be done next.
    if (isWithin([...step.after, step.next], path)) continue;
    const key = JSON.stringify([step.workflowType, step.next]);
    const known = nearest.get(key);
    const closer = known ? step.after.length - known.after.length || known.pValue - step.pValue : 1;
    if (closer > 0) nearest.set(key, step);
  }
  return [...nearest.values()]
    .filter((s) => (s.verdict === "better" || s.verdict === "worse") && !s.echoesOutcome)
    .map((s) => ({
      kind: s.verdict === "better" ? "prefer" : "avoid",
      text: `${s.workflowType}: after ${s.after.join(" -> ")} runs that went on to ${s.next} (${s.unit}) earn ${s.meanWith.toFixed(2)}, others ${s.meanWithout.toFixed(2)} (${s.runsWith} of ${s.runsWith + s.runsWithout} rated runs that came this far)`,
      workflowType: s.workflowType,
      activities: [...s.after, s.next],
      next: s.next,
      ...figuresOf(s),
    }));
}

function byStrength(a: PatternRecommendation, b: PatternRecommendation): number {
  return b.certainty - a.certainty || Math.abs(b.difference) - Math.abs(a.difference);
}

function fromPattern(p: PatternFinding): PatternRecommendation {
  const better = p.verdict === "better";
  const what = p.kind === "loop" ? `going round ${p.activities.join(" -> ")}` : p.activities.join(" -> ");
  return {
    kind: better ? "prefer" : p.kind === "loop" ? "watch" : "avoid",
    text: `${p.workflowType}: runs with ${what} (${p.unit}) earn ${p.meanWith.toFixed(2)}, others ${p.meanWithout.toFixed(2)} (${p.runsWith} of ${p.runsWith + p.runsWithout} rated runs)`,
    workflowType: p.workflowType,
    activities: p.activities,
    ...figuresOf(p),
  };
}

function figuresOf(a: Association) {
  const { difference, lower, upper, runsWith, runsWithout, pValue } = a;
  return { difference, lower, upper, runs: runsWith, of: runsWith + runsWithout, certainty: 1 - pValue };
}
