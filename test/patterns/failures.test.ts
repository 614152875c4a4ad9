import { describe, expect, it } from "vitest";
import { createRng } from "../../src/math/rng.js";
import {
  analyzeRuns,
  BlameModel,
  failurePrecursors,
  type LabelledFailure,
  type NodeAttempt,
  PatternEngine,
} from "../../src/patterns/index.js";
import { pathRun } from "./support/worlds.js";

describe("failure precursors", () => {
  const world = (seed: string, extra: number) => {
    const rng = createRng(seed);
    return Array.from({ length: 200 }, () => {
      const cached = rng.next() < 0.5;
      const failed = rng.next() < (cached ? 0.15 + extra : 0.15);
      const attempts: NodeAttempt[] = [
        { node: "plan", before: [], failed: false },
        { node: cached ? "cache" : "fetch", before: ["plan"], failed: false },
        { node: "parse", before: ["plan", cached ? "cache" : "fetch"], failed },
      ];
      return { workflowType: "etl", attempts };
    });
  };

  it("name what comes before a node's failures", () => {
    const [first, second] = failurePrecursors(world("f", 0.4), { rng: createRng(1), permutations: 199 });
    expect([first?.before, second?.before]).toEqual(expect.arrayContaining([["cache"], ["plan", "cache"]]));
    expect(first).toMatchObject({ node: "parse", significant: true });
    expect(first?.failureRate).toBeGreaterThan(0.4);
    expect(first?.otherwise).toBeLessThan(0.3);
    expect(first?.failures).toBe(Math.round(first?.failureRate * first?.executions));
  });

  it("stay silent when failures strike at random", () => {
    let claims = 0;
    for (let w = 0; w < 40; w++)
      if (failurePrecursors(world(`null-${w}`, 0), { rng: createRng(w), permutations: 99 }).some((p) => p.significant))
        claims++;
    expect(claims).toBeLessThanOrEqual(6);
    expect(
      failurePrecursors([{ workflowType: "t", attempts: [{ node: "a", before: [], failed: false }] }], {
        rng: createRng(1),
      }),
    ).toEqual([]);
  });
});

describe("planted failure sequences", () => {
  /** Six random steps; after a and later b runs are judged badly, after c and later d they break off one step on. */
  const planted = (seed: string) => {
    const rng = createRng(seed);
    const engine = new PatternEngine();
    for (let i = 0; i < 500; i++) {
      const path = ["start", ...Array.from({ length: 6 }, () => "abcdef"[rng.int(6)])];
      const second = (x: string, y: string) => (path.includes(x) ? path.indexOf(y, path.indexOf(x) + 1) : -1);
      const bad = rng.next() < (second("a", "b") > 0 ? 0.7 : 0.1);
      const broke = second("c", "d") > 0 && rng.next() < 0.6;
      const done = broke ? path.slice(0, second("c", "d") + 2) : path;
      engine.update([pathRun(`r${i}`, "w", done, { succeeded: !broke })]);
      engine.rate(`r${i}`, broke || bad ? 0 : 1);
    }
    return analyzeRuns(engine, { permutations: 99 }).failurePrecursors;
  };

  it("are found, with other steps between, whether runs break off after them or are judged badly", () => {
    for (const seed of ["s0", "s1"]) {
      const found = planted(seed).filter((p) => p.significant);
      expect(found.slice(0, 2).map((p) => `${p.node} after ${p.before.join(" ")}`)).toEqual(
        expect.arrayContaining(["__end__ after a b", "__end__ after c d"]),
      );
      expect(found[0]).toMatchObject({ kind: "sequence" });
    }
  });

  it("before a node are told once, without the steps that every run takes, and not again of the run", () => {
    const rng = createRng("before");
    const engine = new PatternEngine();
    for (let i = 0; i < 300; i++) {
      const path = ["start", ...(rng.next() < 0.5 ? ["cache"] : []), "plan", "check", "parse"];
      const failed = rng.next() < (path.includes("cache") ? 0.5 : 0.1);
      const attempts = [{ node: "parse", before: ["plan", "check"], failed }];
      engine.update([pathRun(`r${i}`, "w", path, { succeeded: !failed, attempts })]);
    }
    const found = analyzeRuns(engine, { permutations: 99 }).failurePrecursors;
    expect(found.map((p) => [p.node, p.kind, p.before])).toEqual([["parse", "sequence", ["cache"]]]);
    expect(found[0]?.failureRate).toBeGreaterThan(0.4);
  });
});

describe("blame", () => {
  const rng = createRng("blame");
  // In this world the agent that starts is to blame, except that "intern" is whenever present.
  const failures: LabelledFailure[] = Array.from({ length: 80 }, (_, i) => {
    const team = ["ann", "bob", "cyd", "dan"].slice(rng.int(2), 3 + rng.int(2));
    if (i % 4 === 0) team.push("intern");
    const steps = [...team, ...team.slice().reverse(), team[0]];
    const responsible = team.includes("intern") ? "intern" : steps[0];
    return { workflowType: i % 2 ? "a" : "b", steps, responsible, responsibleStep: steps.indexOf(responsible) };
  });

  it("is learned from failures whose culprit is known", () => {
    const model = new BlameModel(failures.slice(0, 60));
    const hits = failures.slice(60).filter((f) => model.attribute(f)[0]?.agent === f.responsible);
    expect(hits.length).toBeGreaterThanOrEqual(18);
    const [first] = model.attribute({ workflowType: "a", steps: ["bob", "cyd", "bob"] });
    expect(first).toMatchObject({ agent: "bob", step: 0, basedOn: 30 });
    const all = model.attribute({ workflowType: "new type", steps: ["bob", "cyd", "bob"] });
    expect(all.reduce((s, b) => s + b.probability, 0)).toBeCloseTo(1);
    expect(all[0]?.basedOn).toBe(60);
  });

  it("goes by a simple rule unless more is surely better", () => {
    const random = createRng("rules");
    // The last speaker is to blame in two of three failures; everything else is noise.
    const noisy: LabelledFailure[] = Array.from({ length: 60 }, (_, i) => {
      const steps = Array.from({ length: 8 }, () => "pqrst"[random.int(5)]);
      const responsible = i % 3 === 0 ? steps[random.int(8)] : (steps.at(-1) as string);
      return { workflowType: "a", steps, responsible };
    });
    const [named] = new BlameModel(noisy).attribute({ workflowType: "a", steps: ["p", "q", "p", "r"] });
    expect(named).toMatchObject({ agent: "r", by: "last speaker" });
    expect(named?.probability).toBeGreaterThan(0.5);
    expect(new BlameModel(failures).attribute(failures[0])[0]?.by).toBe("all attributes");
  });

  it("is not guessed from nothing", () => {
    expect(new BlameModel([]).attribute({ workflowType: "a", steps: ["x", "y"] })).toEqual([]);
    expect(new BlameModel(failures.slice(0, 10)).attribute({ workflowType: "a", steps: ["x", "y"] })).toEqual([]);
    expect(new BlameModel(failures).attribute({ workflowType: "a", steps: [] })).toEqual([]);
  });
});
