import { describe, expect, it } from "vitest";
import { createRng } from "../../src/math/rng.js";
import {
  analyzeRuns,
  closedSequences,
  frequentSequences,
  metricCorrelations,
  PatternAnalyzer,
  PatternEngine,
} from "../../src/patterns/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import { aFeedback } from "../support/facts.js";
import { supportRuns, wordLog } from "./support/logs.js";
import { aSegment } from "./support/traces.js";
import { pathRun } from "./support/worlds.js";

function engineOf(paths: readonly (readonly string[])[]): PatternEngine {
  const rng = createRng("rewards");
  const engine = new PatternEngine();
  engine.update(paths.map((p, i) => pathRun(`${i}`, "support", p)));
  for (const i of paths.keys()) engine.rate(`${i}`, rng.next() < 0.5 ? 1 : 0);
  return engine;
}

describe("runs of thousands of activities", () => {
  it("are analysed in bounded time: n-grams and loops stand alone where sequences are too many", () => {
    const rng = createRng("long");
    const paths = Array.from({ length: 10 }, () => Array.from({ length: 600 }, () => `n${rng.int(6)}`));
    const report = analyzeRuns(engineOf(paths), { permutations: 19, maxFindings: 2000 });
    expect(report.minSupport).toEqual([{ workflowType: "support", unit: "nodes", runs: 2, sequencesLeftOut: true }]);
    const kinds = new Set(report.patterns.map((p) => p.kind));
    expect(kinds).toEqual(new Set(["ngram", "loop"]));
    expect(report.patterns.filter((p) => p.kind === "ngram")).toHaveLength(300);
    expect(report.maps.support?.events).toBe(6000);
  });

  it("fail with what to do when mined directly with a limit", () => {
    const log = wordLog(["ab".repeat(2000), "ab".repeat(2000)]);
    const mine = (miner: typeof closedSequences) => () =>
      miner(log.variants, log.activities.length, 2, { minSupport: 2, maxEffort: 1e6 });
    expect(mine(closedSequences)).toThrow(/more subsequences than 1000000 looks.*Raise minSupport/);
    expect(mine(frequentSequences)).toThrow(/more subsequences than 1000000 looks/);
  });
});

describe("options", () => {
  it("of sequences count closed patterns, also under a longest length", () => {
    const cases = supportRuns(300, "options").map((c) => c.activities);
    const free = analyzeRuns(engineOf(cases), { permutations: 19, minSupport: 0.2 });
    const short = analyzeRuns(engineOf(cases), { permutations: 19, minSupport: 0.2, maxLength: 3, maxCandidates: 40 });
    expect(free.minSupport[0]?.runs).toBe(60);
    expect(short.minSupport[0]?.runs).toBe(60);
    expect(short.patterns.filter((p) => p.kind === "sequence").every((p) => p.activities.length <= 3)).toBe(true);
  });

  it.each([
    [{ maxFindings: -1 }, /PATTERN_INVALID.*-1 for maxFindings; expected a whole number of at least 0/],
    [{ maxCandidates: 0 }, /PATTERN_INVALID.*0 for maxCandidates/],
    [{ maxLength: 0 }, /PATTERN_INVALID.*0 for maxLength/],
    [{ maxGap: Number.NaN }, /PATTERN_INVALID.*NaN for maxGap/],
    [{ minRated: Number.NaN }, /PATTERN_INVALID.*NaN for minRated/],
    [{ group: "users" } as object, /PATTERN_INVALID.*"users" for group; expected run, thread, user/],
    [{ minSuport: 0.2 } as object, /CONFIG_UNKNOWN_KEY.*Did you mean "minSupport"/],
  ])("out of range or unknown are refused: %o", async (options, message) => {
    expect(() => analyzeRuns(new PatternEngine(), options)).toThrow(message);
    await expect(new PatternAnalyzer(createMemoryStore(), options).analyzePatterns()).rejects.toThrow(message);
  });

  it("that could never lead to a verdict are refused", () => {
    expect(() => analyzeRuns(new PatternEngine(), { fdr: 0 })).toThrow(/fdr 0 with 999 permutations/);
    expect(() => analyzeRuns(new PatternEngine(), { fdr: 0.01, permutations: 50 })).toThrow(/raise permutations/);
  });
});

describe("many runs of one type", () => {
  it("are grouped in linear time", () => {
    const runs = Array.from({ length: 60_000 }, (_, i) => ({ workflowType: "t", metrics: { m: i % 7 }, reward: 1 }));
    const started = process.cpuUsage();
    metricCorrelations(runs, { rng: createRng(1), permutations: 1 });
    expect(process.cpuUsage(started).user).toBeLessThan(5e6);
  });
});

describe("a reward of one's own", () => {
  it("that is no number counts as unrated, and one outside [0,1] is refused with the run it is for", async () => {
    const store = createMemoryStore();
    await store.append("trace", [aSegment("w1", ["a"]), aSegment("w2", ["a", "b"])]);
    const holed = new PatternAnalyzer(store, { reward: (_, t) => (t.workflowId === "w1" ? Number.NaN : 0.5) });
    expect(await holed.analyzePatterns({ minRated: 1 })).toMatchObject({
      runs: 2,
      ratedRuns: 1,
      rewardBasis: "judged",
    });
    const tenfold = new PatternAnalyzer(store, { reward: () => 7 });
    await expect(tenfold.analyzePatterns()).rejects.toThrow(/CONFIG_INVALID.*reward 7 for the run "w1".*\[0,1\]/);
  });
});

describe("PatternEngine", () => {
  it("forgets a run with its reward, decisions and label, and counts anew once most are gone", () => {
    const cases = supportRuns(1500, "gone");
    const engine = engineOf(cases.map((c) => c.activities));
    engine.decide([{ workflowId: "0" }, { workflowId: "1400" }] as never);
    engine.label([{ workflowId: "0", workflowType: "support", steps: [], responsible: "a" }]);
    engine.remove(Array.from({ length: 1400 }, (_, i) => `${i}`));
    expect(engine.runs.size).toBe(100);
    expect(engine.rewards.size).toBe(100);
    expect(engine.decisions.map((d) => d.workflowId)).toEqual(["1400"]);
    expect(engine.labelled).toEqual([]);
    expect(engine.types.get("support")?.logs.nodes.rows).toBeLessThan(1200);
    const fresh = new PatternEngine();
    fresh.update([...engine.runs.values()]);
    for (const [id, reward] of engine.rewards) fresh.rate(id, reward);
    const options = { permutations: 19 };
    expect(analyzeRuns(engine, options).maps).toEqual(analyzeRuns(fresh, options).maps);
  });

  it("does not count a run again that is as it was", () => {
    const engine = engineOf([["a", "b"]]);
    const before = engine.revision;
    engine.update([pathRun("0", "support", ["a", "b"])]);
    expect(engine.revision).toBe(before);
    expect(engine.types.get("support")?.logs.nodes.rows).toBe(1);
  });
});

describe("PatternAnalyzer on a store in trouble", () => {
  it("takes in everything after a reading that failed half-way, and at the same time from several callers", async () => {
    const store = createMemoryStore();
    for (let i = 0; i < 40; i++) await store.append("trace", [aSegment(`w${i}`, ["a", "b"])]);
    for (let i = 0; i < 40; i++)
      await store.append("feedback", [aFeedback({ feedbackId: `f${i}`, workflowId: `w${i}`, outcome: i % 2 })]);
    let broken = true;
    const flaky: Pick<typeof store, "read"> = {
      read(kind, query) {
        if (kind === "feedback" && broken) throw new Error("the disk is away");
        return store.read(kind, query);
      },
    };
    const analyzer = new PatternAnalyzer(flaky, { permutations: 19 });
    await expect(analyzer.update()).rejects.toThrow("the disk is away");
    broken = false;
    const [first, second] = await Promise.all([analyzer.update(), analyzer.update()]);
    expect([first, second]).toEqual([40, 0]);
    expect(await analyzer.analyzePatterns()).toMatchObject({ runs: 40, ratedRuns: 40 });
    await store.erase({ workflowId: "w3" });
    await analyzer.forget();
    expect(await analyzer.analyzePatterns()).toMatchObject({ runs: 39, ratedRuns: 39 });
  });

  it("asks the store once, not run by run, when many known runs were judged", async () => {
    const store = createMemoryStore();
    await store.append(
      "trace",
      Array.from({ length: 200 }, (_, i) => aSegment(`w${i}`, ["a", "b"])),
    );
    let reads = 0;
    const counted: Pick<typeof store, "read"> = {
      read(kind, query) {
        reads++;
        return store.read(kind, query);
      },
    };
    const analyzer = new PatternAnalyzer(counted, { permutations: 19 });
    await analyzer.update();
    await store.append(
      "feedback",
      Array.from({ length: 200 }, (_, i) => aFeedback({ feedbackId: `f${i}`, workflowId: `w${i}`, outcome: 1 })),
    );
    reads = 0;
    expect(await analyzer.update()).toBe(200);
    expect(reads).toBeLessThan(10);
  });

  it("names the runs that left the map, or a reference of the user's", async () => {
    const store = createMemoryStore();
    for (let i = 0; i < 40; i++) await store.append("trace", [aSegment(`w${i}`, i === 7 ? ["b", "a"] : ["a", "b"])]);
    const analyzer = new PatternAnalyzer(store, { permutations: 19 });
    const found = await analyzer.checkConformance("support");
    expect(found).toMatchObject({ runs: 40, conforming: 39 });
    expect(found?.deviating.map((d) => d.id)).toEqual(["w7"]);
    expect((await analyzer.analyzePatterns()).conformance.support).toEqual(found);
    const strict = await analyzer.checkConformance("support", { edges: [["b", "a"]], starts: ["b"], ends: ["a"] });
    expect(strict?.conforming).toBe(1);
    expect(await analyzer.checkConformance("sales")).toBeUndefined();
  });
});
