import { type Clock, Recent } from "../../core/index.js";

const WINDOW_MS = 60_000;
/** So many tokens and addresses are counted at least; those least active are forgotten beyond. */
const COUNTED = 20_000;

/** Counts requests by key in windows of a minute. */
export class RateLimit {
  private readonly windows = new Recent<{ begun: number; count: number }>(COUNTED);

  constructor(private readonly clock: Clock) {}

  /**
   * Counts one request.
   * @returns undefined while it is within `perMinute`, else the seconds after which the next may come
   */
  take(key: string, perMinute: number): number | undefined {
    const now = this.clock.monotonic();
    const known = this.windows.get(key);
    const window = known && now - known.begun < WINDOW_MS ? known : { begun: now, count: 0 };
    window.count += 1;
    this.windows.set(key, window);
    return window.count <= perMinute ? undefined : Math.max(1, Math.ceil((window.begun + WINDOW_MS - now) / 1000));
  }
}
