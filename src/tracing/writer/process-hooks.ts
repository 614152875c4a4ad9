import type { BufferedWriter } from "./buffered-writer.js";

const SIGNALS = ["SIGTERM", "SIGINT"] as const;
/** A process asked to end is held no longer than this. */
const GRACE_MS = 2000;

const writers = new Set<BufferedWriter>();

async function flushAll(): Promise<void> {
  await Promise.allSettled([...writers].map((writer) => writer.flush(GRACE_MS)));
}

function beforeExit(): void {
  for (const writer of writers) if (writer.counters().queued > 0) void writer.flush(GRACE_MS).catch(() => {});
}

/**
 * A signal only makes us flush. When nobody else listens, we then pass it on as if we had not
 * listened either, so the process ends as it would have; a host with its own handler keeps the say.
 */
function onSignal(signal: NodeJS.Signals): void {
  const alone = process.listenerCount(signal) === 1;
  void flushAll().then(() => {
    if (!alone || process.listenerCount(signal) !== 1) return;
    uninstall();
    process.kill(process.pid, signal);
  });
}

function install(): void {
  process.on("beforeExit", beforeExit);
  // In front of the host's: a handler that is to run once is gone from the list by the time those behind it run.
  for (const signal of SIGNALS) process.prependListener(signal, onSignal);
}

function uninstall(): void {
  process.off("beforeExit", beforeExit);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

/** Flushes the writer when the process ends. Returns the cancellation. */
export function flushAtExit(writer: BufferedWriter): () => void {
  if (writers.size === 0) install();
  writers.add(writer);
  return () => {
    writers.delete(writer);
    if (writers.size === 0) uninstall();
  };
}
