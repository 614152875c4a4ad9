import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clusterContribution, contestedRuns, exchanged, growth, stakeAt } from "../../src/evaluation/evidence.js";
import {
  decidePromotion,
  estimateGain,
  type JudgedDecision,
  monitorChampion,
  openMonitor,
  runRows,
} from "../../src/evaluation/index.js";
import { certain, seeded, shadow } from "./worlds.js";

/** What two steps earn, by how often the run went the other way: each alone helps, both together ruin it. */
const EARNED = [0.5, 0.8, 0.05];
const logging = shadow(0, 2, 0.15);
const step = (chosen: number, reward: number, run: string): JudgedDecision => ({
  chosen,
  reward,
  run,
  logging,
  target: [0, 1],
  baseline: [1, 0],
  model: [0.5, 0.6],
});
const twoSteps = (first: number, second: number, run = "r") => {
  const reward = EARNED[first + second];
  return [step(first, reward, run), step(second, reward, run)];
};

function interacting(runs: number, seed: string): JudgedDecision[] {
  const rng = seeded(seed);
  return Array.from({ length: runs }, (_, i) => {
    const [first, second] = [0, 0].map(() => (rng.next() < logging[1] ? 1 : 0)) as [number, number];
    const reward = Number(rng.next() < EARNED[first + second]);
    return [step(first, reward, `r${i}`), step(second, reward, `r${i}`)];
  }).flat();
}

describe("several decisions of one run", () => {
  it("are judged by what the run earned under all of them: the mean contribution is the joint gain", () => {
    for (const turn of [false, true]) {
      let mean = 0;
      for (const first of [0, 1])
        for (const second of [0, 1]) {
          const log = contestedRuns(twoSteps(first, second));
          const x = clusterContribution((turn ? exchanged(log) : log).contested[0] as never, 0.01, 0);
          mean += logging[first] * logging[second] * x;
        }
      expect(mean).toBeCloseTo(turn ? 0.45 : -0.45, 12);
    }
  });

  it("weigh no more than the inverse of a share that was drawn once for the run", () => {
    const weigh = (own: 0 | 1) => {
      const rows = Array.from({ length: 12 }, () => ({ ...step(own, 1, "r"), logging: [0.8, 0.2], byRun: 0.2 }));
      return clusterContribution(contestedRuns(rows).contested[0] as never, 0.01, 0);
    };
    expect([weigh(1), weigh(0)]).toEqual([1 / 0.2, -1 / 0.8]);
  });

  it("are never promoted where each alone would be worth it and both together ruin the run", () => {
    for (let s = 0; s < 5; s++) {
      const rows = interacting(2400, `i${s}`);
      expect(decidePromotion({ rows, challenger: "both", power: 0.01 }).action).not.toBe("promote");
      const alone = rows.map((row, i) => ({ ...row, run: `d${i}` }));
      expect(decidePromotion({ rows: alone, challenger: "both", power: 0.01 }).action).toBe("promote");
    }
  });

  it("give the estimators one row a run, whose mean is the joint gain too", () => {
    const estimate = estimateGain(runRows(interacting(40_000, "e")));
    expect(estimate.runs).toBe(40_000);
    expect(Math.abs(estimate.value + 0.45)).toBeLessThan(4 * estimate.standardError);
    expect(estimate.standardError).toBeLessThan(0.1);
  });

  it("roll back a champion that ruins the runs it serves, by runs that were left to the fallback, and only then", () => {
    const served = (seed: string, earned: readonly number[]) => {
      const rng = seeded(seed);
      const acting = [0.05, 0.95];
      return Array.from({ length: 600 }, (_, i) => {
        const own = rng.next() < 0.95 ? 1 : 0;
        const [first, second] = [own, own];
        const reward = Number(rng.next() < earned[first + second]);
        return [first, second].map((chosen) => ({
          ...step(chosen, reward, `r${i}`),
          logging: acting,
          byRun: 0.95,
        }));
      }).flat();
    };
    expect(monitorChampion(openMonitor(), served("m", [0.9, 0.9, 0.2])).verdict).toBe("roll-back");
    expect(monitorChampion(openMonitor(), served("m", [0.5, 0.5, 0.5])).verdict).toBe("watching");
  });
});

describe("runs that were asked for their rating with different probabilities", () => {
  /** The other way fails in six of ten runs, and of failed runs one in twenty is asked. */
  const outcomes = [
    { chosen: 0, chance: 0.85, reward: 0.7, asked: 1 },
    { chosen: 1, chance: 0.15 * 0.4, reward: 0.96, asked: 1 },
    { chosen: 1, chance: 0.15 * 0.6, reward: 0.04, asked: 0.05 },
  ];
  const rowOf = ({ chosen, reward, asked }: (typeof outcomes)[number], weight: number | undefined = 1 / asked) => ({
    chosen,
    reward,
    weight,
    logging: [0.85, 0.15],
    target: [0, 1],
    baseline: [1, 0],
    model: [0.7, 0.7],
  });

  it("bet on the gain had all been asked: the mean growth is that of the true gain", () => {
    const [bet, threshold, most] = [0.2, 0.01, 20];
    let mean = 0;
    for (const outcome of outcomes) {
      const cluster = contestedRuns([rowOf(outcome)]).contested[0] as never;
      const grown = growth(cluster, stakeAt(bet, threshold), threshold, most);
      mean += outcome.chance * (outcome.asked * grown + (1 - outcome.asked));
    }
    const gain = 0.4 * 0.96 + 0.6 * 0.04 - 0.7;
    expect(mean).toBeCloseTo(1 + (bet / most) * (gain - threshold), 12);
  });

  it("do not promote a way that fails most runs; counted as they came they would", () => {
    const rng = seeded("asked");
    const log = Array.from({ length: 4000 }, () => {
      const chosen = rng.next() < 0.15 ? 1 : 0;
      const outcome = outcomes[chosen === 0 ? 0 : rng.next() < 0.4 ? 1 : 2];
      return rng.next() < outcome.asked ? [rowOf(outcome)] : [];
    }).flat();
    const verdict = decidePromotion({ rows: log, challenger: "flaky" });
    expect(verdict.action).not.toBe("promote");
    expect(verdict.gain?.value).toBeLessThan(-0.15);
    const plain = log.map(({ weight: _, ...row }) => row);
    expect(decidePromotion({ rows: plain, challenger: "flaky" }).action).toBe("promote");
    const watched = monitorChampion(openMonitor(), log);
    expect(watched.verdict).not.toBe("healthy");
    expect(watched.gain).toBeLessThan(-0.15);
    expect(monitorChampion(openMonitor(), plain).verdict).toBe("healthy");
  });

  it("change no bet where all were asked alike", () => {
    const rows = Array.from({ length: 300 }, (_, i) =>
      rowOf({ chosen: i % 5 === 0 ? 1 : 0, reward: (i % 7) / 7, chance: 1, asked: 1 }),
    );
    const even = rows.map((row) => ({ ...row, weight: 3 }));
    const of = (log: JudgedDecision[]) => decidePromotion({ rows: log, challenger: "a", power: 0.01 });
    expect(of(even).lowerBound).toBeCloseTo(of(rows).lowerBound as number, 9);
    expect(of(even).gain?.interval.lower).toBeCloseTo(of(rows).gain?.interval.lower as number, 9);
  });

  it("never bring wealth below zero, whatever is drawn, paid and weighed", () => {
    const distribution = (w: number[]) => w.map((v) => v / w.reduce((a, b) => a + b, 0));
    const some = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
    const decision = fc.record({
      chosen: fc.nat(2),
      reward: fc.double({ min: 0, max: 1, noNaN: true }),
      logging: some.map(distribution),
      target: fc.oneof(
        some.map(distribution),
        fc.nat(2).map((i) => certain(i, 3)),
      ),
      baseline: fc.nat(2).map((i) => certain(i, 3)),
      model: some,
    });
    const run = fc.record({
      rows: fc.array(decision, { minLength: 1, maxLength: 5 }),
      weight: fc.double({ min: 0, max: 20, noNaN: true }),
    });
    fc.assert(
      fc.property(
        run,
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        fc.double({ min: -0.5, max: 0.5, noNaN: true }),
        ({ rows, weight }, stake, threshold) => {
          const log = contestedRuns(rows.map((r) => ({ ...r, weight, run: "r" })));
          for (const side of [log, exchanged(log)])
            for (const cluster of side.contested)
              expect(growth(cluster, stakeAt(stake, threshold, log.mostLost), threshold, 20)).toBeGreaterThan(0);
        },
      ),
    );
  });
});
