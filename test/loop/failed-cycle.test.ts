import { CollectiveLearningLoop, ManualClock } from "langgraph-collective-learning";
import { describe, expect, it, vi } from "vitest";
import { cycleText, statusText } from "../../src/cli/text.js";
import { defaultLogger, LearningError } from "../../src/core/index.js";
import { createMemoryStore, type LearningStore } from "../../src/store/index.js";

const broken = () =>
  new LearningError("STORE_IO", { received: "a disk that is full", expected: "room", remedy: "Make room." });

/** A store that can be told what to refuse. */
function fragile() {
  const store = createMemoryStore();
  const refuse = { read: false, put: "", retain: false };
  const fragileStore: LearningStore = {
    ...store,
    read: (kind, query) => {
      if (refuse.read) throw broken();
      return store.read(kind, query);
    },
    retain: (policy) => (refuse.retain ? Promise.reject(broken()) : store.retain(policy)),
    documents: {
      ...store.documents,
      put: (key, value) => (key === refuse.put ? Promise.reject(broken()) : store.documents.put(key, value)),
      update: (key, change, options) =>
        key === refuse.put ? Promise.reject(broken()) : store.documents.update(key, change, options),
    },
  };
  return { store: fragileStore, refuse };
}

function noting() {
  const log: string[] = [];
  const note = (level: string) => (message: string, data?: unknown) =>
    void log.push(`${level}: ${message} ${JSON.stringify(data)}`);
  return { log, logger: { debug() {}, info() {}, warn: note("warn"), error: note("error") } };
}

describe("a learning cycle that fails", () => {
  it.each(["what is read", "who does what", "the history"])("by %s is failed in the status, and told", async (what) => {
    const { store, refuse } = fragile();
    const { log, logger } = noting();
    const loop = await CollectiveLearningLoop.open({ store, logger, clock: new ManualClock() });
    const { cycle } = await loop.triggerLearningCycle();
    expect(cycle).toBe(1);
    if (what === "what is read") refuse.read = true;
    else refuse.put = what === "who does what" ? "loop/work" : "loop/history";
    for (let i = 0; i < 2; i++)
      await expect(loop.triggerLearningCycle()).rejects.toThrow(/STORE_IO.*disk that is full/);
    const status = await loop.getLearningStatus();
    expect(status).toMatchObject({ cyclesCompleted: 1, cyclesFailed: 2 });
    expect(status.lastCycle?.failed).toMatchObject({ code: "STORE_IO", message: expect.stringMatching(/disk/) });
    expect(status.warnings[0]).toMatch(/^the last learning cycle failed: .*disk that is full/);
    expect(log).toEqual(Array(2).fill(expect.stringMatching(/^error: a learning cycle failed .*disk that is full/)));
    expect(statusText(status)).toMatch(/1 cycles completed, 2 failed/);
    expect(cycleText(status.lastCycle!)).toMatch(/failed: .*disk that is full/);
    refuse.read = false;
    refuse.put = "";
    await loop.triggerLearningCycle();
    const after = await loop.getLearningStatus();
    expect(after.cyclesCompleted).toBe(2);
    expect(after.lastCycle?.failed).toBeUndefined();
    expect(after.warnings.join()).not.toMatch(/disk/);
    await loop.close();
  });

  it("on the timer is told as well, and the next one is planned", async () => {
    const { store, refuse } = fragile();
    const { log, logger } = noting();
    const clock = new ManualClock();
    const loop = await CollectiveLearningLoop.open({ store, logger, clock, learningJitter: 0 });
    refuse.read = true;
    await loop.startLearning();
    clock.advance(30 * 60_000);
    await vi.waitFor(() => expect(log).toHaveLength(1), { timeout: 120_000 });
    const status = await loop.getLearningStatus();
    expect(status).toMatchObject({ cyclesFailed: 1, isLearning: true, nextCycleAt: expect.any(String) });
    await loop.close();
  });

  it("only in clearing old facts away has learned all the same, and says what failed", async () => {
    const { store, refuse } = fragile();
    const { log, logger } = noting();
    const loop = await CollectiveLearningLoop.open({ store, logger, dataCleanup: { maxAgeDays: 30 } });
    refuse.retain = true;
    const { steps } = await loop.triggerLearningCycle();
    expect(steps.at(-1)).toMatchObject({ component: "dataCleanup", state: "failed" });
    const status = await loop.getLearningStatus();
    expect(status).toMatchObject({ cyclesCompleted: 1, cyclesFailed: 0 });
    expect(status.warnings).toContainEqual(expect.stringMatching(/^dataCleanup failed in the last cycle: .*disk/));
    expect(log).toHaveLength(1);
    await loop.close();
  });
});

describe("the default logger", () => {
  const linesOf = (env: NodeJS.ProcessEnv, work: (logger: ReturnType<typeof defaultLogger>) => void) => {
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    try {
      work(defaultLogger(env, new Set()));
      return write.mock.calls.map(([line]) => String(line));
    } finally {
      write.mockRestore();
    }
  };
  const all = (logger: ReturnType<typeof defaultLogger>) => {
    for (let i = 0; i < 2; i++)
      for (const level of ["debug", "info", "warn", "error"] as const) logger[level]("it happened", { i });
  };

  it("tells of warnings and errors, each kind once", () => {
    expect(linesOf({}, all)).toEqual([
      '[collective-learning] warn: it happened {"i":0}\n',
      '[collective-learning] error: it happened {"i":0}\n',
    ]);
  });

  it("tells everything from the level that LEARNING_LOG names, and nothing when it is off", () => {
    expect(linesOf({ LEARNING_LOG: "debug" }, all)).toHaveLength(8);
    expect(linesOf({ LEARNING_LOG: "error" }, all)).toHaveLength(2);
    expect(linesOf({ LEARNING_LOG: "off" }, all)).toEqual([]);
  });

  it("does not fail on data that has no JSON", () => {
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    const lines = linesOf({}, (logger) => {
      logger.warn("big", { n: 1n });
      logger.error("round", circular);
    });
    expect(lines).toEqual([
      "[collective-learning] warn: big [object Object]\n",
      "[collective-learning] error: round [object Object]\n",
    ]);
  });
});
