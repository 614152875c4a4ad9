// Runs in the learning thread.
/** To be called between the steps of a long job: ends it, by throwing, once the host asked it to stop. */
export function stopping(cancelled: () => boolean): () => void {
  return () => {
    if (cancelled()) throw new Error("stopped as asked");
  };
}
