import type { DecisionContext } from "../core/index.js";
import { holds } from "./decision-rules.js";
import type { PatternFinding, PatternReport } from "./pattern-report.js";

/** Where advice is wanted: everything given narrows it. */
export interface RecommendationContext {
  workflowType?: string;
  /** Nodes (or agents, or tools) the run has been through; asks what to do next. */
  path?: readonly string[];
  decisionPoint?: string;
  /** The decision's context, for rules. */
  context?: DecisionContext;
}

/** One piece of advice, only ever from a significant finding. */
export interface PatternRecommendation {
  kind: "prefer" | "avoid" | "route" | "watch";
  /** In words. */
  text: string;
  workflowType?: string;
  decisionPoint?: string;
  /** The pattern, or the destination of a rule. */
  activities: string[];
  /** With a `path`: the activity that would continue a good pattern, or complete a bad one. */
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

/** Advice from a report; empty when nothing significant applies. The strongest comes first. */
export function recommend(report: PatternReport, context: RecommendationContext = {}): PatternRecommendation[] {
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
  const patterns = report.patterns
    .filter((p) => (p.verdict === "better" || p.verdict === "worse") && applies(p.workflowType))
    .flatMap((p) => fromPattern(p, context.path));
  const sorted = [...patterns, ...(context.path ? [] : rules)].sort(byStrength);
  if (!context.path) return sorted;
  // Many patterns lead to the same next step; the strongest speaks for them.
  const said = new Set<string>();
  return sorted.filter((r) => {
    const key = JSON.stringify([r.kind, r.workflowType, r.next]);
    if (said.has(key)) return false;
    said.add(key);
    return true;
  });
}

function byStrength(a: PatternRecommendation, b: PatternRecommendation): number {
  return b.certainty - a.certainty || Math.abs(b.difference) - Math.abs(a.difference);
}

function fromPattern(p: PatternFinding, path?: readonly string[]): PatternRecommendation[] {
  const next = path && nextOf(p, path);
  if (path && next === undefined) return [];
  const better = p.verdict === "better";
  const what = p.kind === "loop" ? `going round ${p.activities.join(" -> ")}` : p.activities.join(" -> ");
  return [
    {
      kind: better ? "prefer" : p.kind === "loop" ? "watch" : "avoid",
      text: `${p.workflowType}: runs with ${what} (${p.unit}) earn ${p.meanWith.toFixed(2)}, others ${p.meanWithout.toFixed(2)} (${p.runsWith} of ${p.runsWith + p.runsWithout} rated runs)`,
      workflowType: p.workflowType,
      activities: p.activities,
      ...(next !== undefined && { next }),
      difference: p.difference,
      lower: p.lower,
      upper: p.upper,
      runs: p.runsWith,
      of: p.runsWith + p.runsWithout,
      certainty: 1 - p.pValue,
    },
  ];
}

/**
 * The activity to do next for a good pattern that the path has begun, or not to do next for a bad one that it
 * would complete.
 */
function nextOf(p: PatternFinding, path: readonly string[]): string | undefined {
  const { activities } = p;
  const head = activities.slice(0, -1);
  if (p.kind === "loop") return undefined;
  if (p.kind === "ngram")
    return path.slice(path.length - head.length).join("\n") === head.join("\n") ? activities.at(-1) : undefined;
  let i = 0;
  for (const step of path) if (step === activities[i]) i++;
  return i > 0 && (p.verdict === "better" || i === head.length) ? activities[i] : undefined;
}
