import { setImmediate } from "node:timers/promises";

/**
 * For long work on the event loop, to be awaited once per item: lets others have their turn after every `items`
 * of them, and fails with the signal's reason once that was aborted.
 */
export function takingTurns(items: number, signal?: AbortSignal): () => Promise<void> | undefined {
  let left = items;
  return () => {
    if (--left > 0) return undefined;
    left = items;
    signal?.throwIfAborted();
    return setImmediate();
  };
}
