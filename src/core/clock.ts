import { checkArgument } from "./arguments.js";

/** Time as an argument. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds of a monotonic clock, for durations. */
  monotonic(): number;
  /** Runs `task` after `delayMs`; the timer never keeps the process alive. Returns its cancellation. */
  schedule(task: () => void, delayMs: number): () => void;
}

/** Node's timers fire at once when they are to wait longer (24.8 days): longer waits are made of several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(task, delayMs) {
    const due = performance.now() + delayMs;
    let timer: NodeJS.Timeout;
    const wait = (left: number) => {
      timer = setTimeout(
        () => (left > LONGEST_TIMER_MS ? wait(due - performance.now()) : task()),
        Math.min(left, LONGEST_TIMER_MS),
      );
      timer.unref();
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
};

/** A timestamp of the records: ISO 8601, UTC, milliseconds. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/**
 * A clock that only moves when told to; for tests and replays.
 * @example
 * const clock = new ManualClock(Date.UTC(2026, 0, 1));
 * clock.advance(60_000); // a minute later, and what was scheduled until then has run
 */
export class ManualClock implements Clock {
  private readonly tasks = new Set<{ at: number; task: () => void }>();

  constructor(private current = Date.UTC(2026, 0, 1)) {
    checkArgument(current, "the time", "number", "CONFIG_INVALID");
  }

  now(): number {
    return this.current;
  }

  monotonic(): number {
    return this.current;
  }

  schedule(task: () => void, delayMs: number): () => void {
    checkArgument(task, "task", "function", "CONFIG_INVALID");
    checkArgument(delayMs, "delayMs", "number", "CONFIG_INVALID");
    const entry = { at: this.current + delayMs, task };
    this.tasks.add(entry);
    return () => this.tasks.delete(entry);
  }

  /** How many tasks wait for their time. */
  get pending(): number {
    return this.tasks.size;
  }

  /** Moves time forward and runs what became due, in order. */
  advance(ms: number): void {
    checkArgument(ms, "ms", "number", "CONFIG_INVALID");
    const end = this.current + ms;
    for (;;) {
      const due = [...this.tasks].filter((t) => t.at <= end).sort((x, y) => x.at - y.at)[0];
      if (!due) break;
      this.tasks.delete(due);
      this.current = Math.max(this.current, due.at);
      due.task();
    }
    this.current = end;
  }
}
