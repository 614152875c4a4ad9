import { type Clock, isoTime, type Logger, messageOf, type Rng } from "../core/index.js";

/** Settings of {@link LearningScheduler}. */
export interface SchedulerOptions {
  intervalMs: number;
  /** Share of the interval by which each wait varies, so that many processes do not learn at once. */
  jitter: number;
  maxPerDay: number;
  clock: Clock;
  rng: Rng;
  logger: Logger;
  /** One learning cycle. */
  cycle(signal: AbortSignal): Promise<void>;
  /** Start times of earlier cycles (ISO), so that a restart does not reset the day's allowance. */
  earlier: readonly string[];
}

const DAY_MS = 86_400_000;

/** Runs learning cycles one at a time: on a timer while started, and whenever triggered. */
export class LearningScheduler {
  private starts: number[];
  private cancelTimer?: () => void;
  private nextMs?: number;
  private running?: Promise<void>;
  private abort?: AbortController;

  constructor(private readonly options: SchedulerOptions) {
    this.starts = options.earlier.map((t) => Date.parse(t)).filter((t) => Number.isFinite(t));
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

  /** Begins the timer; a second start changes nothing. */
  start(): void {
    if (!this.started) this.plan();
  }

  /**
   * Runs a cycle now. While one runs, that one is awaited instead of starting another. By hand the
   * day's limit does not apply, but the cycle counts towards it.
   */
  trigger(): Promise<void> {
    this.running ??= this.runOnce().finally(() => {
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

  private async runOnce(): Promise<void> {
    this.starts.push(this.options.clock.now());
    this.abort = new AbortController();
    await this.options.cycle(this.abort.signal);
  }

  private forgetOld(): void {
    const horizon = this.options.clock.now() - DAY_MS;
    this.starts = this.starts.filter((t) => t > horizon);
  }

  private plan(): void {
    const { intervalMs, jitter, clock, rng, maxPerDay } = this.options;
    this.forgetOld();
    let wait = intervalMs * (1 + jitter * (2 * rng.next() - 1));
    if (this.starts.length >= maxPerDay) {
      const freed = (this.starts[this.starts.length - maxPerDay] as number) + DAY_MS + 1 - clock.now();
      wait = Math.max(wait, freed);
    }
    this.nextMs = clock.now() + wait;
    this.cancelTimer = clock.schedule(() => void this.onTimer(), wait);
  }

  private async onTimer(): Promise<void> {
    try {
      await this.trigger();
    } catch (error) {
      this.options.logger.error("learning cycle failed", { error: messageOf(error) });
    }
    if (this.started) this.plan();
  }
}
