import { checkArgument } from "../core/arguments.js";
import type { ContextValue, DecisionContext } from "../core/index.js";
import type { DecisionRow } from "../dataset/index.js";
import { normalTail } from "../math/normal.js";
import type { Rng } from "../math/rng.js";
import { shuffled } from "../math/rng.js";
import { differenceInterval } from "./association.js";
import { PATTERN_DEFAULTS } from "./defaults.js";

/** One test on a decision's context. */
export interface Condition {
  field: string;
  test: "at most" | "above" | "is" | "is not";
  value: number | string | boolean;
}

/** How one destination did where a rule applies. */
export interface RuleDestination {
  destination: string;
  runs: number;
  reward: number;
}

/** What a decision point's past says: in such contexts, this destination is better than the others. */
export interface DecisionRule {
  decisionPoint: string;
  /** All hold together; empty for "always". */
  conditions: Condition[];
  destination: string;
  /** Mean reward of the destination here, and how much better than the other destinations. */
  reward: number;
  difference: number;
  lower: number;
  upper: number;
  /** Decisions with this destination here, and in all. */
  runs: number;
  support: number;
  /** One-sided p-value, corrected for the number of rules of all decision points (Bonferroni). */
  pValue: number;
  significant: boolean;
  destinations: RuleDestination[];
  /** The rule in words. */
  text: string;
}

/** How decision rules are looked for. */
export interface DecisionRuleOptions {
  /** Depth of the tree; default 2. */
  maxDepth?: number;
  /** Fewest rows in a leaf, in each half of the data; default 20. */
  minLeaf?: number;
  /** Level of the rules' tests; default 0.05. */
  fdr?: number;
  /** Group of a run, by its id: runs of one group count as one; default the run. */
  groupOf?: (workflowId: string) => string;
  /** Called between steps of long work; what it throws ends it. */
  onStep?: () => void;
  rng: Rng;
}

type RatedRow = DecisionRow & { reward: number };

/**
 * Readable rules per decision point from a shallow tree whose splits seek contexts in which the
 * destinations differ most. The tree is honest (Athey and Imbens, 2016): half of the runs shape it and
 * name each leaf's destination, the other half measure it, so that the stated advantage is not the luck
 * that chose it. Rows are weighted by 1/propensity where all of a decision point's rows have one.
 * @example
 * ```ts
 * for (const { conditions, destination, difference } of decisionRules(rows, { rng: createRng(1) }))
 *   console.log(conditions, destination, difference);
 * ```
 */
export function decisionRules(rows: readonly DecisionRow[], options: DecisionRuleOptions): DecisionRule[] {
  checkArgument(rows, "rows", "objects", "PATTERN_INVALID");
  checkArgument(options, "options", { rng: { next: "function" } }, "PATTERN_INVALID");
  const points = new Map<string, RatedRow[]>();
  for (const row of rows) {
    if (row.reward === undefined) continue;
    const list = points.get(row.decisionPoint) ?? [];
    points.set(row.decisionPoint, list);
    list.push(row as RatedRow);
  }
  const rules = [...points].flatMap(([point, rated]) => rulesOf(point, rated, options));
  return rules.map((r) => {
    const pValue = Math.min(1, r.pValue * rules.length);
    return { ...r, pValue, significant: pValue <= (options.fdr ?? PATTERN_DEFAULTS.fdr) };
  });
}

function rulesOf(decisionPoint: string, rows: RatedRow[], options: DecisionRuleOptions): DecisionRule[] {
  const { maxDepth = 2, minLeaf = 20, rng } = options;
  const weighted = rows.every((r) => r.propensity !== undefined);
  const weightOf = (r: RatedRow) => (weighted ? 1 / (r.propensity as number) : 1);
  const groupOf = (r: RatedRow) => options.groupOf?.(r.workflowId) ?? r.workflowId;
  const runs = shuffled([...new Set(rows.map(groupOf))], rng.fork(decisionPoint));
  const shapes = new Set(runs.slice(0, runs.length >> 1));
  const shape = rows.filter((r) => shapes.has(groupOf(r)));
  const measure = rows.filter((r) => !shapes.has(groupOf(r)));
  if (shape.length < minLeaf || measure.length < minLeaf) return [];
  const rules: DecisionRule[] = [];
  const grow = (inShape: RatedRow[], inMeasure: RatedRow[], conditions: Condition[]) => {
    options.onStep?.();
    const split = conditions.length < maxDepth ? bestSplit(inShape, inMeasure, minLeaf, weightOf) : undefined;
    if (split) {
      for (const side of [split, negate(split)]) {
        const keep = (r: RatedRow) => meets(side, r.context);
        grow(inShape.filter(keep), inMeasure.filter(keep), [...conditions, side]);
      }
      return;
    }
    const rule = leafRule(decisionPoint, conditions, inShape, inMeasure, { weightOf, groupOf });
    if (rule) rules.push(rule);
  };
  grow(shape, measure, []);
  return rules;
}

function leafRule(
  decisionPoint: string,
  conditions: Condition[],
  shape: RatedRow[],
  measure: RatedRow[],
  { weightOf, groupOf }: { weightOf: (r: RatedRow) => number; groupOf: (r: RatedRow) => string },
): DecisionRule | undefined {
  const best = [...means(shape, weightOf)].filter(([, m]) => m.n >= 3).sort(([, a], [, b]) => b.mean - a.mean)[0]?.[0];
  if (best === undefined) return undefined;
  const measured = means(measure, weightOf);
  const own = measured.get(best);
  const others = measure.filter((r) => r.chosen !== best);
  if (!own || own.n < 3 || others.length < 3) return undefined;
  const a = effective(
    measure.filter((r) => r.chosen === best),
    weightOf,
    groupOf,
  );
  const b = effective(others, weightOf, groupOf);
  const interval = differenceInterval(a.n, a.sum, a.square, b.n, b.sum, b.square);
  const half = (interval.upper - interval.lower) / 2 / 1.959963985;
  const middle = (interval.upper + interval.lower) / 2;
  const where = conditions.length === 0 ? "always" : `when ${conditions.map(describe).join(" and ")}`;
  const difference = a.sum / a.n - b.sum / b.n;
  return {
    decisionPoint,
    conditions,
    destination: best,
    reward: a.sum / a.n,
    difference,
    ...interval,
    runs: own.n,
    support: measure.length,
    pValue: normalTail(middle / half),
    significant: false,
    destinations: [...measured]
      .map(([destination, m]) => ({ destination, runs: m.n, reward: m.mean }))
      .sort((x, y) => y.reward - x.reward),
    text: `${decisionPoint}: ${where}, ${best} earns ${(a.sum / a.n).toFixed(2)}, ${Math.abs(difference).toFixed(2)} ${difference < 0 ? "less" : "more"} than the others (${own.n} of ${measure.length} decisions)`,
  };
}

/**
 * Weighted moments at the effective sample size (Kish, 1965) over runs: unequal weights widen intervals, and
 * the decisions of one run, which share its reward, or of one group of runs, count as one.
 */
function effective(rows: readonly RatedRow[], weightOf: (r: RatedRow) => number, groupOf: (r: RatedRow) => string) {
  const ofRun = new Map<string, number>();
  let [w, s, q] = [0, 0, 0];
  for (const r of rows) {
    const weight = weightOf(r);
    ofRun.set(groupOf(r), (ofRun.get(groupOf(r)) ?? 0) + weight);
    w += weight;
    s += weight * r.reward;
    q += weight * r.reward * r.reward;
  }
  let w2 = 0;
  for (const weight of ofRun.values()) w2 += weight * weight;
  const n = (w * w) / w2;
  return { n, sum: (s / w) * n, square: (q / w) * n };
}

function means(rows: readonly RatedRow[], weightOf: (r: RatedRow) => number) {
  const found = new Map<string, { n: number; w: number; mean: number }>();
  for (const r of rows) {
    const m = found.get(r.chosen) ?? { n: 0, w: 0, mean: 0 };
    found.set(r.chosen, m);
    m.n++;
    m.w += weightOf(r);
    m.mean += (weightOf(r) * (r.reward - m.mean)) / m.w;
  }
  return found;
}

/** How much of the reward's spread the choice of destination explains. */
function betweenDestinations(rows: readonly RatedRow[], weightOf: (r: RatedRow) => number): number {
  const groups = [...means(rows, weightOf).values()];
  const total = groups.reduce((s, g) => s + g.n, 0);
  const centre = groups.reduce((s, g) => s + g.n * g.mean, 0) / total;
  return groups.reduce((s, g) => s + g.n * (g.mean - centre) ** 2, 0);
}

function bestSplit(
  shape: RatedRow[],
  measure: RatedRow[],
  minLeaf: number,
  weightOf: (r: RatedRow) => number,
): Condition | undefined {
  const centre = shape.reduce((s, r) => s + r.reward, 0) / shape.length;
  const variance = shape.reduce((s, r) => s + (r.reward - centre) ** 2, 0) / Math.max(1, shape.length - 1);
  const destinations = new Set(shape.map((r) => r.chosen)).size;
  // Pure noise gains about one variance per destination and leaf, and more for the best of many tries.
  const least = betweenDestinations(shape, weightOf) + 4 * variance * Math.max(1, destinations - 1);
  let best: { condition: Condition; value: number } | undefined;
  for (const condition of candidateSplits(shape)) {
    const [left, right]: [RatedRow[], RatedRow[]] = [[], []];
    for (const r of shape) (meets(condition, r.context) ? left : right).push(r);
    if (left.length < minLeaf || right.length < minLeaf) continue;
    let inMeasure = 0;
    for (const r of measure) if (meets(condition, r.context)) inMeasure++;
    if (inMeasure < minLeaf || measure.length - inMeasure < minLeaf) continue;
    const value = betweenDestinations(left, weightOf) + betweenDestinations(right, weightOf);
    if (value > least && value > (best?.value ?? 0)) best = { condition, value };
  }
  return best?.condition;
}

const MOST_CATEGORIES = 20;

/** Quartiles and deciles of numbers, each of few categories, flags; free text is not split on. */
function candidateSplits(rows: readonly RatedRow[]): Condition[] {
  const fields = new Map<string, ContextValue[]>();
  for (const r of rows)
    for (const [field, value] of Object.entries(r.context)) {
      const list = fields.get(field) ?? [];
      fields.set(field, list);
      list.push(value);
    }
  return [...fields].flatMap(([field, values]): Condition[] => {
    const numbers = values.filter((v): v is number => typeof v === "number").sort((a, b) => a - b);
    const cuts = new Set(
      Array.from({ length: 9 }, (_, d) => numbers[Math.floor(((d + 1) * numbers.length) / 10)]).filter(
        (c) => c !== undefined && c < (numbers.at(-1) as number),
      ),
    );
    const names = new Set(values.filter((v): v is string | boolean => typeof v === "string" || typeof v === "boolean"));
    return [
      ...[...cuts].map((value): Condition => ({ field, test: "at most", value })),
      ...(names.size <= MOST_CATEGORIES ? [...names].map((value): Condition => ({ field, test: "is", value })) : []),
    ];
  });
}

function negate(c: Condition): Condition {
  const opposite = { "at most": "above", above: "at most", is: "is not", "is not": "is" } as const;
  return { ...c, test: opposite[c.test] };
}

/**
 * Whether a context meets a condition; a missing value meets only the negative ones.
 * @example holds({ field: "topic", test: "is", value: "invoice" }, { topic: "invoice" }); // true
 */
export function holds(c: Condition, context: DecisionContext): boolean {
  checkArgument(c, "c", "object", "PATTERN_INVALID");
  checkArgument(context, "context", "object", "PATTERN_INVALID");
  return meets(c, context);
}

function meets(c: Condition, context: DecisionContext): boolean {
  const value = context[c.field];
  const yes =
    c.test === "at most" || c.test === "above"
      ? typeof value === "number" && value <= Number(c.value)
      : value === c.value;
  return c.test === "at most" || c.test === "is" ? yes : !yes;
}

function describe(c: Condition): string {
  return `${c.field} ${c.test} ${c.value}`;
}
