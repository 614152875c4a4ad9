/**
 * Lets so many pieces of work go on at once; the others wait for their turn, in order. A pool counts such a wait
 * towards its time limit for connecting: a burst would look like a server that is away.
 */
export function atMost(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      // Who waits first takes over the place.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
