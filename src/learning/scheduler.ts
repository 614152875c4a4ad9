import { type Clock, isLearningError, isoTime, type Logger, messageOf } from "../core/index.js";
import type { Rng } from "../math/rng.js";

/** Settings of {@link LearningScheduler}. */
export interface SchedulerOptions {
  intervalMs: number;
  /** Share of the interval by which each wait varies, so that many processes do not learn at once. */
  jitter: number;
  maxPerDay: number;
  clock: Clock;
  rng: Rng;
  logger: Logger;
  /** While false, the timer goes on but starts nothing. */
  enabled?(): boolean;
  /** One learning cycle, which tells of its own failure; by hand, also what was done lately is done again. */
  cycle(signal: AbortSignal, byHand: boolean): Promise<void>;
  /** Start times of earlier cycles (ISO), so that a restart does not reset the day's allowance. */
  earlier: readonly string[];
}

const DAY_MS = 86_400_000;
/** Learners that are started together begin within this time, not all at once. */
const SOON_MS = 2000;

/** Runs learning cycles one at a time: on a timer while started, and whenever triggered. */
export class LearningScheduler {
  private starts: number[] = [];
  private cancelTimer?: () => void;
  private nextMs?: number;
  private running?: Promise<void>;
  private abort?: AbortController;

  constructor(private readonly options: SchedulerOptions) {
    this.adopt(options.earlier);
  }

  /** True between start and stop. */
  get started(): boolean {
    return this.cancelTimer !== undefined;
  }

  /** True while a cycle runs. */
  get busy(): boolean {
    return this.running !== undefined;
  }

  /** When the next cycle is due (ISO); undefined when stopped. */
  get nextAt(): string | undefined {
    return this.nextMs === undefined ? undefined : isoTime(this.nextMs);
  }

  /** Starts of the last day's cycles (ISO). */
  get recentStarts(): string[] {
    this.forgetOld();
    return this.starts.map(isoTime);
  }

  /**
   * Takes over what is known of cycles that other processes started; they count towards the limit too. What starts
   * within half an interval of one here is a part of the same: learners share the work of a cycle.
   */
  adopt(starts: readonly string[]): void {
    const near = this.options.intervalMs / 2;
    const own = this.starts;
    const others = starts.map((t) => Date.parse(t)).filter((t) => own.every((mine) => Math.abs(t - mine) >= near));
    const known = new Set([...own, ...others.filter((t) => Number.isFinite(t))]);
    this.starts = [...known].sort((a, b) => a - b);
  }

  /** Begins the timer, with a first cycle soon if wanted; a second start changes nothing. */
  start(soon = false): void {
    if (!this.started) this.plan(soon);
  }

  /**
   * Runs a cycle now. While one runs, that one is awaited instead of starting another. By hand the
   * day's limit does not apply, but the cycle counts towards it.
   */
  trigger(byHand = true): Promise<void> {
    this.running ??= this.runOnce(byHand).finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  /** Stops the timer and asks a running cycle to stop; resolves when it has. */
  async stop(): Promise<void> {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    this.nextMs = undefined;
    this.abort?.abort();
    await this.running?.catch(() => undefined);
  }

  private async runOnce(byHand: boolean): Promise<void> {
    const start = this.options.clock.now();
    this.starts.push(start);
    this.abort = new AbortController();
    try {
      await this.options.cycle(this.abort.signal, byHand);
    } catch (error) {
      if (isLearningError(error, "LEARNING_STATE")) this.starts = this.starts.filter((t) => t !== start);
      throw error;
    }
  }

  private forgetOld(): void {
    const now = this.options.clock.now();
    // Starts in the future were noted before the clock was set back: they say nothing about this day.
    this.starts = this.starts.filter((t) => t > now - DAY_MS && t <= now);
  }

  /** How long until the day's limit allows another cycle; 0 when it does. */
  private waitForLimit(): number {
    const { clock, maxPerDay } = this.options;
    this.forgetOld();
    if (this.starts.length < maxPerDay) return 0;
    return this.starts[this.starts.length - maxPerDay] + DAY_MS + 1 - clock.now();
  }

  private plan(soon = false): void {
    const { intervalMs, jitter, clock, rng } = this.options;
    // A stop and a new start during a cycle leave a timer that is already set: there is only ever one.
    this.cancelTimer?.();
    const due = soon ? rng.next() * SOON_MS : intervalMs * (1 + jitter * (2 * rng.next() - 1));
    const wait = Math.max(due, this.waitForLimit());
    this.nextMs = clock.now() + wait;
    this.cancelTimer = clock.schedule(() => void this.onTimer(), wait);
  }

  private async onTimer(): Promise<void> {
    // Cycles by hand, or of other processes, may have used the allowance up since this one was planned.
    if (this.options.enabled?.() !== false && this.waitForLimit() === 0) {
      try {
        await this.trigger(false);
      } catch (error) {
        // A failed cycle has been told of by whoever ran it.
        if (isLearningError(error, "LEARNING_STATE"))
          this.options.logger.info("no learning cycle this time", { reason: messageOf(error) });
      }
    }
    if (this.started) this.plan();
  }
}
