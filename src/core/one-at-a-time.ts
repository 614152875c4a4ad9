/**
 * A queue: runs each piece of work when those asked for before it, under the same key, have ended, whether well or
 * not; gives its result or its error to whoever asked. Nothing is kept of a key once its work is done.
 */
export function oneAtATime(): <T>(work: () => T | Promise<T>, key?: string) => Promise<T> {
  const last = new Map<string, Promise<void>>();
  return (work, key = "") => {
    const turn = (last.get(key) ?? Promise.resolve()).then(work);
    const ended = () => {
      if (last.get(key) === settled) last.delete(key);
    };
    const settled = turn.then(ended, ended);
    last.set(key, settled);
    return turn;
  };
}
