import { signals } from "signal-exit";

/**
 * What all copies of `signal-exit` in a process share: how many of them listen. A signal that has as many listeners as
 * there are participants is handled by nobody, and ends the process.
 */
interface Participants {
  count: number;
}

/** Participants of version 3, which does not know of those after it. */
const older = (): number =>
  (process as { __signal_exit_emitter__?: { count?: number } }).__signal_exit_emitter__?.count ?? 0;

/** Node ignores SIGXFSZ, so that a write beyond the limit is an error and not the end. */
const ENDING = signals.filter((name) => name !== "SIGXFSZ");

/**
 * Calls `flush` before a signal ends the process that no handler of the host's takes, and then lets it end as it would
 * have. A participant in the protocol of `signal-exit`, without its own listening: that wraps `process.emit`, by which
 * exit codes change (a pending top-level await ends with 0 instead of 13, an error in an exit handler with 0).
 * @returns what ends the listening
 */
export function onEndingSignal(flush: () => void): () => void {
  const participants = (globalThis as Record<symbol, Participants | undefined>)[Symbol.for("signal-exit emitter")];
  // Where the package does not support the runtime nobody counts, and a listener would swallow the signal.
  if (!participants) return () => {};
  const listeners = ENDING.map((signal) => [signal, () => take(signal)] as const);
  let isOn = true;
  const off = () => {
    if (!isOn) return;
    isOn = false;
    participants.count -= 1;
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
  const take = (signal: NodeJS.Signals) => {
    if (process.listenerCount(signal) !== participants.count + older()) return;
    // First of all: whoever passed the signal on may kill the process in a moment (tsx waits 30 ms).
    flush();
    off();
    // Other participants come after this listener: they end the process, or hold it as their own listeners want.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  participants.count += 1;
  // In front of the host's: a handler that is to run once is gone from the list by the time those behind it run.
  for (const [signal, listener] of listeners) {
    try {
      process.prependListener(signal, listener);
    } catch {
      // This system does not know the signal.
    }
  }
  return off;
}
