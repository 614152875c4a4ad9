import { createRng } from "../../core/index.js";
import { allocate } from "./allocation.js";
import type { ExperimentDefinition } from "./definition.js";
import { type ExperimentReport, ExperimentRun, type Outcome } from "./evaluate.js";

/** Where an experiment stands and how the next units are shared out. */
export interface Judgement {
  report: ExperimentReport;
  shares: Record<string, number>;
}

/** Evaluates an experiment from its outcomes in order of arrival; the same outcomes and seed give the same judgement. */
export function judgeExperiment(
  definition: ExperimentDefinition,
  outcomes: Iterable<Outcome>,
  seed: number | string,
): Judgement {
  const run = new ExperimentRun(definition);
  for (const outcome of outcomes) run.add(outcome);
  return judgementOf(definition, run, seed);
}

/** The same, in many turns of the event loop. @param turn awaited after each outcome */
export async function judgeInTurns(
  definition: ExperimentDefinition,
  outcomes: Iterable<Outcome>,
  seed: number | string,
  turn: () => Promise<void> | undefined,
): Promise<Judgement> {
  const run = new ExperimentRun(definition);
  for (const outcome of outcomes) {
    run.add(outcome);
    await turn();
  }
  return judgementOf(definition, run, seed);
}

function judgementOf(definition: ExperimentDefinition, run: ExperimentRun, seed: number | string): Judgement {
  return { report: run.report(), shares: allocate(definition, run, createRng(seed)) };
}
