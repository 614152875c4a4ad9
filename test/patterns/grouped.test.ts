import { describe, expect, it } from "vitest";
import { createRng } from "../../src/math/rng.js";
import { testAssociations } from "../../src/patterns/association.js";
import { groupNumbers, groupOfRuns } from "../../src/patterns/grouped.js";
import { metricCorrelations } from "../../src/patterns/metric-correlations.js";
import type { AnalyzedRun } from "../../src/patterns/run-view.js";

/** People with habits and tastes of their own, which have nothing to do with each other, and an effect where asked for. */
function habits(seed: string, effect = 0) {
  const rng = createRng(seed);
  const rewards: number[] = [];
  const groups: number[] = [];
  const members: number[][] = Array.from({ length: 6 }, () => []);
  const steps: number[] = [];
  for (let user = 0; user < 25; user++) {
    const taste = 0.25 + 0.5 * rng.next();
    const habit = members.map(() => (rng.next() < 0.5 ? 0.9 : 0.1));
    for (let i = 0; i < 20; i++) {
      const at = groups.push(user) - 1;
      const has = habit.map((p) => rng.next() < p);
      has.forEach((h, f) => {
        if (h) members[f].push(at);
      });
      rewards.push(Number(rng.next() < taste + (has[0] ? effect : 0)));
      steps.push(habit[1] === 0.9 ? 5 + rng.next() : rng.next());
    }
  }
  return { rewards, groups, members, steps };
}

const verdicts = (seed: string, together: boolean, effect = 0) => {
  const { rewards, groups, members } = habits(seed, effect);
  return testAssociations(
    {
      rewards: Float64Array.from(rewards),
      strata: new Int32Array(rewards.length),
      classOf: Int32Array.from(rewards.keys()),
      classes: rewards.length,
      members,
      ...(together && { groupOf: Int32Array.from(groups) }),
    },
    { permutations: 199, rng: createRng(1) },
  ).map((a) => a.verdict);
};

describe("patterns of people who have several runs each", () => {
  it("are seldom found where there are none, once a person's runs are kept together", () => {
    const wrong = (together: boolean) =>
      Array.from({ length: 40 }, (_, i) => verdicts(`n${i}`, together)).filter((v) => v.some((x) => x !== "none"))
        .length;
    // At 5 % of 40 reports, six would be a one in seventy chance; run by run every third report has a false finding.
    expect(wrong(true)).toBeLessThanOrEqual(5);
    expect(wrong(false)).toBeGreaterThan(9);
  });

  it("are found where there are some", () => {
    const found = Array.from({ length: 10 }, (_, i) => verdicts(`e${i}`, true, 0.25)[0]);
    expect(found.filter((v) => v === "better").length).toBeGreaterThanOrEqual(8);
  });

  it("are those of many, where one person has most of the runs", () => {
    const found = (effect: number) =>
      Array.from({ length: 20 }, (_, w) => {
        const rng = createRng(`one ${w}`);
        const rewards: number[] = [];
        const members: number[] = [];
        const groups = Array.from({ length: 400 }, (_, i) => (i % 4 ? 0 : 1 + rng.int(60)));
        const [always, level] = [rng.next() < 0.5, rng.next() < 0.5 ? 0.1 : 0.8];
        for (const [i, group] of groups.entries()) {
          const has = group === 0 ? always === rng.next() < 0.95 : rng.next() < 0.5;
          if (has) members.push(i);
          rewards.push((group === 0 ? level : 0.3 + 0.2 * rng.next()) + (has ? effect : 0));
        }
        const [{ verdict } = { verdict: "untested" }] = testAssociations(
          {
            rewards: Float64Array.from(rewards),
            strata: new Int32Array(400),
            classOf: Int32Array.from(groups.keys()),
            classes: 400,
            members: [members],
            groupOf: Int32Array.from(groups),
          },
          { permutations: 199, rng: createRng(1) },
        );
        return verdict;
      });
    expect(found(0).filter((v) => v !== "none").length).toBeLessThanOrEqual(3);
    // Where that person's runs make the means say the opposite, nothing is said.
    expect(found(0.2).filter((v) => v === "better").length).toBeGreaterThanOrEqual(5);
    expect(found(0.2)).not.toContain("worse");
  });

  it("do not make metrics correlate with rewards", () => {
    const significant = (together: boolean) =>
      Array.from({ length: 40 }, (_, i) => {
        const { rewards, groups, steps } = habits(`m${i}`);
        const runs = rewards.map((reward, r) => ({
          workflowType: "t",
          metrics: { steps: steps[r] },
          reward,
          ...(together && { group: `${groups[r]}` }),
        }));
        return metricCorrelations(runs, { permutations: 199, rng: createRng(1) })[0]?.significant;
      }).filter(Boolean).length;
    expect(significant(true)).toBeLessThanOrEqual(5);
    expect(significant(false)).toBeGreaterThan(7);
  });

  it("are grouped by users where runs name enough of them, else by threads, else not", () => {
    const run = (id: string, more: Partial<AnalyzedRun>) => ({ id, ...more }) as AnalyzedRun;
    const of = (more: (i: number) => Partial<AnalyzedRun>, option?: Parameters<typeof groupOfRuns>[1]) => {
      const runs = Array.from({ length: 30 }, (_, i) => run(`r${i}`, more(i)));
      const numbers = groupNumbers(runs.map(groupOfRuns(runs, option)));
      return numbers && new Set(numbers).size;
    };
    expect(of((i) => ({ userId: `u${i % 10}`, threadId: `t${i % 15}` }))).toBe(10);
    expect(of((i) => ({ userId: "me", threadId: `t${i % 15}` }))).toBe(15);
    expect(of(() => ({ userId: "me" }))).toBeUndefined();
    expect(of((i) => ({ metadata: { task: i % 3 } }), { metadata: "task" })).toBe(3);
    expect(of((i) => ({ userId: `u${i % 10}` }), "run")).toBeUndefined();
  });
});
