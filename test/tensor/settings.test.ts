import { describe, expect, it } from "vitest";
import { createRng } from "../../src/math/rng.js";
import { adamState, adamStep } from "../../src/tensor/adam.js";
import { createNetwork } from "../../src/tensor/init.js";

describe("settings of networks and their steps", () => {
  it("maxNorm: a longer gradient moves as one of that length does", () => {
    const stepped = (gradient: number[], maxNorm?: number) => {
      const state = adamState(2);
      const norm = adamStep(new Float64Array(2), Float64Array.from(gradient), state, { learningRate: 0.1, maxNorm });
      return { norm, mean: [...state.mean] };
    };
    expect(stepped([30, 40])).toEqual({ norm: 50, mean: [expect.closeTo(3, 12), expect.closeTo(4, 12)] });
    expect(stepped([30, 40], 5)).toEqual({ norm: 50, mean: [expect.closeTo(0.3, 12), expect.closeTo(0.4, 12)] });
    expect(stepped([0.3, 0.4], 5).mean).toEqual([expect.closeTo(0.03, 12), expect.closeTo(0.04, 12)]);
  });

  it("weightDecay: without a gradient, weights shrink by its share of the step", () => {
    const weights = Float64Array.of(2, -1);
    adamStep(weights, new Float64Array(2), adamState(2), { learningRate: 0.1, weightDecay: 0.5 });
    expect([...weights]).toEqual([expect.closeTo(1.9, 12), expect.closeTo(-0.95, 12)]);
  });

  it("outputScale: the last layer starts so many times smaller, the others as before", () => {
    const of = (outputScale?: number) =>
      createNetwork({ inputs: 3, outputs: 2, hidden: [4], outputScale }, createRng(1)).layers.map((l) => [
        ...l.weights,
      ]);
    const [[hidden, last = []], [sameHidden, small = []]] = [of(), of(0.01)];
    expect(sameHidden).toEqual(hidden);
    expect(small.map((w) => w * 100)).toEqual(last.map((w) => expect.closeTo(w, 10)));
  });
});
