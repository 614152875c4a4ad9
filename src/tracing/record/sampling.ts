import { hash32, type TraceSegment } from "../../core/index.js";
import type { RunRecorder } from "./run-recorder.js";

/** Whether the draw by the workflow id keeps this run. */
export function isSampled({ identity, settings }: RunRecorder): boolean {
  if (settings.sampleRate >= 1) return true;
  return hash32(identity?.workflowId ?? "", 7) / 2 ** 32 < settings.sampleRate;
}

/** Whether a finished segment is stored: by the draw, or for a failure that is always kept. Notes what sampling left out. */
export function isKept(recorder: RunRecorder, segment: TraceSegment): boolean {
  const sampled = isSampled(recorder);
  const isCertain = recorder.settings.keepFailures && (segment.status === "error" || recorder.followsFailure);
  if (isCertain && !sampled && recorder.resumed && !recorder.followsFailure)
    segment.gaps.push("what this run did before it was resumed was left out by sampling");
  return !recorder.muted && (isCertain || sampled);
}
