import { createRng } from "../../../src/math/rng.js";
import { EventLog, type LogCase } from "../../../src/patterns/index.js";

/** A log of letters, one case per word: "abc" is a then b then c. */
export function wordLog(words: readonly string[]): EventLog {
  return EventLog.from(words.map((w, i) => ({ id: `c${i}`, type: "t", activities: [...w] })));
}

/** Runs through a random support process: triage, research rounds, drafts, checks. */
export function supportRuns(count: number, seed: number | string, type = "support"): LogCase[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, (_, i) => {
    const activities = ["triage"];
    if (rng.next() < 0.5) activities.push("search");
    while (rng.next() < 0.4) activities.push(rng.next() < 0.5 ? "search" : "read");
    activities.push("draft");
    while (rng.next() < 0.3) activities.push("check", "draft");
    if (rng.next() < 0.3) activities.push("escalate");
    activities.push("send");
    const startMs = activities.map((_, k) => i * 100_000 + k * 1000);
    return { id: `${type}-${i}`, type, activities, startMs, durationMs: activities.map(() => 400) };
  });
}
