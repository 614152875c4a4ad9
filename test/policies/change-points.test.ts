import { describe, expect, it } from "vitest";
import { createRng } from "../../src/math/rng.js";
import { ChangeWatch } from "../../src/policies/change-points.js";
import { createPolicy, type PolicyRow } from "../../src/policies/index.js";

const candidates = ["steady", "other"];
const make = () => createPolicy({ kind: "squarecb", dim: 1 });

/** Draws by turns; `other` earns with probability `rates(t)`, `steady` with 0.5, whatever the context. */
function rowsOf(seed: string, count: number, rates: (t: number) => number): (PolicyRow & { t: number })[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, (_, t) => {
    const chosen = t % 2;
    const reward = Number(rng.next() < (chosen === 1 ? rates(t) : 0.5));
    const context = { dim: 1, indices: Int32Array.of(0), values: Float64Array.of(rng.next()) };
    return { t, context, candidates, chosen, reward };
  });
}

describe("ChangeWatch", () => {
  it("says which candidate changed, when, and by how much", () => {
    const found = new ChangeWatch<PolicyRow & { t: number }>(make).add(
      rowsOf("falls", 1000, (t) => (t < 600 ? 0.9 : 0.2)),
    );
    expect(found).toHaveLength(1);
    expect(found[0]?.candidate).toBe("other");
    expect(Math.abs((found[0]?.first.t ?? 0) - 600)).toBeLessThan(30);
    expect((found[0]?.since ?? 0) - (found[0]?.before ?? 0)).toBeCloseTo(-0.7, 0);
  });

  it("sees a world that comes back, once each way", () => {
    const found = new ChangeWatch<PolicyRow & { t: number }>(make).add(
      rowsOf("returns", 2000, (t) => (t >= 600 && t < 1300 ? 0.1 : 0.9)),
    );
    expect(found.map((c) => [c.candidate, Math.round(c.first.t / 100)])).toEqual([
      ["other", 6],
      ["other", 13],
    ]);
  });

  it("is silent where nothing changes, in forty worlds", () => {
    const worlds = Array.from({ length: 40 }, (_, s) => rowsOf(`still ${s}`, 1500, () => 0.7));
    expect(worlds.flatMap((rows) => new ChangeWatch(make).add(rows))).toEqual([]);
  });

  it("answers the same however the rows come", () => {
    const rows = rowsOf("pieces", 900, (t) => (t < 500 ? 0.9 : 0.2));
    const whole = new ChangeWatch<PolicyRow & { t: number }>(make).add(rows);
    const watch = new ChangeWatch<PolicyRow & { t: number }>(make);
    const pieces = rows.flatMap((row) => watch.add([row]));
    expect(pieces).toEqual(whole);
    expect(whole).toHaveLength(1);
  });

  it("leaves small shifts alone", () => {
    expect(new ChangeWatch(make).add(rowsOf("small", 3000, (t) => (t < 1500 ? 0.6 : 0.5)))).toEqual([]);
  });
});
