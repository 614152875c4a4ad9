import { describe, expect, it } from "vitest";
import { createRng } from "../../src/math/rng.js";
import { BlameModel, failurePrecursors, type LabelledFailure, type NodeAttempt } from "../../src/patterns/index.js";

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

  it("is not guessed from nothing", () => {
    expect(new BlameModel([]).attribute({ workflowType: "a", steps: ["x", "y"] })).toEqual([]);
    expect(new BlameModel(failures.slice(0, 10)).attribute({ workflowType: "a", steps: ["x", "y"] })).toEqual([]);
    expect(new BlameModel(failures).attribute({ workflowType: "a", steps: [] })).toEqual([]);
  });
});
