import { describe, expect, it } from "vitest";
import { createRng } from "../../src/math/rng.js";
import { simulate } from "./support/simulate.js";

const EXPERIMENTS = 1000;
/** 5 % and 2.6 standard deviations of a binomial. */
const ALLOWED = 0.05 * EXPERIMENTS + 2.6 * Math.sqrt(EXPERIMENTS * 0.05 * 0.95);

describe("false winners with a look after each of 1,000 outcomes", () => {
  it.each([
    ["fixed", [0.5, 0.5]],
    ["thompson", [0.5, 0.5]],
    ["track-and-stop", [0.3, 0.3]],
    ["thompson", [0.7, 0.7, 0.7]],
  ] as const)("stay below alpha under %s allocation of %j", (allocation, means) => {
    let winners = 0;
    for (let i = 0; i < EXPERIMENTS; i++) {
      const rng = createRng(`${allocation}${means}${i}`);
      if (simulate(means, { allocation, maxOutcomes: 1000, minimumEffect: 0.01 }, rng).verdict === "winner") winners++;
    }
    expect(winners).toBeLessThanOrEqual(ALLOWED);
  });
});
