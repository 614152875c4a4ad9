import type { Rng } from "../math/rng.js";
import type { TypeLogs } from "./pattern-engine.js";
import type { NextStep, PatternFinding } from "./pattern-report.js";
import { byVariant, type RatedRows } from "./rated-rows.js";
import type { AnalyzedRun, Unit } from "./run-view.js";
import { testFeatures } from "./test-features.js";

/** Options of {@link testNextSteps}. */
export interface NextStepOptions {
  fdr?: number;
  permutations?: number;
  groupOf?: (run: AnalyzedRun) => string;
  /** Called between steps of long work; what it throws ends it. */
  onStep?: () => void;
  rng: Rng;
}

/** Steps tested at most: those of the surest patterns. */
const MOST_STEPS = 300;

/**
 * Tests each step of the significant patterns by itself: a long pattern may be good because of two of its
 * steps, and the others would inherit what they earn. Compared are runs that stood at the same place, those
 * that went on to the step later with those that did not.
 * @param patterns the findings, the surest first
 */
export function testNextSteps(
  patterns: readonly PatternFinding[],
  types: ReadonlyMap<string, TypeLogs>,
  rowsOf: RatedRows,
  { fdr, permutations, groupOf, onStep, rng }: NextStepOptions,
): NextStep[] {
  const places = placesOf(patterns);
  const rewards: number[] = [];
  const strata: number[] = [];
  const groups: string[] = [];
  const steps: { place: Place; next: string; stratum: number; members: number[] }[] = [];
  places.forEach((place, stratum) => {
    const log = types.get(place.workflowType)?.logs[place.unit];
    if (!log) return;
    const after = place.after.map((name) => log.activity(name) ?? -1);
    const here = [...place.nexts].map((next) => ({ place, next, stratum, members: [] as number[] }));
    const items = here.map((s) => log.activity(s.next) ?? -1);
    /** Which of the steps come later in a sequence that passes the place. */
    const taken = byVariant(log, (sequence) => {
      const end = endOf(sequence, after);
      return end < 0 ? undefined : here.filter((_, k) => sequence.indexOf(items[k], end) >= 0);
    });
    for (const { run, reward, variant } of rowsOf(log, place.workflowType)) {
      const took = taken(variant);
      if (!took) continue;
      const at = rewards.push(reward) - 1;
      strata.push(stratum);
      groups.push(groupOf?.(run) ?? run.id);
      for (const { members } of took) members.push(at);
    }
    steps.push(...here);
  });
  if (steps.length === 0) return [];
  const tested = testFeatures({ rewards, strata, ...(groupOf && { groups }) }, steps, {
    fdr,
    permutations,
    onStep,
    rng,
  });
  return steps.map(({ place: { workflowType, unit, after }, next }, k) => ({
    workflowType,
    unit,
    after,
    next,
    ...tested[k],
  }));
}

interface Place {
  workflowType: string;
  unit: Unit;
  after: string[];
  nexts: Set<string>;
}

/** Every place on the way through the significant patterns, with what they do there. */
function placesOf(patterns: readonly PatternFinding[]): Place[] {
  const places = new Map<string, Place>();
  let steps = 0;
  for (const p of patterns) {
    if ((p.verdict !== "better" && p.verdict !== "worse") || p.kind === "loop" || p.echoesOutcome) continue;
    for (let i = 1; i < p.activities.length && steps < MOST_STEPS; i++) {
      const after = p.activities.slice(0, i);
      const key = JSON.stringify([p.workflowType, p.unit, after]);
      const place = places.get(key) ?? { workflowType: p.workflowType, unit: p.unit, after, nexts: new Set<string>() };
      places.set(key, place);
      const before = place.nexts.size;
      place.nexts.add(p.activities[i]);
      steps += place.nexts.size - before;
    }
  }
  return [...places.values()];
}

/** Where a sequence first has all items in order: the position behind the last; -1 where it has not. */
function endOf(sequence: Int32Array, items: readonly number[]): number {
  let at = 0;
  for (const item of items) {
    const found = sequence.indexOf(item, at);
    if (found < 0) return -1;
    at = found + 1;
  }
  return at;
}
