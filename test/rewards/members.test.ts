import { describe, expect, it, vi } from "vitest";
import { pack } from "../../src/math/packing.js";
import { createRng } from "../../src/math/rng.js";
import { defaultMembers, type RewardMember } from "../../src/rewards/index.js";
import { restorableMembers } from "../../src/rewards/members/index.js";
import { rmse } from "./world.js";

/** Rows whose target every member but the mean can learn. */
function data(n: number, seed: number) {
  const rng = createRng(seed);
  const x = Array.from({ length: n }, () => Float64Array.from({ length: 4 }, () => rng.next()));
  const y = Float64Array.from(x, (r) => 2 * r[0] + r[1] + 0.05 * rng.normal());
  return { x, y, seed: 1 };
}

describe.each(defaultMembers().map((m): [string, RewardMember] => [m.kind, m]))("the member %s", (kind, member) => {
  const train = data(120, 1);
  const test = data(60, 2);

  it("learns what there is to learn, the same way each time", async () => {
    const [a, b] = [await member.fit(train), await member.fit(train)];
    const predicted = a.predict(test.x);
    expect(Array.from(b.predict(test.x))).toEqual(Array.from(predicted));
    const spread = rmse(new Float64Array(60).fill(1.5), Array.from(test.y));
    expect(rmse(predicted, Array.from(test.y)) / spread).toBeLessThan(kind === "mean" ? 1.1 : 0.5);
    expect(a.predict([])).toHaveLength(0);
    a.dispose();
    b.dispose();
  });

  it("predicts the same after a snapshot went through JSON, twice, and says nothing to the console", async () => {
    const log = vi.spyOn(console, "log");
    const fitted = await member.fit(train);
    const before = fitted.predict(test.x);
    const restored = await member.restore(JSON.parse(JSON.stringify(await fitted.snapshot())));
    const again = await member.restore(JSON.parse(JSON.stringify(await restored.snapshot())));
    restored.predict(test.x).forEach((v, i) => {
      expect(v).toBeCloseTo(before[i], 5);
    });
    again.predict(test.x).forEach((v, i) => {
      expect(v).toBeCloseTo(before[i], 5);
    });
    for (const m of [fitted, restored, again]) m.dispose();
    expect(log).not.toHaveBeenCalled();
    log.mockRestore();
  });

  it("copes with a constant column, a constant target and few rows", async () => {
    const x = Array.from({ length: 24 }, (_, i) => Float64Array.of(1, i));
    const fitted = await member.fit({ x, y: new Float64Array(24).fill(0.7), seed: 1 });
    for (const v of fitted.predict(x)) expect(Math.abs(v - 0.7)).toBeLessThan(0.06);
    fitted.dispose();
  });
});

describe("pairwise effects", () => {
  it("tell crossed categories apart where trees and a linear model cannot", async () => {
    const [agents, tasks] = [6, 8];
    const rng = createRng(7);
    const agent = Array.from({ length: agents }, () => 0.2 * rng.normal());
    const both = Array.from({ length: agents * tasks }, () => 0.2 * rng.normal());
    const rows = (n: number, noise: number) => {
      const x: Float64Array[] = [];
      const y = new Float64Array(n);
      for (let i = 0; i < n; i++) {
        const [a, t] = [rng.int(agents), rng.int(tasks)];
        const row = new Float64Array(agents + tasks + 1);
        row[a] = 1;
        row[agents + t] = 1;
        row[agents + tasks] = 500 * rng.next();
        x.push(row);
        y[i] = agent[a] + both[a * tasks + t] + noise * rng.normal();
      }
      return { x, y, seed: 1 };
    };
    const [train, test] = [rows(300, 0.3), rows(400, 0)];
    const errors: Record<string, number> = {};
    for (const m of defaultMembers().filter((m) => ["pairwise-effects", "ridge", "extra-trees-1"].includes(m.kind)))
      errors[m.kind] = rmse((await m.fit(train)).predict(test.x), Array.from(test.y));
    const { "pairwise-effects": own = 1, "extra-trees-1": trees = 0, ridge = 0 } = errors;
    expect(own).toBeLessThan(0.95 * trees);
    expect(own).toBeLessThan(0.85 * ridge);
  });
});

describe("the fast members", () => {
  it("learn from further rows as if they had been there from the start, but for their penalty", async () => {
    for (const member of defaultMembers().filter((m) => ["ridge", "pairwise-effects"].includes(m.kind))) {
      const [first, second] = [data(150, 1), data(400, 3)];
      const shifted = { ...second, y: second.y.map((v) => v + 1) };
      const fitted = await member.fit(first);
      const before = rmse(fitted.predict(shifted.x), Array.from(shifted.y));
      fitted.update?.(shifted.x, shifted.y);
      const after = rmse(fitted.predict(shifted.x), Array.from(shifted.y));
      expect(before).toBeGreaterThan(0.9);
      expect(after).toBeLessThan(0.4);
      const restored = await member.restore(JSON.parse(JSON.stringify(await fitted.snapshot())));
      expect(restored.predict(shifted.x)[0]).toBeCloseTo(fitted.predict(shifted.x)[0], 6);
    }
  });
});

describe("members of earlier releases", () => {
  const restored = (kind: string, snapshot: Record<string, unknown>) =>
    restorableMembers()
      .find((m) => m.kind === kind)
      ?.restore(JSON.parse(JSON.stringify({ kind, ...snapshot })));

  it("predict what they did", async () => {
    const [mean, spread] = [pack(Float64Array.of(1)), pack(Float64Array.of(2))];
    const layer = { inputs: 1, outputs: 1, weights: [3], bias: [0.5], activation: "linear" };
    const saved = { kind: "network", version: 1, layers: [layer] };
    const networks = [saved, saved];
    const network = await restored("mlp", { mean, spread, networks });
    expect(Array.from(network?.predict([Float64Array.of(5)]) ?? [])).toEqual([3 * 2 + 0.5]);
    const forest = await restored("extra-trees-5", {
      base: 0,
      scale: 1,
      sizes: [3],
      feature: pack(Int16Array.of(0, -1, -1)),
      threshold: pack(Float32Array.of(2, 0, 0)),
      left: pack(Int32Array.of(1, 0, 0)),
      value: pack(Float32Array.of(0, 1, 4)),
    });
    expect(Array.from(forest?.predict([Float64Array.of(1), Float64Array.of(3)]) ?? [])).toEqual([1, 4]);
  });
});
