import type { Clock } from "../../core/index.js";

/** What became of work that did not answer in time. */
export const LATE = Symbol("late");

/** The work's answer, or LATE after `ms`; its later failure is nobody's business any more. */
export async function within<T>(work: Promise<T>, ms: number, clock: Clock): Promise<T | typeof LATE> {
  // A clock's timers do not keep a process alive; one that waits for an answer must not end meanwhile.
  const alive = setInterval(() => {}, 2 ** 30);
  let cancel = () => {};
  const late = new Promise<typeof LATE>((resolve) => {
    cancel = clock.schedule(() => resolve(LATE), ms);
  });
  try {
    const first = await Promise.race([work, late]);
    if (first === LATE) work.catch(() => undefined);
    return first;
  } finally {
    cancel();
    clearInterval(alive);
  }
}
