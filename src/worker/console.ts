// Runs in the learning thread.
type Write = typeof process.stdout.write;

/**
 * Keeps what a thread prints off the host's console: native trainers write there unasked. Done inside the
 * thread, because a host that reads a thread's output streams is held open by them, job or no job.
 * @param tell gets what was written to the error stream; what went to the other is dropped
 */
export function takeConsole(tell: (text: string) => void): void {
  process.stdout.write = written(() => {});
  process.stderr.write = written((chunk) => tell(textOf(chunk)));
}

function written(take: (chunk: string | Uint8Array) => void): Write {
  return (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    take(chunk);
    const done = rest.at(-1);
    if (typeof done === "function") queueMicrotask(() => done());
    return true;
  };
}

function textOf(chunk: string | Uint8Array): string {
  return (typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8")).trimEnd();
}
