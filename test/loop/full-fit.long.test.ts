import { CollectiveLearningLoop, ManualClock } from "langgraph-collective-learning";
import { describe, expect, it } from "vitest";
import { fullFitOf, isFullFitDue } from "../../src/evaluation/point/full-fit.js";
import type { GateState } from "../../src/evaluation/point/gate-state.js";
import { createMemoryStore } from "../../src/store/index.js";
import { ticketOffice, triageGraph } from "../support/triage.js";

const minute = (n: number) => new Date(Date.UTC(2026, 0, 1, 0, n)).toISOString();
/** Rated decisions, one a minute; only their times count here. */
const rows = (count: number, ratedAt = minute) =>
  Array.from({ length: count }, (_, n) => ({ at: minute(n), ratedAt: ratedAt(n) }));

describe("learning from the beginning again", () => {
  it("is due when the rows to train on have grown by half, and not before", () => {
    const last = fullFitOf(minute(99), minute(200), { held: 40, samples: 40 });
    expect(isFullFitDue(rows(149), 1000, last)).toBe(false);
    expect(isFullFitDue(rows(150), 0, last)).toBe(true);
    expect(isFullFitDue(rows(10), 0, undefined)).toBe(true);
  });

  it("counts as growth what was rated since, and goes by what of the last one's rows is still there", () => {
    const last = fullFitOf(minute(99), minute(200), { held: 40, samples: 40 });
    const late = rows(120, (n) => minute(n < 40 ? 500 : n));
    expect(isFullFitDue(late, 0, last)).toBe(true);
    // The oldest 60 have left: 40 are known, 20 are new.
    expect(isFullFitDue(rows(120).slice(60), 0, last)).toBe(true);
  });

  it("is due as well once there are as many decisions to judge by as the gate asked for", () => {
    const last = fullFitOf(minute(99), minute(200), { held: 40, samples: 40, needed: 25 });
    expect(isFullFitDue(rows(120), 64, last)).toBe(false);
    expect(isFullFitDue(rows(120), 65, last)).toBe(true);
    // Where only every other one proves something, twice as many have to come.
    const half = fullFitOf(minute(99), minute(200), { held: 80, samples: 40, needed: 25 });
    expect(isFullFitDue(rows(120), 129, half)).toBe(false);
    expect(isFullFitDue(rows(120), 130, half)).toBe(true);
  });
});

describe("the loop after a promotion", () => {
  it("learns from the beginning on the schedule, not in every cycle", async () => {
    const clock = new ManualClock();
    const store = createMemoryStore();
    const loop = await CollectiveLearningLoop.open({ seed: 1, store, clock, enablePatternDiscovery: false });
    const serve = ticketOffice(loop, triageGraph(loop), clock);
    const fullFits: (string | undefined)[] = [];
    await serve(200);
    for (let cycle = 0; cycle < 6; cycle++) {
      await loop.triggerLearningCycle();
      fullFits.push((await store.documents.get<GateState>("gate/triage"))?.fullFit?.dataTo);
      await serve(40);
    }
    await loop.close();
    // Trained on 120 decisions, of which the later ones were to judge; then on all 240, for a trial needs none of
    // them; then on 360: each is at least half as many again.
    const second = new Date(Date.parse(fullFits[0] as string) + 120 * 60_000).toISOString();
    const third = new Date(Date.parse(second) + 120 * 60_000).toISOString();
    expect(fullFits).toEqual([fullFits[0], second, second, second, third, third]);
  });
});
