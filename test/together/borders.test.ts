import { fitEncoder } from "langgraph-collective-learning/encoding";
import {
  type Contribution,
  composedMu,
  contributionOf,
  deltaOf,
  epsilonOf,
  type FederatedRow,
  type FederationPlan,
  lambdaForNoise,
  maskContribution,
  maskingKey,
  merge,
  mergeMasked,
  mergeRobust,
  muOf,
  policyOf,
  release,
  sensitivityOf,
} from "langgraph-collective-learning/together";
import { describe, expect, it } from "vitest";
import { pack, unpack } from "../../src/math/packing.js";
import { createRng } from "../../src/math/rng.js";

const TOPICS = ["invoice", "crash", "praise"];
const encoder = fitEncoder(
  Array.from({ length: 60 }, (_, i) => ({ topic: TOPICS[i % 3] ?? "", length: (i * 7) % 50 })),
);
const plan: FederationPlan = { decisionPoint: "triage", encoder: encoder.snapshot(), destinations: ["a", "b"] };

/** Rows that earn with a chance. */
function rowsOf(seed: number, count: number, chance: number, destinations = plan.destinations): FederatedRow[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, (_, i) => ({
    context: encoder.encode({ topic: TOPICS[rng.int(3)] ?? "", length: rng.int(50) }),
    chosen: destinations[rng.int(destinations.length)] ?? "",
    reward: Number(rng.next() < chance),
    person: `p${i % 10}`,
  }));
}
const siteOf = (seed: number, chance: number, count = 100) =>
  contributionOf(plan, `s${seed}`, rowsOf(seed, count, chance));

/** The contribution with the sums of "a" changed. */
function forged(change: (a: { rows: number; weight: number; gram: Float64Array; moment: Float64Array }) => void) {
  const made = siteOf(1, 0.5);
  const a = made.sums.a;
  if (!a) throw new Error("no sums");
  const read = { ...a, gram: unpack(Float64Array, a.gram), moment: unpack(Float64Array, a.moment) };
  change(read);
  return { ...made, sums: { ...made.sums, a: { ...read, gram: pack(read.gram), moment: pack(read.moment) } } };
}

it("sums of no rows make no policy: an empty one would pass for one that knows every destination", () => {
  const nothing = ["north", "south"].map((site) => contributionOf(plan, site, []));
  expect(() => policyOf(plan, merge(plan, nothing))).toThrow(
    /FEDERATION_INVALID.*sums of no rows, from "north", "south"; expected rated decisions/,
  );
});

describe("sums that no rows could have", () => {
  it("are refused wherever they are merged, and the site is named", () => {
    const others = [siteOf(2, 0.5), siteOf(3, 0.5), siteOf(4, 0.5)];
    const liars: Contribution[] = [
      // Products beyond Cauchy and Schwarz: nothing could be solved with them.
      forged(({ gram }) => gram.fill(500, 1, 2)),
      // An intercept that is not 1 in each row.
      forged(({ gram }) => {
        gram[0] = 4 * (gram[0] ?? 0);
      }),
      forged(({ moment }) => moment.fill(Number.NaN, 0, 1)),
    ];
    for (const liar of liars) {
      expect(() => merge(plan, [liar, ...others])).toThrow(/FEDERATION_INVALID.*"s1" for "a" that no rows could have/);
      expect(() => mergeRobust(plan, [liar, ...others])).toThrow(/"s1" for "a" that no rows could have/);
    }
    // What noise makes is possible, what is no number never is.
    expect(() => merge(plan, [liars[0] as Contribution], { noisy: true })).not.toThrow();
    expect(() => merge(plan, [liars[2] as Contribution], { noisy: true })).toThrow(/no rows could have/);
  });

  it("are longer than the plan lets rows be", () => {
    const bounded = { ...plan, rowNorm: 1.5 };
    const made = contributionOf(bounded, "x", rowsOf(1, 100, 0.5));
    expect(merge(bounded, [made]).sites).toEqual(["x"]);
    const longer = { ...siteOf(1, 0.5), plan: made.plan };
    expect(() => merge(bounded, [longer])).toThrow(/"s1" for "a" that no rows could have/);
  });

  it("belong to vectors of another encoder", () => {
    const short = forged(() => {});
    const two = { rows: 1, weight: 1, reward: 1, square: 1, gram: pack(Float64Array.of(1, 1, 1)) };
    const liar = { ...short, size: 2, sums: { a: { ...two, moment: pack(Float64Array.of(1, 1)) } } };
    expect(() => merge(plan, [liar])).toThrow(/FEDERATION_INVALID.*length 2 from "s1".*15/);
    expect(() => mergeRobust(plan, [liar, siteOf(2, 0.5), siteOf(3, 0.5)])).toThrow(/length 2 from "s1"/);
  });

  it("are not what a name makes of them that every object has", () => {
    const named = { ...plan, destinations: ["a", "constructor"] };
    const made = contributionOf(named, "toString", rowsOf(1, 20, 0.5, named.destinations));
    expect(merge(named, [made], { weights: {} }).sums.get("constructor")?.weight).toBeGreaterThan(0);
    const { a } = made.sums;
    if (!a) throw new Error("no sums");
    expect(merge(named, [{ ...made, sums: { a } }]).sums.get("constructor")?.rows).toBe(0);
  });
});

describe("a robust merge", () => {
  it("counts what few sites have where most have nothing yet", () => {
    const few = [1, 2, 3].map((seed) => siteOf(seed, 0.7));
    const none = [4, 5, 6, 7, 8].map((seed) => siteOf(seed, 0.7, 0));
    const total = (sums: ReadonlyMap<string, { weight: number; reward: number }>) =>
      [...sums.values()].map(({ weight, reward }) => [weight, reward]);
    expect(total(mergeRobust(plan, [...few, ...none]).sums)).toEqual(total(merge(plan, few).sums));
    expect(total(mergeRobust(plan, none).sums)).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it("takes a site with a rare reward for no liar, nor one of equal sites", () => {
    for (let seed = 0; seed < 20; seed++) {
      const sites = Array.from({ length: 7 }, (_, i) => siteOf(7 * seed + i, 0.01));
      expect(mergeRobust(plan, sites).leftOut).toEqual([]);
    }
    const equal = ["x", "y", "z", "u"].map((site) => contributionOf(plan, site, rowsOf(1, 100, 0.5)));
    expect(mergeRobust(plan, equal).leftOut).toEqual([]);
    // One who claims what nobody saw still is.
    const liar = { ...siteOf(99, 0.9), site: "liar" };
    const honest = Array.from({ length: 7 }, (_, i) => siteOf(i, 0));
    expect(mergeRobust(plan, [...honest, liar]).leftOut.map((l) => l.site)).toEqual(["liar"]);
  });
});

describe("what is agreed on", () => {
  it("can be kept: bounds that bound, weights that weigh", () => {
    for (const rowsPerPerson of [0, 0.5, -1, Number.NaN, "2" as never])
      expect(() => contributionOf({ ...plan, rowNorm: 1, rowsPerPerson }, "x", [])).toThrow(
        /FEDERATION_INVALID.*rowsPerPerson/,
      );
    for (const rowNorm of [0, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => sensitivityOf({ ...plan, rowNorm })).toThrow(/FEDERATION_INVALID.*rowNorm/);
    for (const destinations of [[], ["a", "a"], ["__proto__"]])
      expect(() => merge({ ...plan, destinations }, [siteOf(1, 0.5)])).toThrow(/FEDERATION_INVALID.*destinations/);
    for (const weight of [-1, Number.NaN, Number.POSITIVE_INFINITY, "2" as never])
      expect(() => merge(plan, [siteOf(1, 0.5)], { weights: { s1: weight } })).toThrow(/the weight .* of "s1"/);
    expect(merge(plan, [siteOf(1, 0.5)], { weights: { s1: 0 } }).sums.get("a")?.weight).toBe(0);
    for (const lambda of [0, -1, Number.NaN])
      expect(() => policyOf(plan, merge(plan, [siteOf(1, 0.5)]), { lambda })).toThrow(/FEDERATION_INVALID.*lambda/);
  });
});

describe("privacy accounting", () => {
  it("agrees with published values, at budgets of any size", () => {
    // Balle and Wang (2018), analytic Gaussian mechanism: sensitivity 1, delta 1e-5.
    expect(1 / muOf(1, 1e-5)).toBeCloseTo(3.730632, 5);
    expect(deltaOf(1, 5)).toBeCloseTo(5.7937e-7, 10);
    // Of large mu, epsilon is mu^2/2 and mu times a quantile of the normal; e^epsilon is no number from 710 on.
    const tail = 4.264890793922825;
    for (const mu of [20, 50, 100, 2000]) {
      const epsilon = epsilonOf(mu, 1e-5);
      expect(Math.abs(epsilon - (mu ** 2 / 2 + tail * mu))).toBeLessThan(mu);
      expect(muOf(epsilon, 1e-5)).toBeCloseTo(mu, 6);
    }
    expect(deltaOf(1, 800)).toBe(0);
  });

  it("refuses what is no budget", () => {
    for (const delta of [0, 1, -1, 2]) expect(() => epsilonOf(1, delta)).toThrow(/FEDERATION_INVALID.*delta/);
    expect(() => epsilonOf(-1, 1e-5)).toThrow(/mu -1/);
    expect(() => composedMu([0.5, -0.5])).toThrow(/mu -0.5/);
    expect(() => lambdaForNoise(-1, 3, 2)).toThrow(/noise -1/);
    const bounded = { ...plan, rowNorm: 1 };
    const own = contributionOf(bounded, "x", rowsOf(1, 10, 0.5));
    expect(() => release(bounded, own, { epsilon: 1, delta: 1e-5, spentMu: -0.1 })).toThrow(/spentMu/);
  });
});

describe("a masked round", () => {
  const round = (p: FederationPlan, own: readonly Contribution[]) => {
    const keys = own.map(() => maskingKey());
    const peers = Object.fromEntries(own.map((c, i) => [c.site, keys[i]?.publicKey ?? ""]));
    return own.map((c, i) => maskContribution(p, c, keys[i] as ReturnType<typeof maskingKey>, peers, "r1"));
  };

  it("carries released sums as well: noise is no lie", () => {
    const bounded = { ...plan, rowNorm: 1 };
    const released = ["x", "y"].map((site, i) =>
      release(bounded, contributionOf(bounded, site, rowsOf(i, 20, 0.5)), { epsilon: 1, delta: 1e-5 }),
    );
    const own = released.map((r) => r.contribution);
    const [plain, masked] = [merge(bounded, own, { noisy: true }), mergeMasked(bounded, round(bounded, own))];
    expect(masked.sums.get("a")?.reward).toBeCloseTo(plain.sums.get("a")?.reward ?? Number.NaN, 8);
  });

  it("refuses sums that would wrap around when all are added up", () => {
    const large = (site: string, rows: number) => {
      const made = forged((a) => {
        a.rows = rows;
      });
      return { ...made, site };
    };
    const fits = round(plan, [large("x", 2 ** 32 - 1), large("y", 2 ** 32 - 1)]);
    expect(mergeMasked(plan, fits).sums.get("a")?.rows).toBe(2 ** 33 - 2);
    const sites = ["x", "y", "z"].map((site) => large(site, 2 ** 32 - 1));
    expect(() => round(plan, sites)).toThrow(/FEDERATION_INVALID.*a sum of 4294967295/);
  });
});
