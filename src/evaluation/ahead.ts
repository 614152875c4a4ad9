/** The clocks of hosts and learners differ by less than this; what comes from further ahead waits. */
const MOST_AHEAD_MS = 3_600_000;

/** The latest ISO time that a decision seen at `now` may bear: a clock that made a later one runs ahead. */
export function latestAt(now: string): string {
  const time = Date.parse(now);
  return Number.isNaN(time) ? now : new Date(time + MOST_AHEAD_MS).toISOString();
}
