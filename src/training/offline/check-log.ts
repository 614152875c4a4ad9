import { LearningError, show } from "../../core/index.js";
import type { LoggedData, LoggedStep } from "./logs.js";

/**
 * Refuses a log that would spoil what is learned from it, naming the first step that is wrong.
 * @throws TRAINING_INVALID for no step at all, numbers that are none, and masks or actions that cannot be
 */
export function checkLog({ episodes, inputs, actions, skipped }: LoggedData): void {
  if (!episodes.some((e) => e.steps.length > 0))
    throw new LearningError("TRAINING_INVALID", {
      received: `a log of ${episodes.length} runs (left out: ${JSON.stringify(skipped)})`,
      expected: "at least one run with a decision",
      remedy: "Log runs with their outcomes first.",
    });
  for (const [e, { steps, cutOffAt }] of episodes.entries()) {
    for (const [s, step] of steps.entries()) {
      const fault = sceneFault(step, inputs, actions.length) ?? stepFault(step, actions.length);
      if (fault) throw inLog(fault, `step ${s + 1} of episode ${e + 1}`);
    }
    const fault = cutOffAt && sceneFault(cutOffAt, inputs, actions.length);
    if (fault) throw inLog(fault, `what was seen after the last step of episode ${e + 1}`);
  }
}

type Fault = { received: string; expected: string };

function sceneFault({ x, mask }: Pick<LoggedStep, "x" | "mask">, inputs: number, actions: number): Fault | undefined {
  if (x.length !== inputs) return { received: `${x.length} numbers observed`, expected: `${inputs}` };
  const bad = x.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0)
    return { received: `${show(x[bad])} at position ${bad} of what was observed`, expected: "finite numbers" };
  if (mask.length !== actions)
    return { received: `a mask of ${mask.length}`, expected: `one of ${actions}, as there are actions` };
  return mask.some(Boolean)
    ? undefined
    : { received: "a mask that allows no action", expected: "at least one legal action" };
}

function stepFault({ action, mask, reward }: LoggedStep, actions: number): Fault | undefined {
  if (!Number.isFinite(reward)) return { received: `a reward of ${show(reward)}`, expected: "a finite number" };
  if (mask[action]) return undefined;
  return { received: `the action ${show(action)}`, expected: `a legal one of ${actions}` };
}

function inLog({ received, expected }: Fault, place: string): LearningError {
  return new LearningError("TRAINING_INVALID", {
    received: `${received} at ${place} of the log`,
    expected,
    remedy: "Mend the log, or leave the run out.",
  });
}
