import { checkArgument } from "../../core/arguments.js";
import type { DecisionRow } from "../../dataset/index.js";
import { createRng } from "../../math/rng.js";
import { allocate } from "./allocation.js";
import type { ExperimentDefinition } from "./definition.js";
import { type ExperimentReport, ExperimentRun, type SettledExperiment } from "./evaluate.js";
import type { Outcome } from "./outcome.js";
import { type AskedRun, outcomesOf, type UnitPlace } from "./outcomes.js";

/** Where an experiment stands and how the next units are shared out. */
export interface Judgement {
  report: ExperimentReport;
  shares: Record<string, number>;
}

/**
 * Evaluates an experiment from its outcomes in order; the same outcomes and seed give the same judgement.
 * @param mostWeight the largest weight an outcome can have
 * @param onStep called for each outcome; what it throws ends it
 * @example
 * ```ts
 * const definition = parseDefinition({ promptId: "support", variants: ["v1", "v2"] });
 * const { report, shares } = judgeExperiment(definition, outcomes, 1);
 * report.text; // what is known so far, in words
 * ```
 */
export function judgeExperiment(
  definition: ExperimentDefinition,
  outcomes: Iterable<Outcome>,
  seed: number | string,
  mostWeight = 1,
  onStep?: () => void,
): Judgement {
  checkArgument(definition, "definition", { variants: "list" }, "EXPERIMENT_INVALID");
  checkArgument(outcomes, "outcomes", "iterable", "EXPERIMENT_INVALID");
  const run = new ExperimentRun(definition, mostWeight);
  for (const outcome of outcomes) {
    onStep?.();
    run.add(outcome);
  }
  return { report: run.report(), shares: allocate(definition, run, createRng(seed)) };
}

/** A running experiment. Plain JSON. */
export interface ExperimentToJudge {
  key: string;
  definition: ExperimentDefinition;
  /** How long ratings are waited for, as an earlier judgement fixed it. */
  windowMs?: number;
  /** What earlier judgements took in: that is settled, whatever is learned of it since. */
  settled?: { state: SettledExperiment; last: UnitPlace };
}

/** Evaluates an experiment from the rows of its prompt. */
export function judgeRows(
  rows: readonly DecisionRow[],
  { key, definition, windowMs, settled }: ExperimentToJudge,
  look: { now: string; requests?: readonly AskedRun[]; seed: number | string; onStep?: () => void },
): Judgement & Pick<ExperimentToJudge, "windowMs" | "settled"> {
  const found = outcomesOf(rows, { key, definition }, look.now, look.requests, windowMs, settled?.last);
  const run = new ExperimentRun(definition, found.mostWeight, settled?.state);
  for (const outcome of found.outcomes) {
    look.onStep?.();
    run.add(outcome);
  }
  return {
    report: run.report(),
    shares: allocate(definition, run, createRng(`${look.seed}/${key}`)),
    ...(found.windowMs !== undefined && { windowMs: found.windowMs }),
    ...(found.last && { settled: { state: run.settled(), last: found.last } }),
  };
}
