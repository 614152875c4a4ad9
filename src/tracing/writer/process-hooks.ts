import type { BufferedWriter } from "./buffered-writer.js";
import { onEndingSignal } from "./signals.js";

/** A process that ends by itself is held no longer than this. */
const GRACE_MS = 2000;

/** Writers, each with what closes the runs that are under way. */
const writers = new Map<BufferedWriter, () => void>();
let offSignals: (() => void) | undefined;

/**
 * A process that ends by itself has time to write as it always does, where the store cannot write on its last turn: to
 * wait would make `beforeExit` come to the host's handlers once more.
 */
function beforeExit(): void {
  for (const writer of writers.keys())
    if (!writer.writesAtOnce && writer.counters().queued > 0) void writer.flush(GRACE_MS).catch(() => {});
}

function flushNow(): void {
  for (const [writer, closeOpen] of writers) {
    closeOpen();
    writer.flushSync();
  }
}

function install(): void {
  process.on("beforeExit", beforeExit);
  // Also in worker threads, which signals do not reach. What is written already is not written again. In front of the
  // host's handlers: one that throws ends those behind it.
  process.prependListener("exit", flushNow);
  offSignals = onEndingSignal(flushNow);
}

function uninstall(): void {
  process.off("beforeExit", beforeExit);
  process.off("exit", flushNow);
  offSignals?.();
}

/**
 * Closes what is under way and flushes the writer when the process ends, however it does unless it is killed. Returns
 * the cancellation.
 */
export function flushAtExit(writer: BufferedWriter, closeOpen: () => void): () => void {
  if (writers.size === 0) install();
  writers.set(writer, closeOpen);
  return () => {
    writers.delete(writer);
    if (writers.size === 0) uninstall();
  };
}
