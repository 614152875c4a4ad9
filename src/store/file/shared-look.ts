/**
 * The same look for all who ask before it begins: what each is told was so after they asked. One look runs at a time;
 * who asks meanwhile shares the next one.
 */
export function sharedLook<T>(look: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;
  return () => {
    next ??= running.then(() => {
      next = undefined;
      const found = look();
      running = found.catch(() => undefined);
      return found;
    });
    return next;
  };
}
