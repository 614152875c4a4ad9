import { LATE, within } from "../core/deadline.js";
import type { Clock } from "../core/index.js";
import { LearningError } from "../core/index.js";

/** Milliseconds after which an agent, a scanner, a source, a merger or an evaluator is given up, where nothing else is said. */
export const DEFAULT_TIMEOUT_MS = 120_000;

/**
 * Waits for something that may never answer, until it is late or the caller's signal aborts: what hangs
 * must not keep a process alive whose run was stopped.
 * @param what who is waited for, for the message
 * @param limitMs `Infinity`: for ever
 * @param outer the caller's own signal
 * @param run is given a signal that aborts with either
 * @throws SENTINEL_INVALID when it takes longer; the reason of `outer` when that aborts
 */
export async function withTimeLimit<T>(
  what: string,
  limitMs: number,
  clock: Clock,
  outer: AbortSignal | undefined,
  run: (signal: AbortSignal) => T | Promise<T>,
): Promise<T> {
  outer?.throwIfAborted();
  const controller = new AbortController();
  const signal = outer ? AbortSignal.any([outer, controller.signal]) : controller.signal;
  let stop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(outer?.reason);
    outer?.addEventListener("abort", stop, { once: true });
  });
  try {
    const answer = await within(() => Promise.race([stopped, run(signal)]), limitMs, clock);
    if (answer !== LATE) return answer;
  } finally {
    outer?.removeEventListener("abort", stop);
  }
  const error = new LearningError("SENTINEL_INVALID", {
    received: `no answer from ${what} within ${limitMs} ms`,
    expected: "an answer in time",
    remedy: "Raise timeoutMs where it needs longer.",
  });
  controller.abort(error);
  throw error;
}
