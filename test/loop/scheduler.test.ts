import { CollectiveLearningLoop, type LoopConfig, ManualClock } from "langgraph-collective-learning";
import { describe, expect, it } from "vitest";
import { defaultLogger, LearningError } from "../../src/core/index.js";
import { LearningScheduler } from "../../src/learning/scheduler.js";
import { createRng } from "../../src/math/rng.js";
import { createMemoryStore } from "../../src/store/index.js";

const settle = () => new Promise((r) => setImmediate(r));

function setUp(change: Partial<ConstructorParameters<typeof LearningScheduler>[0]> = {}) {
  const clock = new ManualClock();
  const runs: number[] = [];
  const scheduler = new LearningScheduler({
    intervalMs: 60_000,
    jitter: 0,
    maxPerDay: 48,
    clock,
    rng: createRng(1),
    logger: defaultLogger({ LEARNING_LOG: "off" }),
    earlier: [],
    cycle: async () => {
      runs.push(clock.now());
    },
    ...change,
  });
  return { clock, runs, scheduler };
}

it("maxLearningCyclesPerDay of a loop holds for its timer", async () => {
  const nextAfterOne = async (change: LoopConfig) => {
    const clock = new ManualClock();
    const loop = await CollectiveLearningLoop.open({ store: createMemoryStore({ clock }), clock, ...change });
    const begun = clock.now();
    await loop.triggerLearningCycle();
    await loop.startLearning();
    const { nextCycleAt = "" } = await loop.getLearningStatus();
    await loop.close();
    return Date.parse(nextCycleAt) - begun;
  };
  expect(await nextAfterOne({ maxLearningCyclesPerDay: 1 })).toBeGreaterThan(24 * 3_600_000);
  expect(await nextAfterOne({ maxLearningCyclesPerDay: 2 })).toBeLessThan(3_600_000);
});

describe("the scheduler", () => {
  it("runs at its interval until it is stopped", async () => {
    const { clock, runs, scheduler } = setUp();
    scheduler.start();
    scheduler.start();
    for (let i = 0; i < 3; i++) {
      clock.advance(60_000);
      await settle();
    }
    expect(runs).toHaveLength(3);
    await scheduler.stop();
    clock.advance(600_000);
    await settle();
    expect(runs).toHaveLength(3);
    expect(scheduler.nextAt).toBeUndefined();
  });

  it("spreads its waits by the jitter, within bounds", () => {
    const waits = Array.from({ length: 40 }, (_, i) => {
      const { clock, scheduler } = setUp({ jitter: 0.25, rng: createRng(i) });
      scheduler.start();
      return Date.parse(scheduler.nextAt as string) - clock.now();
    });
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(45_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(75_000);
    expect(new Set(waits).size).toBeGreaterThan(20);
  });

  it("keeps the day's limit, also over a restart, and lets a hand-made cycle through", async () => {
    const base = new ManualClock();
    const earlier = [new Date(base.now() - 3_600_000).toISOString(), new Date(base.now() - 1_800_000).toISOString()];
    const { clock, runs, scheduler } = setUp({ maxPerDay: 2, earlier });
    scheduler.start();
    clock.advance(22 * 3_600_000);
    await settle();
    expect(runs).toHaveLength(0);
    await scheduler.trigger();
    expect(runs).toHaveLength(1);
    clock.advance(2 * 3_600_000);
    await settle();
    expect(runs).toHaveLength(2);
  });

  it("never runs two cycles at once and awaits the one under way", async () => {
    let release = () => {};
    let count = 0;
    const { scheduler } = setUp({
      cycle: () => {
        count++;
        return new Promise<void>((r) => {
          release = r;
        });
      },
    });
    const first = scheduler.trigger();
    const second = scheduler.trigger();
    release();
    await Promise.all([first, second]);
    expect(count).toBe(1);
    expect(scheduler.busy).toBe(false);
  });

  it("asks a running cycle to stop and waits until it has", async () => {
    const seen: string[] = [];
    const { scheduler } = setUp({
      cycle: (signal) =>
        new Promise<void>((r) => {
          signal.addEventListener("abort", () => {
            seen.push("asked");
            r();
          });
        }),
    });
    scheduler.start();
    const running = scheduler.trigger();
    await scheduler.stop();
    await running;
    expect(seen).toEqual(["asked"]);
  });

  it("has one timer, also when it was stopped and started during a cycle", async () => {
    let release = () => {};
    const { clock, runs, scheduler } = setUp({
      cycle: () =>
        new Promise<void>((r) => {
          runs.push(clock.now());
          release = r;
        }),
    });
    scheduler.start();
    clock.advance(60_000);
    const stopped = scheduler.stop();
    scheduler.start();
    release();
    await stopped;
    await settle();
    clock.advance(60_000);
    await settle();
    expect(runs).toHaveLength(2);
    const again = scheduler.stop();
    release();
    await again;
    clock.advance(600_000);
    await settle();
    expect(runs).toHaveLength(2);
  });

  it("is not held up by starts that a wrong clock noted in the future", () => {
    const { clock, scheduler } = setUp({ maxPerDay: 1, earlier: [new Date(Date.UTC(2027, 0, 1)).toISOString()] });
    scheduler.start();
    expect(Date.parse(scheduler.nextAt as string) - clock.now()).toBe(60_000);
  });

  it("looks at the limit again when the time has come, and counts cycles of others", async () => {
    const { clock, runs, scheduler } = setUp({ maxPerDay: 2 });
    scheduler.start();
    clock.advance(1000);
    await scheduler.trigger();
    const others = [10, 20_000, 40_000].map((ms) => new Date(clock.now() - ms).toISOString());
    scheduler.adopt([...others, new Date(clock.now()).toISOString()]);
    // Those within half an interval of its own share the work of the same cycle.
    expect(scheduler.recentStarts).toHaveLength(2);
    clock.advance(120_000);
    await settle();
    expect(runs).toHaveLength(1);
    expect(Date.parse(scheduler.nextAt as string)).toBeGreaterThan(clock.now() + 23 * 3_600_000);
  });

  it("starts nothing on the timer while learning is switched off, and goes on after", async () => {
    let on = false;
    const { clock, runs, scheduler } = setUp({ enabled: () => on });
    scheduler.start();
    clock.advance(60_000);
    await settle();
    expect(runs).toHaveLength(0);
    on = true;
    clock.advance(60_000);
    await settle();
    expect(runs).toHaveLength(1);
  });

  it("does not count a cycle that another process had to make way for", async () => {
    const taken = new LearningError("LEARNING_STATE", { received: "a", expected: "b", remedy: "c" });
    const { scheduler } = setUp({ cycle: () => Promise.reject(taken) });
    await expect(scheduler.trigger()).rejects.toThrow(/LEARNING_STATE/);
    expect(scheduler.recentStarts).toEqual([]);
  });

  it("survives a failing cycle and plans the next", async () => {
    const { clock, scheduler } = setUp({ cycle: () => Promise.reject(new Error("no")) });
    scheduler.start();
    clock.advance(60_000);
    await settle();
    expect(scheduler.nextAt).toBeDefined();
    await expect(scheduler.trigger()).rejects.toThrow("no");
  });
});
