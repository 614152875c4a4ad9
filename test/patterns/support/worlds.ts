import { createRng, type Rng } from "../../../src/math/rng.js";
import { type AnalyzedRun, PatternEngine } from "../../../src/patterns/index.js";
import { supportRuns } from "./logs.js";

/** A run without tools, agents or metrics, for worlds in which only the path matters. */
export function pathRun(
  id: string,
  workflowType: string,
  activities: readonly string[],
  extra: Partial<AnalyzedRun> = {},
): AnalyzedRun {
  const empty = { id, type: workflowType, activities: [] };
  return {
    id,
    workflowType,
    at: new Date(Date.UTC(2026, 0, 1) + Number(id.replace(/\D/g, "")) * 60_000).toISOString(),
    succeeded: true,
    cases: { nodes: { ...empty, activities }, tools: empty, agents: empty },
    metrics: {},
    attempts: [],
    ...extra,
  };
}

/**
 * An engine with `count` support runs. Without `planted` the rewards have nothing to do with the runs;
 * with it, runs in which "read" comes before "draft" succeed with a probability that is higher by `planted`.
 */
export function supportWorld(count: number, seed: string, planted = 0, binary = true): PatternEngine {
  const rng = createRng(seed);
  const engine = new PatternEngine();
  const cases = supportRuns(count, `${seed}/runs`);
  engine.update(cases.map((c) => pathRun(c.id, c.type, c.activities)));
  for (const c of cases) {
    const read = c.activities.indexOf("read");
    const has = read >= 0 && c.activities.indexOf("draft") > read;
    engine.rate(c.id, drawReward(0.4 + (has ? planted : 0), rng, binary));
  }
  return engine;
}

function drawReward(p: number, rng: Rng, binary: boolean): number {
  if (binary) return rng.next() < p ? 1 : 0;
  return Math.min(1, Math.max(0, p + 0.25 * rng.normal()));
}

/** Whether a report calls any pattern significant. */
export function anySignificant(report: { patterns: { verdict: string }[] }): boolean {
  return report.patterns.some((p) => p.verdict === "better" || p.verdict === "worse");
}
