import type { Clock } from "./clock.js";

/** What became of work that did not answer in time. */
export const LATE = Symbol("late");

/**
 * The work's answer, or LATE after `ms` (`Infinity`: never); what comes later, a failure included, is ignored. A function
 * is called once its time runs.
 */
export async function within<T>(
  work: Promise<T> | (() => T | Promise<T>),
  ms: number,
  clock: Clock,
): Promise<T | typeof LATE> {
  // A clock's timers do not keep a process alive; one that waits for an answer must not end meanwhile.
  const alive = setInterval(() => {}, 2 ** 30);
  let cancel = () => {};
  const late = new Promise<typeof LATE>((resolve) => {
    if (ms !== Number.POSITIVE_INFINITY) cancel = clock.schedule(() => resolve(LATE), ms);
  });
  try {
    return await Promise.race([late, typeof work === "function" ? work() : work]);
  } finally {
    cancel();
    clearInterval(alive);
  }
}
