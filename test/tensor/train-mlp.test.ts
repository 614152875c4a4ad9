import { describe, expect, it } from "vitest";
import { forward, loadNetwork, saveNetwork } from "../../src/math/network.js";
import { createRng } from "../../src/math/rng.js";
import { type TrainMlpOptions, trainMlp } from "../../src/tensor/index.js";

const rng = createRng(11);
const x = Array.from({ length: 400 }, () => [rng.normal() * 100 + 500, rng.normal() / 100, 3]);
const u = (row: ArrayLike<number>) => (row[0] - 500) / 100;
const v = (row: ArrayLike<number>) => row[1] * 100;

describe("trainMlp", () => {
  it("fits a curved function of badly scaled inputs, in their own units", async () => {
    const truth = (row: ArrayLike<number>) => 2000 + 300 * u(row) * v(row) + 100 * u(row);
    const { network, engine } = await trainMlp({ x, y: x.map(truth), task: "regression", hidden: [24], epochs: 200 });
    expect(engine).toBe("plain");
    const errors = x.map((row) => (forward(network, row)[0] - truth(row)) ** 2);
    const variance = x.map((row) => (truth(row) - 2000) ** 2).reduce((a, b) => a + b);
    expect(errors.reduce((a, b) => a + b) / variance).toBeLessThan(0.05);
  });

  it("learns exclusive-or as a probability and as a class, and saves to plain JSON", async () => {
    const y = x.map((row) => (u(row) * v(row) > 0 ? 1 : 0));
    for (const task of ["binary", "classes"] as const) {
      const { network } = await trainMlp({ x, y, task, hidden: [24] });
      const restored = loadNetwork(JSON.parse(JSON.stringify(saveNetwork(network))));
      const right = x.filter((row, r) => {
        const out = forward(restored, row);
        expect(out).toEqual(forward(network, row));
        return (task === "binary" ? Number(out[0]) > 0 : Number(out[1]) > Number(out[0])) === (y[r] === 1);
      });
      expect(right.length / x.length).toBeGreaterThan(0.93);
    }
  });

  it.each(["plain", "tensorflow"] as const)("gives the same network from the same seed (%s)", async (engine) => {
    const train = (seed: number) =>
      trainMlp({ x, y: x.map(u), task: "regression", hidden: [4], epochs: 3, seed, engine });
    expect((await train(1)).network.parameters).toEqual((await train(1)).network.parameters);
    expect((await train(1)).network.parameters).not.toEqual((await train(2)).network.parameters);
  });

  it("stops when held-out rows get no better, and when asked to", async () => {
    const noise = x.map(() => rng.normal());
    const early = await trainMlp({ x, y: noise, task: "regression", epochs: 400, patience: 3 });
    expect(early.losses.length).toBeLessThan(100);
    let epochs = 0;
    const stopped = await trainMlp({
      x,
      y: noise,
      task: "regression",
      validationShare: 0,
      onEpoch: () => epochs++,
      cancelled: () => epochs >= 2,
    });
    expect([stopped.losses.length, stopped.validationLosses.length]).toEqual([2, 0]);
  });

  it("ignores rows of weight zero", async () => {
    const y = x.map((_, r) => (r % 2 ? 5 : -5));
    const { network } = await trainMlp({ x, y, task: "regression", weights: x.map((_, r) => r % 2), epochs: 60 });
    expect(forward(network, x[0])[0]).toBeCloseTo(5, 0);
  });

  it.each<[Partial<TrainMlpOptions>, RegExp]>([
    [{ x: [] }, /0 rows of 0 inputs/],
    [{ y: [1] }, /1 targets for 400 rows/],
    [{ x: [...x.slice(1), [1, 2]] }, /row 399 with 2 inputs/],
    [{ x: [...x.slice(1), [1, 2, Number.NaN]] }, /NaN at row 399, input 2/],
    [{ task: "binary", y: x.map(() => 2) }, /the target 2 in row 0; expected a value in \[0,1\]/],
    [{ task: "classes", y: x.map(() => 0.5) }, /class 0.5; expected an index/],
    [{ weights: x.map(() => -1) }, /the weight -1 in row 0/],
    [{ weights: [1] }, /1 weights for 400 rows/],
  ])("refuses data that does not fit (%#)", async (wrong, message) => {
    await expect(trainMlp({ x, y: x.map(u), task: "regression", ...wrong })).rejects.toThrow(message);
  });
});
