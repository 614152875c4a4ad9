import { onExit } from "signal-exit";
import type { BufferedWriter } from "./buffered-writer.js";

/** A process that ends by itself is held no longer than this. */
const GRACE_MS = 2000;

/** Writers, each with what closes the runs that are under way. */
const writers = new Map<BufferedWriter, () => void>();
let offExit: (() => void) | undefined;

/** A process that ends by itself has time to write as it always does. */
function beforeExit(): void {
  for (const writer of writers.keys()) if (writer.counters().queued > 0) void writer.flush(GRACE_MS).catch(() => {});
}

function flushNow(): void {
  for (const [writer, closeOpen] of writers) {
    closeOpen();
    writer.flushSync();
  }
}

function install(): void {
  process.on("beforeExit", beforeExit);
  // Also in worker threads, which signals do not reach. What is written already is not written again.
  process.on("exit", flushNow);
  // The protocol by which libraries that listen for signals find out that nobody else does: a signal that no handler
  // of the host's takes ends the process as it would without us.
  offExit = inFront(() => onExit(flushNow));
}

/**
 * Moves the listeners that `install` adds in front of the host's: a handler that is to run once is gone from the list
 * by the time those behind it run, and would not be seen.
 */
function inFront<T>(install: () => T): T {
  const all = () => process.eventNames().filter((name) => typeof name === "string" && name.startsWith("SIG"));
  const before = new Map(all().map((name) => [name, new Set(process.rawListeners(name as "SIGTERM"))]));
  const installed = install();
  for (const name of all() as NodeJS.Signals[])
    for (const listener of process.rawListeners(name) as NodeJS.SignalsListener[]) {
      if (before.get(name)?.has(listener)) continue;
      process.off(name, listener);
      process.prependListener(name, listener);
    }
  return installed;
}

function uninstall(): void {
  process.off("beforeExit", beforeExit);
  process.off("exit", flushNow);
  offExit?.();
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
