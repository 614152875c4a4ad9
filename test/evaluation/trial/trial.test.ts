import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decideTrial,
  grownShare,
  logWealthAgainst,
  logWealthOf,
  type OpenRow,
  openCapital,
  openTrial,
  passOn,
  planTrial,
  ratingWindowMs,
  settle,
  type TrialState,
  takeStake,
} from "../../../src/evaluation/index.js";
import { addCluster } from "../../../src/evaluation/trial/wealth.js";
import { createRng } from "../../../src/math/rng.js";

const START = Date.UTC(2026, 0, 1);
const iso = (second: number) => new Date(START + 1000 * second).toISOString();
const trial = (more: Partial<Parameters<typeof openTrial>[0]> = {}): TrialState =>
  openTrial({ version: "v1", startedAt: iso(0), stake: 0.5, unit: "decision", windowMs: 60_000, ...more });

/** A decision between the fallback (0) and the challenger's choice (1), followed with this share. */
function row(i: number, more: Partial<OpenRow> = {}): OpenRow {
  const share = more.share ?? 0.25;
  return {
    id: `d${String(i).padStart(6, "0")}`,
    at: iso(i),
    share,
    chosen: 0,
    reward: 1,
    logging: [1 - share, share],
    target: [0, 1],
    baseline: [1, 0],
    model: [0.5, 0.5],
    ...more,
  };
}

describe("a cluster", () => {
  it("is settled when its window and that of the ratings are over, by what fell into them", () => {
    const user = { cluster: "u" };
    const rows = [
      row(0, { ...user, chosen: 1 }),
      row(50, { ...user, chosen: 1, reward: 0 }),
      row(500, { ...user, chosen: 1 }),
    ];
    const held = { windowMs: 60_000, clusterWindowMs: 100_000 };
    // Rated, yet others of the same user may still come.
    expect(settle(trial(held), rows.slice(0, 1), iso(159))).toMatchObject({ clusters: 0, decisions: 0 });
    const settled = settle(trial(held), rows, iso(160));
    expect(settled).toMatchObject({ clusters: 1, decisions: 1 });
    // What the user did after the window is of no account.
    expect(settled.sum).toBe(settle(trial(held), rows.slice(0, 2), iso(160)).sum);
    expect(settled.sum).not.toBe(settle(trial(held), rows.slice(0, 1), iso(160)).sum);
    expect(settle(trial({ windowMs: 60_000 }), rows.slice(0, 1), iso(1))).toMatchObject({ clusters: 1, decisions: 1 });
  });
});

describe("the wealth of a trial", () => {
  it("grows by what one decision says, the same as by hand", () => {
    // x = d1 q + d0 q + d1 (r - q) / p = 0.5 - 0.5 + (1 - 0.5) / 0.25 = 2, at the small bet that learning starts with.
    const state = trial();
    const first = (state.learned.squares / state.learned.scale) * (1 / 0.25 + 1 / 0.75);
    addCluster(state, [{ ...row(0, { chosen: 1 }), reward: 1 }]);
    const bets = [0.025, 0.06, 0.13, 0.3].map((effect) => Math.min(0.8 / (1 / 0.25), effect / first));
    const mixed = [0.2, 0.45, 0.25, 0.1].reduce((s, w, e) => s + w * (1 + bets[e] * 2), 0);
    expect(logWealthOf(state)).toBeCloseTo(Math.log(mixed), 10);
    expect(state).toMatchObject({ clusters: 1, sum: expect.closeTo(2, 9) });
  });

  it("says nothing where the policies agree, and a decision counts by its weight", () => {
    const agreeing = trial();
    addCluster(agreeing, [{ ...row(0, { target: [1, 0] }), reward: 0 }]);
    expect(logWealthOf(agreeing)).toBeCloseTo(0, 12);
    const once = trial({ mostWeight: 4 });
    const fourfold = trial({ mostWeight: 4 });
    addCluster(once, [{ ...row(0, { chosen: 1 }), reward: 1 }]);
    addCluster(fourfold, [{ ...row(0, { chosen: 1, weight: 4 }), reward: 1 }]);
    expect(Math.expm1(logWealthOf(fourfold))).toBeCloseTo(4 * Math.expm1(logWealthOf(once)), 9);
  });

  it("stays positive and has a mean of at most one, whatever is drawn and pays, where nothing is gained", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.02, max: 0.98, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 4 }),
        (share, q0, mean, mostWeight) => {
          // All outcomes of one decision (drawn candidate x reward 0 or 1), weighed by their chance.
          let expected = 0;
          let backwards = 0;
          for (const chosen of [0, 1])
            for (const reward of [0, 1]) {
              const state = trial({ mostWeight });
              const chance = (chosen === 1 ? share : 1 - share) * (reward === 1 ? mean : 1 - mean);
              addCluster(state, [{ ...row(0, { chosen, share, model: [q0, 1 - q0] }), reward }]);
              expect(Number.isFinite(logWealthOf(state))).toBe(true);
              expected += chance * Math.exp(logWealthOf(state));
              backwards += chance * Math.exp(logWealthAgainst(state));
            }
          expect(expected).toBeLessThanOrEqual(1 + 1e-9);
          expect(backwards).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("settling", () => {
  it("waits, in the order of the decisions, for the first rating that is neither in nor too late", () => {
    const rows = [row(0), row(1, { reward: undefined }), row(2)];
    const early = settle(trial(), rows, iso(30));
    expect(early).toMatchObject({ decisions: 1, clusters: 1, settled: { at: iso(0) } });
    // A minute after the second decision its rating is out of time: it is no evidence.
    const later = settle(early, rows, iso(61));
    expect(later).toMatchObject({ decisions: 3, clusters: 2 });
    expect(later.blocks.map(({ clusters, rated }) => [clusters, rated])).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });

  it("never bets again on what is settled: not on revised, late or newly found rows", () => {
    const state = settle(trial(), [row(0), row(2)], iso(200));
    const revised = [row(0, { reward: 0 }), row(1, { chosen: 1 }), row(2, { reward: 0 })];
    expect(settle(state, revised, iso(300))).toEqual(state);
    const late = settle(trial(), [row(0, { ratedAt: iso(100) })], iso(200));
    expect(late).toMatchObject({ decisions: 1, clusters: 0 });
  });

  it("gives the same wealth however the looks fall", () => {
    const rng = createRng("looks");
    const rows = Array.from({ length: 300 }, (_, i) => {
      const chosen = rng.next() < 0.25 ? 1 : 0;
      return row(i, { chosen, reward: rng.next() < 0.5 + 0.2 * chosen ? 1 : 0 });
    });
    const whole = settle(trial(), rows, iso(1000));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 8 }), (times) => {
        let state = trial();
        for (const time of [...times.sort((a, b) => a - b), 1000])
          state = settle(
            state,
            rows.filter((r) => r.at <= iso(time)),
            iso(time),
          );
        expect({ ...state, blocks: [] }).toEqual({ ...whole, blocks: [] });
      }),
      { numRuns: 30 },
    );
  });

  it("bets on a cluster once", () => {
    const rows = [0, 1, 2, 3].map((i) => row(i, { run: i < 3 ? "one" : "two" }));
    const first = settle(trial(), rows.slice(0, 2), iso(100));
    expect(first.clusters).toBe(1);
    expect(settle(first, rows, iso(200))).toMatchObject({ clusters: 2, decisions: 4 });
    const people = rows.map((r, i) => ({ ...r, cluster: i % 2 ? "ann" : "bob" }));
    expect(settle(trial(), people, iso(200)).clusters).toBe(2);
  });

  it("bets on a person once, also when the decisions of before are held no more", () => {
    const held = { windowMs: 60_000, clusterWindowMs: 100_000 };
    const ann = (i: number) => row(i, { cluster: "ann", chosen: 1 });
    const state = settle(trial(held), [ann(0)], iso(300));
    const all = settle(state, [ann(0), ann(500), row(501)], iso(1000));
    const left = settle(state, [ann(500), row(501)], iso(1000));
    expect([state.clusters, all.clusters]).toEqual([1, 2]);
    expect({ ...left, blocks: [] }).toEqual({ ...all, blocks: [] });
    expect(logWealthOf(left)).toBe(logWealthOf(all));
  });

  it("goes on beside a decision from a clock that runs ahead", () => {
    const ahead = row(1e6, { chosen: 1 });
    const first = settle(trial(), [row(0), ahead], iso(10));
    expect(first).toMatchObject({ decisions: 1, settled: { at: iso(0) } });
    expect(settle(first, [row(0), row(20), ahead], iso(30))).toMatchObject({ decisions: 2 });
    expect(settle(first, [row(0), row(20), ahead], iso(1e6))).toMatchObject({ decisions: 3 });
  });

  it("takes its window from the delays that were seen", () => {
    expect(ratingWindowMs([])).toBe(86_400_000);
    expect(ratingWindowMs([5, 6, 7])).toBe(1000);
    expect(ratingWindowMs(Array.from({ length: 100 }, (_, i) => 1000 * i))).toBe(190_000);
    expect(ratingWindowMs([1e12])).toBe(7 * 86_400_000);
  });
});

describe("decisions about a trial", () => {
  const filled = (gain: number, n: number, share = 0.25) => {
    const rng = createRng(`filled/${gain}`);
    const rows = Array.from({ length: n }, (_, i) => {
      const chosen = rng.next() < share ? 1 : 0;
      return row(i, { chosen, share, reward: rng.next() < 0.5 + gain * chosen ? 1 : 0, taken: chosen });
    });
    return settle(trial({ budget: 400 }), rows, iso(1e6));
  };

  it("promotes what is better, stops what is worse and what costs too much", () => {
    const better = decideTrial(filled(0.3, 400), 0.05);
    expect(better).toMatchObject({ action: "promote", needed: 20 });
    expect(better.evidence).toBeGreaterThanOrEqual(20);
    expect(better.lowerBound).toBeGreaterThan(0);
    expect(decideTrial(filled(-0.3, 400), 0.05).action).toBe("stop");
    expect(decideTrial(filled(0, 300), 0.05).action).toBe("go-on");
    expect(decideTrial(filled(0, 2000), 0.05)).toMatchObject({
      action: "stop",
      reason: expect.stringContaining("were spent on it without proof"),
    });
  });

  it("lets the share grow with the evidence, never below the budget's", () => {
    expect(grownShare(trial(), 0.1, undefined)).toBe(0.1);
    expect(grownShare(trial(), 0.1, 0.5)).toBe(0.1);
    expect(grownShare(filled(-0.3, 400), 0.1, 0.5)).toBe(0.1);
    expect(grownShare(filled(0.3, 400), 0.1, 0.5)).toBeCloseTo(0.5, 10);
  });
});

describe("the capital of a decision point", () => {
  const effects = (logWealth: number) => [[logWealth, logWealth, logWealth, logWealth]];

  it("is never more than one, whatever becomes of its versions", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -5, max: 6, noNaN: true }), { maxLength: 30 }), (fates) => {
        let capital = openCapital(0.05);
        let worth = 1;
        for (const logWealth of fates) {
          const { stake, capital: after } = takeStake(capital);
          expect(stake).toBeGreaterThan(0);
          expect(stake).toBeLessThanOrEqual(worth + 1e-12);
          capital = passOn(after, { stake, wealth: effects(logWealth) });
          // What was lost is gone; what was won stays out. A proof makes it whole again.
          if (stake * Math.exp(logWealth) >= 1 / 0.05) worth = 1;
          else worth -= stake * (1 - Math.min(1, Math.exp(logWealth)));
        }
      }),
    );
    expect(takeStake(openCapital()).stake).toBe(0.7);
    const left = passOn(takeStake(openCapital()).capital, { stake: 0.7, wealth: effects(1) });
    expect(takeStake(left).stake).toBeCloseTo(0.91, 12);
  });

  it("is whole again after a proof, and what was lost before does not come back without one", () => {
    const lost = passOn(takeStake(openCapital(0.05)).capital, { stake: 0.7, wealth: effects(-9) });
    const { stake, capital } = takeStake(lost);
    expect(stake).toBeCloseTo(0.21, 3);
    const needed = Math.log(1 / (0.05 * stake));
    expect(takeStake(passOn(capital, { stake, wealth: effects(needed - 0.01) })).stake).toBeCloseTo(0.063 + stake, 3);
    const again = passOn(capital, { stake, wealth: effects(needed + 0.01) });
    expect(again).toEqual({ schemaVersion: 1, riskLevel: 0.05, tried: 2, before: 2, left: 0 });
    expect(takeStake(again).stake).toBe(0.7);
    expect(takeStake(takeStake(again).capital).stake).toBeCloseTo(0.21, 12);
  });

  it("lets no more than the risk of what is promoted, one more counted, be no better", () => {
    const riskLevel = 0.2;
    const lives = 2000;
    let [wrong, promoted, nullLives] = [0, 0, 0];
    for (let life = 0; life < lives; life++) {
      const rng = createRng(`capital/${life}`);
      // In every second life nothing is ever better.
      const isNull = life % 2 === 0;
      let capital = openCapital(riskLevel);
      let isWrong = false;
      for (let version = 0; version < 12; version++) {
        const { stake, capital: after } = takeStake(capital);
        const isBetter = !isNull && version % 3 === 2;
        let wealth = 1;
        for (let bet = 0; bet < 60 && wealth * stake < 1 / riskLevel; bet++)
          wealth *= rng.next() < (isBetter ? 0.75 : 0.5) ? 1.5 : 0.5;
        capital = passOn(after, { stake, wealth: effects(Math.log(wealth)) });
        if (wealth * stake < 1 / riskLevel) continue;
        promoted++;
        if (!isBetter) [wrong, isWrong] = [wrong + 1, true];
      }
      if (isNull && isWrong) nullLives++;
    }
    const standardError = Math.sqrt((riskLevel * (1 - riskLevel)) / (lives / 2));
    expect(nullLives / (lives / 2)).toBeLessThanOrEqual(riskLevel + 2 * standardError);
    expect(nullLives).toBeGreaterThan(20);
    expect(promoted).toBeGreaterThan(1000);
    expect(wrong / (promoted + lives)).toBeLessThanOrEqual(riskLevel);
  });
});

describe("plans", () => {
  it("foresee what the simulated worlds take", () => {
    const plan = planTrial({ exploration: 0.1, traffic: 1000, effect: 0.05 });
    expect(plan.share).toBeCloseTo(0.08 / 0.7, 10);
    // The bench's median over 200 lives of this world is near 4,700, 300 runs of learning apart.
    expect(plan.decisions.median).toBeGreaterThan(3500);
    expect(plan.decisions.median).toBeLessThan(6000);
    expect(plan.days.likely).toBeCloseTo(plan.decisions.likely / 1000, 10);
    expect(plan.taken).toBeCloseTo(0.08 * plan.decisions.likely, -1);
    expect(() => planTrial({ exploration: 0, traffic: 1, effect: 0.1 })).toThrow(/nothing about other ways/);
    expect(() => planTrial({ exploration: 0.1, traffic: 1, effect: 0 })).toThrow(/effect/);
  });

  it.each([
    ["traffic", { traffic: Number.POSITIVE_INFINITY }],
    ["variance", { variance: 0 }],
    ["variance", { variance: Number.NaN }],
    ["variance", { variance: 0.5 }],
    ["riskLevel", { riskLevel: 5 }],
    ["stake", { stake: 0 }],
    ["effect", { contested: 0.01 }],
  ])("refuse values of %s that cannot be: %o", (name, change) => {
    const plan = () => planTrial({ exploration: 0.1, traffic: 500, effect: 0.05, ...change });
    expect(plan).toThrow(new RegExp(`EVALUATION_INVALID.*received ${name} `));
  });

  it("refuse a risk that would let anything count as proven", () => {
    for (const call of [() => decideTrial(trial(), 5), () => openCapital(5)])
      expect(call).toThrow(/EVALUATION_INVALID.*received riskLevel 5; expected a number between 0 and 1/);
  });
});
