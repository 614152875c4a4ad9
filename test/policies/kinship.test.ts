import { describe, expect, it } from "vitest";
import { createRng } from "../../src/math/rng.js";
import { createPolicy, type PolicyRow } from "../../src/policies/index.js";
import { kinshipOf, type PeerRow, worth } from "../../src/policies/kinship.js";
import { bestStart, startsOf } from "../../src/policies/prior-weight.js";

/** Rows of one destination, all of them chosen at random. */
const rowsOf = (chosen: string, rewards: readonly number[], propensity = 0.5): PeerRow[] =>
  rewards.map((reward) => ({ chosen, reward, propensity }));

/** A peer at which the destinations have these mean rewards. */
function peer(rng: { next(): number }, means: readonly number[], each: number): PeerRow[] {
  return means.flatMap((mean, k) =>
    rowsOf(
      `d${k}`,
      Array.from({ length: each }, () => Number(rng.next() < mean)),
      1 / means.length,
    ),
  );
}

describe("kinship of decision points", () => {
  it("is the value computed by hand", () => {
    const same = [...rowsOf("a", [1, 1, 1, 0]), ...rowsOf("b", [1, 1, 0, 0]), ...rowsOf("c", [1, 0, 0, 0])];
    const found = kinshipOf([same, same, same]);
    // Noise 2.5 / 9; products of peers 1/16 a degree of freedom; squares less chance -1/144: nothing is apart, but for
    // the least that is allowed for and the standard error of squares of 1/16 with six degrees of freedom.
    expect(found).toMatchObject({ peers: 3, share: 1 });
    expect(found?.rows).toBeCloseTo(2.5 / 9 / ((0.001 + Math.sqrt(2 / 6) / 16) * (4 / 3)), 9);
  });

  it("finds what peers have in common, and what it is worth", () => {
    const rng = createRng("kin");
    const common = [0.3, 0.45, 0.6, 0.75];
    // Each peer has its own level, and its own opinion of each destination with a variance of .0033.
    const peers = Array.from({ length: 40 }, () => {
      const level = 0.1 * (rng.next() - 0.5);
      return peer(
        rng,
        common.map((mean) => mean + level + 0.2 * (rng.next() - 0.5)),
        200,
      );
    });
    const found = kinshipOf(peers);
    expect(found?.share).toBeGreaterThan(0.8);
    expect(found?.share).toBeLessThan(0.95);
    // Noise / (variance between and its standard error): .22 / (.0033 + .13 * .03).
    expect(found?.rows).toBeGreaterThan(20);
    expect(found?.rows).toBeLessThan(50);
  });

  it("finds nothing among peers that have nothing in common, but by chance", () => {
    const rng = createRng("strangers");
    let found = 0;
    for (let life = 0; life < 300; life++) {
      const peers = Array.from({ length: 6 }, () =>
        peer(
          rng,
          [0, 1, 2, 3].map(() => rng.next()),
          12,
        ),
      );
      found += Number(kinshipOf(peers) !== undefined);
    }
    expect(found).toBeLessThan(21);
  });

  it("does not mistake the cases that a destination was meant for for its worth", () => {
    // Easy cases pay, hard ones do not; a is chosen for easy ones nine times of ten, b for hard ones.
    const cases = [
      ...rowsOf("a", Array(18).fill(1), 0.9),
      ...rowsOf("b", Array(2).fill(1), 0.1),
      ...rowsOf("a", Array(2).fill(0), 0.1),
      ...rowsOf("b", Array(18).fill(0), 0.9),
    ];
    const peers = Array.from({ length: 8 }, () => cases);
    expect(kinshipOf(peers)).toBeUndefined();
    const unweighted = peers.map((rows) => rows.map((row) => ({ ...row, propensity: 0.5 })));
    expect(kinshipOf(unweighted)?.share).toBe(1);
  });

  it("is unknown of too few peers, rows or destinations", () => {
    const rows = [...rowsOf("a", [1, 1, 1, 1]), ...rowsOf("b", [0, 0, 0, 0])];
    expect(kinshipOf([])).toBeUndefined();
    expect(kinshipOf([rows])).toBeUndefined();
    expect(kinshipOf([rows, rows])).toBeUndefined();
    expect(kinshipOf(Array(9).fill(rowsOf("a", [1, 1, 0, 1])))).toBeUndefined();
    expect(kinshipOf(Array(9).fill([...rowsOf("a", [1, 1, 1]), ...rowsOf("b", [0, 0, 0])]))).toBeUndefined();
    expect(kinshipOf(Array(9).fill(rows))?.peers).toBe(9);
  });
});

describe("the start of a young policy among kin", () => {
  const context = { dim: 1, indices: Int32Array.of(0), values: Float64Array.of(1) };
  const candidates = ["d0", "d1"];
  const row = (chosen: number, reward: number): PolicyRow => ({ context, candidates, chosen, reward, propensity: 0.5 });
  /** Rows in which one of both pays nine times of ten. */
  const paying = (best: number, count: number, seed: string) => {
    const rng = createRng(seed);
    return Array.from({ length: count }, (_, i) => row(i % 2, Number(rng.next() < (i % 2 === best ? 0.9 : 0.1))));
  };
  const kinship = { peers: 8, share: 0.9, rows: 10 };
  const make = () => createPolicy({ kind: "auto", dim: 1, seed: 1 });
  const elsewhere = paying(1, 400, "elsewhere");
  const lead = (own: readonly PolicyRow[], kin?: typeof kinship) => {
    const start = bestStart(startsOf(make, elsewhere, kin), own);
    const [a = 0, b = 0] = start.policy.predict({ context, candidates }).map(({ mean }) => mean);
    return { ...start, lead: b - a };
  };

  it("knows what they have in common before its first row", () => {
    expect(lead([]).lead).toBe(0);
    expect(lead([], kinship)).toMatchObject({ weight: 0, ofKin: true });
    expect(lead([], kinship).lead).toBeGreaterThan(0.2);
  });

  it("forgets it where own rows speak against it", () => {
    expect(lead(paying(0, 24, "own"), kinship).ofKin).toBe(true);
    expect(lead(paying(0, 80, "own"), kinship)).toMatchObject({ weight: 0, ofKin: false, lead: 0 });
    expect(lead(paying(1, 80, "own"), kinship).lead).toBeGreaterThan(0.2);
  });

  it("counts all that is known of a destination for as many rows as it is worth", () => {
    const rows = [row(0, 1), row(0, 0), row(0, 1), row(0, 1), row(1, 1)];
    expect(worth(rows, { ...kinship, rows: 2 }).map((r) => r.weight)).toEqual([0.5, 0.5, 0.5, 0.5, 1]);
  });
});
