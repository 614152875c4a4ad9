import type { Rng } from "../math/rng.js";
import { testAssociations } from "./association.js";
import { PATTERN_DEFAULTS } from "./defaults.js";
import { groupNumbers } from "./grouped.js";
import type { AnalyzedRun, NodeAttempt } from "./run-view.js";

type GroupedAttempt = NodeAttempt & { group: string };

/** What tends to come directly before a node fails. */
export interface FailurePrecursor {
  workflowType: string;
  node: string;
  /** One or two nodes directly before, the nearest last. */
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

export interface PrecursorOptions {
  /** False discovery rate; default 0.05. */
  fdr?: number;
  /** Permutations; default 999. */
  permutations?: number;
  /** Whose runs stay together; default every execution by itself. */
  groupOf?: (run: AnalyzedRun) => string;
  /** Called between steps of long work; what it throws ends it. */
  onStep?: () => void;
  rng: Rng;
}

/**
 * What precedes failures: for every node that ever failed, whether it fails more often after certain
 * nodes than after others. Only the first execution of a node in a run counts, so that one run that
 * fails over and over is one case.
 */
export function failurePrecursors(
  runs: Iterable<Pick<AnalyzedRun, "workflowType" | "attempts"> & Partial<AnalyzedRun>>,
  options: PrecursorOptions,
): FailurePrecursor[] {
  const { fdr = PATTERN_DEFAULTS.fdr, permutations = PATTERN_DEFAULTS.permutations, onStep, groupOf, rng } = options;
  const strata = new Map<string, { key: { workflowType: string; node: string }; rows: GroupedAttempt[] }>();
  for (const run of runs)
    for (const a of run.attempts) {
      const id = JSON.stringify([run.workflowType, a.node]);
      const entry = strata.get(id) ?? { key: { workflowType: run.workflowType, node: a.node }, rows: [] };
      strata.set(id, entry);
      entry.rows.push({ ...a, group: groupOf?.(run as AnalyzedRun) ?? "" });
    }
  const failing = [...strata.values()].filter((s) => s.rows.some((r) => r.failed));
  const rewards: number[] = [];
  const groups: string[] = [];
  const stratumOf: number[] = [];
  const features: { stratum: number; before: string[]; rows: number[] }[] = [];
  for (const [stratum, { rows }] of failing.entries()) {
    const byContext = new Map<string, { stratum: number; before: string[]; rows: number[] }>();
    for (const row of rows) {
      const at = rewards.push(row.failed ? 0 : 1) - 1;
      groups.push(row.group);
      stratumOf.push(stratum);
      for (let n = 1; n <= row.before.length; n++) {
        const before = row.before.slice(-n);
        const key = JSON.stringify(before);
        const feature = byContext.get(key) ?? { stratum, before, rows: [] };
        byContext.set(key, feature);
        feature.rows.push(at);
      }
    }
    features.push(...byContext.values());
  }
  const tested = testAssociations(
    {
      rewards: Float64Array.from(rewards),
      strata: Int32Array.from(stratumOf),
      classOf: Int32Array.from(rewards.keys()),
      classes: rewards.length,
      members: features.map((f) => f.rows),
      scope: features.map((f) => f.stratum),
      ...(groupOf && { groupOf: groupNumbers(groups) }),
    },
    { fdr, permutations, rng, ...(onStep && { onStep }) },
  );
  return features
    .map((f, k) => ({ f, a: tested[k] }))
    .filter(({ a }) => a.verdict !== "untested" && a.difference < 0)
    .map(
      ({ f, a }): FailurePrecursor => ({
        ...failing[f.stratum].key,
        before: f.before,
        failureRate: 1 - a.meanWith,
        otherwise: 1 - a.meanWithout,
        failures: Math.round(a.runsWith * (1 - a.meanWith)),
        executions: a.runsWith,
        pValue: a.pValue,
        significant: a.verdict === "worse",
      }),
    )
    .sort((a, b) => a.pValue - b.pValue || b.failureRate - a.failureRate);
}
