import { checkArgument } from "../core/arguments.js";
import type { Rng } from "../math/rng.js";
import { sequencesWith } from "./closed-sequences.js";
import { closedWithin } from "./closed-within.js";
import { PATTERN_DEFAULTS } from "./defaults.js";
import { EventLog } from "./event-log.js";
import { supportCount } from "./prefix-span.js";
import type { AnalyzedRun } from "./run-view.js";
import { testFeatures } from "./test-features.js";
import { isWithin } from "./within.js";

/** Stands for the end of a run in the place of a node: the run as a whole failed. LangGraph's own name for it. */
export const RUN_END = "__end__";

/** What tends to come before a node fails, or before a run does. */
export interface FailurePrecursor {
  workflowType: string;
  /** The node that fails; `__end__` where the run does: it breaks off anywhere, or its result is judged below 0.5. */
  node: string;
  /** `ngram`: directly before, the nearest last; `sequence`: before in this order, others may come between. */
  kind: "ngram" | "sequence";
  before: string[];
  /** Share of failures of the node after this, and otherwise. */
  failureRate: number;
  otherwise: number;
  /** Failures after this, of so many executions after this. */
  failures: number;
  executions: number;
  /** Adjusted for all precursors tested together. */
  pValue: number;
  significant: boolean;
}

/** How precursors of failures are looked for. */
export interface PrecursorOptions {
  /** False discovery rate; default 0.05. */
  fdr?: number;
  /** Permutations; default 999. */
  permutations?: number;
  /** Whose runs stay together; default every execution by itself. */
  groupOf?: (run: AnalyzedRun) => string;
  /** The reward of a run; without it only failures of nodes are looked into. */
  rewardOf?: (run: AnalyzedRun) => number | undefined;
  /** Called between steps of long work; what it throws ends it. */
  onStep?: () => void;
  rng: Rng;
}

/** One time that something could fail: what came before it, and whether it did. */
interface Chance {
  /** Everything before, in order; empty where a run does not tell. */
  earlier: readonly string[];
  /** The one or two directly before; empty where only the order counts. */
  directly: readonly string[];
  failed: boolean;
  group: string;
}

/** What is tested: a context, and the chances that come after it. */
interface Feature extends Pick<FailurePrecursor, "kind" | "before"> {
  rows: number[];
}

/** Sequences looked at for each node at most, and the fewest chances that one must come before. */
const MOST_SEQUENCES = 60;
const FEWEST = 5;
const BAD = 0.5;

/**
 * What precedes failures: for every node that ever failed, and for the runs as a whole, whether failures are more
 * frequent after certain nodes, directly or at any time before, than otherwise. Only the first execution of a node
 * in a run counts, so that one run that fails over and over is one case.
 * @example
 * ```ts
 * for (const { before, node, failureRate } of failurePrecursors(analyzedRuns, { rng: createRng(1) }))
 *   console.log(before, node, failureRate);
 * ```
 */
export function failurePrecursors(
  runs: Iterable<Pick<AnalyzedRun, "workflowType" | "attempts"> & Partial<AnalyzedRun>>,
  options: PrecursorOptions,
): FailurePrecursor[] {
  checkArgument(runs, "runs", "iterable", "PATTERN_INVALID");
  checkArgument(options, "options", { rng: { next: "function" } }, "PATTERN_INVALID");
  const { fdr = PATTERN_DEFAULTS.fdr, permutations = PATTERN_DEFAULTS.permutations, onStep, groupOf, rng } = options;
  const strata: { key: { workflowType: string; node: string }; rows: Chance[] }[] = [];
  const rowsOf = new Map<string, Map<string, Chance[]>>();
  const chance = (workflowType: string, node: string, row: Chance) => {
    const ofType = rowsOf.get(workflowType) ?? new Map<string, Chance[]>();
    rowsOf.set(workflowType, ofType);
    const known = ofType.get(node);
    if (known) known.push(row);
    else {
      const rows = [row];
      ofType.set(node, rows);
      strata.push({ key: { workflowType, node }, rows });
    }
  };
  for (const run of runs) {
    const path = run.cases?.nodes.activities ?? [];
    const group = groupOf?.(run as AnalyzedRun) ?? "";
    for (const { node, before: directly, failed } of run.attempts)
      chance(run.workflowType, node, {
        ...{ directly, failed, group },
        earlier: path.slice(0, Math.max(0, path.indexOf(node))),
      });
    const reward = options.rewardOf?.(run as AnalyzedRun);
    if (reward === undefined) continue;
    // What broke off did so in its last node, which is no precursor of itself.
    const broke = run.succeeded === false;
    const earlier = broke ? path.slice(0, -1) : path;
    chance(run.workflowType, RUN_END, { earlier, directly: [], failed: broke || reward < BAD, group });
  }
  const failing = strata.filter((s) => s.rows.some((r) => r.failed) && s.rows.some((r) => !r.failed));
  const rewards: number[] = [];
  const groups: string[] = [];
  const stratumOf: number[] = [];
  const features: (Feature & { stratum: number; members: number[] })[] = [];
  for (const [stratum, { rows }] of failing.entries()) {
    onStep?.();
    const first = rewards.length;
    for (const row of rows) {
      rewards.push(row.failed ? 0 : 1);
      groups.push(row.group);
      stratumOf.push(stratum);
    }
    for (const f of [...contexts(rows), ...sequences(rows)])
      features.push({ ...f, stratum, members: f.rows.map((r) => first + r) });
  }
  const tested = testFeatures({ rewards, strata: stratumOf, ...(groupOf && { groups }) }, features, {
    fdr,
    permutations,
    minRuns: FEWEST,
    onStep,
    rng,
  });
  const found = features
    .map((f, k) => ({ f, a: tested[k] }))
    .filter(({ a }) => a.verdict !== "untested" && a.difference < 0)
    .map(
      ({ f: { stratum, kind, before }, a }): FailurePrecursor => ({
        ...failing[stratum].key,
        ...{ kind, before },
        failureRate: 1 - a.meanWith,
        otherwise: 1 - a.meanWithout,
        failures: Math.round(a.runsWith * (1 - a.meanWith)),
        executions: a.runsWith,
        pValue: a.pValue,
        significant: a.verdict === "worse",
      }),
    )
    .sort((a, b) => a.pValue - b.pValue || b.failureRate - a.failureRate);
  return found.filter((p) => !found.some((q) => saysItAll(q, p)));
}

/** The one or two nodes directly before. */
function contexts(rows: readonly Chance[]): Feature[] {
  const found = new Map<string, Feature>();
  rows.forEach(({ directly }, at) => {
    for (let n = 1; n <= directly.length; n++) {
      const before = directly.slice(-n);
      const key = JSON.stringify(before);
      const feature: Feature = found.get(key) ?? { kind: "ngram", before, rows: [] };
      found.set(key, feature);
      feature.rows.push(at);
    }
  });
  return [...found.values()];
}

/** Closed sequences of what came before, each without the nodes that change nothing about who has it. */
function sequences(rows: readonly Chance[]): Feature[] {
  const told = rows.flatMap(({ earlier }, at) => (earlier.length > 0 ? [at] : []));
  if (told.length < 2 * FEWEST) return [];
  const log = EventLog.from(told.map((at) => ({ id: `${at}`, type: "", activities: rows[at].earlier })));
  const least = Math.max(FEWEST, supportCount(PATTERN_DEFAULTS.minSupport, log.size));
  const { closed = [] } = closedWithin(log, {}, least, MOST_SEQUENCES);
  const found = new Map<string, Feature>();
  for (const { items, support } of closed) {
    if (support === log.size) continue;
    const { kept, variants } = generator(log, items);
    const having = new Set(variants);
    const before = log.names(kept);
    found.set(JSON.stringify(before), {
      ...{ kind: "sequence", before },
      rows: told.filter((_, row) => having.has(log.variantOf.at(row))),
    });
  }
  return [...found.values()];
}

/** The shortest part of a sequence that the same runs have: nodes that all of them pass anyway say nothing. */
function generator(log: EventLog, items: readonly number[]): { kept: number[]; variants: Int32Array } {
  let kept = [...items];
  let variants = sequencesWith(log.variants, kept);
  for (let at = 0; at < kept.length && kept.length > 1; ) {
    const shorter = kept.toSpliced(at, 1);
    const having = sequencesWith(log.variants, shorter);
    if (having.length === variants.length) [kept, variants] = [shorter, having];
    else at++;
  }
  return { kept, variants };
}

/** Whether a sequence adds nothing to what another tells of the same node, or of a run to what one tells of a node. */
function saysItAll(other: FailurePrecursor, p: FailurePrecursor): boolean {
  if (other === p || p.kind !== "sequence" || !other.significant || other.workflowType !== p.workflowType) return false;
  const same = other.before.join("\n") === p.before.join("\n");
  if (other.node !== p.node) return same && p.node === RUN_END;
  if (same) return other.kind === "ngram";
  return isWithin(other.before, p.before) && other.failureRate >= p.failureRate;
}
