import { hash32, type RunIdentity } from "../../core/index.js";
import type { CaptureSettings } from "../settings.js";
import { type ClosedRun, isKeptForFailure } from "./closed-run.js";

/** Whether the draw by the workflow id keeps this run. */
export function isSampled({ identity, settings }: { identity?: RunIdentity; settings: CaptureSettings }): boolean {
  if (settings.sampleRate >= 1) return true;
  return hash32(identity?.workflowId ?? "", 7) / 2 ** 32 < settings.sampleRate;
}

/** Whether a run that is over is stored: by the draw, or for a failure that is always kept. Notes what sampling left out. */
export function isKept(run: ClosedRun): boolean {
  const sampled = isSampled(run);
  const isCertain = isKeptForFailure(run);
  if (isCertain && !sampled && run.resumed && !run.followsFailure)
    run.gaps.push("what this run did before it was resumed was left out by sampling");
  return !run.muted && (isCertain || sampled);
}
