import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Decision } from "../../src/core/index.js";
import { sequelWeights } from "../../src/dataset/sequel-weights.js";
import { aDecision } from "../support/facts.js";

const trial = (arm: "serving" | "challenger", share: number, challenger = "y"): Decision["trial"] => ({
  ...{ version: "v1", share, uniform: 0, arm, serving: "x", challenger },
});
const at = (decisionPoint: string, change: Partial<Decision> = {}) => aDecision({ decisionPoint, ...change });

describe("what a run stands for beside what serves later", () => {
  it("is one run, where nothing is on trial later or both agree", () => {
    expect(sequelWeights([at("a"), at("b")])).toEqual([1, 1]);
    expect(sequelWeights([at("a", { trial: trial("challenger", 0.5) }), at("b")])).toEqual([1, 1]);
    expect(sequelWeights([at("a"), at("b", { trial: trial("challenger", 0.5, "x") })])).toEqual([1, 1]);
  });

  it("is none where a version on trial had its turn, and more where it had not", () => {
    expect(sequelWeights([at("a"), at("b", { trial: trial("challenger", 0.2) })])).toEqual([0, 1]);
    expect(sequelWeights([at("a"), at("b", { trial: trial("serving", 0.2) })])).toEqual([1.25, 1]);
    const twice = [at("a"), at("b", { trial: trial("serving", 0.2) }), at("c", { trial: trial("serving", 0.5) })];
    expect(sequelWeights(twice)).toEqual([2.5, 2, 1]);
  });

  it("counts the turn of a whole run once, and a point's own turns not at all", () => {
    const turn = { trial: trial("serving", 0.5) };
    expect(sequelWeights([at("a"), at("b", turn), at("a"), at("b", turn)])).toEqual([2, 1, 2, 1]);
  });

  it("is one run on average, whatever the shares", () => {
    const share = fc.double({ min: 0, max: 0.9, noNaN: true });
    fc.assert(
      fc.property(fc.array(share, { minLength: 1, maxLength: 4 }), (shares) => {
        let mean = 0;
        for (let turns = 0; turns < 2 ** shares.length; turns++) {
          const arm = (i: number) => (turns & (1 << i) ? "challenger" : "serving");
          const later = shares.map((s, i) => at(`p${i}`, { trial: trial(arm(i), s) }));
          const chance = shares.reduce((p, s, i) => p * (arm(i) === "challenger" ? s : 1 - s), 1);
          mean += chance * (sequelWeights([at("a"), ...later])[0] ?? 0);
        }
        expect(mean).toBeCloseTo(1, 9);
      }),
    );
  });
});
