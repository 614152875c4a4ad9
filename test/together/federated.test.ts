import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitEncoder } from "../../src/dataset/index.js";
import { createRng } from "../../src/math/rng.js";
import { createPolicy, type RoutingPolicy, restorePolicy } from "../../src/policies/index.js";
import {
  type Contribution,
  composedMu,
  contributionOf,
  deltaOf,
  epsilonOf,
  type FederatedRow,
  type FederationPlan,
  lambdaForNoise,
  MASKING_STEP,
  maskContribution,
  maskingKey,
  merge,
  mergeMasked,
  mergeRobust,
  muOf,
  policyOf,
  release,
  sensitivityOf,
} from "../../src/together/index.js";

const TOPICS = ["invoice", "crash", "praise"];
const contexts = Array.from({ length: 60 }, (_, i) => ({ topic: TOPICS[i % 3] ?? "", length: (i * 7) % 50 }));
const encoder = fitEncoder(contexts);
const DESTINATIONS = ["a", "b"];
const plan: FederationPlan = { decisionPoint: "triage", encoder: encoder.snapshot(), destinations: DESTINATIONS };

/** Rows of a world in which "b" is better for crashes, by seed. */
function rowsOf(seed: number, count: number, lie = false): FederatedRow[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, (_, i) => {
    const raw = { topic: TOPICS[rng.int(3)] ?? "", length: rng.int(50) };
    const chosen = rng.next() < 0.5 ? "a" : "b";
    const chance = raw.topic === "crash" ? (chosen === "b" ? 0.9 : 0.2) : chosen === "b" ? 0.3 : 0.7;
    const reward = Number(rng.next() < (lie ? 1 - chance : chance));
    return { context: encoder.encode(raw), chosen, reward, person: `p${i % 10}` };
  });
}

const inputs = contexts.map((c) => ({ context: encoder.encode(c), candidates: DESTINATIONS }));
const learned = (rows: readonly FederatedRow[]): RoutingPolicy => {
  const policy = createPolicy({ kind: "squarecb", dim: encoder.dim, seed: 0, model: { kind: "ridge", lambda: 1 } });
  policy.learn(
    rows.map(({ context, chosen, reward, weight }) => ({
      context,
      candidates: DESTINATIONS,
      chosen: DESTINATIONS.indexOf(chosen),
      reward,
      weight,
    })),
  );
  return policy;
};

/** Largest difference of what two policies expect and how sure they are. */
function apart(p: RoutingPolicy, q: RoutingPolicy): number {
  let most = 0;
  for (const input of inputs) {
    const [one, other] = [p.predict(input), q.predict(input)];
    one.forEach((e, i) => {
      most = Math.max(most, Math.abs(e.mean - (other[i]?.mean ?? 0)));
      most = Math.max(most, Math.abs(e.standardError - (other[i]?.standardError ?? 0)));
    });
  }
  return most;
}

describe("merged sums", () => {
  it("are the model of all rows pooled, however the rows lie on the sites", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer(), (sites, seed) => {
        const rows = rowsOf(seed, 150);
        const parts = Array.from({ length: sites }, () => [] as FederatedRow[]);
        const rng = createRng(seed + 1);
        // Unevenly: small sites and large ones, and some without any row.
        for (const row of rows) parts[Math.floor(sites * rng.next() ** 2)]?.push(row);
        const contributions = parts.map((part, i) => contributionOf(plan, `s${i}`, part));
        const merged = restorePolicy(policyOf(plan, merge(plan, contributions)).policy);
        expect(apart(merged, learned(rows))).toBeLessThan(1e-9);
      }),
      { numRuns: 25 },
    );
  });

  it("go through JSON, and weigh sites", () => {
    const rows = rowsOf(1, 80);
    const sent = JSON.parse(JSON.stringify([contributionOf(plan, "x", rows)])) as Contribution[];
    const halved = merge(plan, sent, { weights: { x: 0.5 } });
    const weighted = learned(rows.map((r) => ({ ...r, weight: 0.5 })));
    const policy = restorePolicy(policyOf(plan, halved).policy);
    // Means only: row by row, the noise of weighted rows is an approximation.
    for (const input of inputs)
      policy.predict(input).forEach((e, i) => {
        expect(e.mean).toBeCloseTo(weighted.predict(input)[i]?.mean ?? Number.NaN, 9);
      });
  });

  it("never mix plans, sites or sums that no rows could have", () => {
    const good = contributionOf(plan, "x", rowsOf(1, 40));
    const other = contributionOf({ ...plan, rowNorm: 2 }, "y", rowsOf(2, 40));
    expect(() => merge(plan, [good, other])).toThrow(/FEDERATION_INVALID.*another plan/);
    expect(() => merge(plan, [good, good])).toThrow(/each site once/);
    expect(() => merge(plan, [])).toThrow(/no contribution/);
    const negative = structuredClone(good);
    if (negative.sums.a) negative.sums.a.rows = -1;
    expect(() => merge(plan, [negative])).toThrow(/no rows could have/);
    const boosted = contributionOf(plan, "x", rowsOf(1, 40));
    if (boosted.sums.a) boosted.sums.a.moment = contributionOf(plan, "x", rowsOf(3, 900)).sums.a?.moment ?? "";
    expect(() => merge(plan, [boosted])).toThrow(/no rows could have/);
    expect(() => contributionOf(plan, "x", [{ ...rowsOf(1, 1)[0], chosen: "c" }])).toThrow(/"c"/);
  });

  it("take no more rows of a person than agreed, and no longer rows", () => {
    const bounded = { ...plan, rowsPerPerson: 2, rowNorm: 1.5 };
    const { sums } = contributionOf(bounded, "x", rowsOf(1, 100));
    expect((sums.a?.rows ?? 0) + (sums.b?.rows ?? 0)).toBe(20);
  });
});

describe("masked sums", () => {
  const round = (count: number) => {
    const keys = Array.from({ length: count }, () => maskingKey());
    const peers = Object.fromEntries(keys.map((k, i) => [`s${i}`, k.publicKey]));
    const plain = keys.map((_, i) => contributionOf(plan, `s${i}`, rowsOf(i + 1, 60)));
    const masked = plain.map((c, i) => maskContribution(plan, c, keys[i], peers, "r1"));
    return { plain, masked, keys, peers };
  };

  it("add up to the plain ones within the step of the fixed point", () => {
    const { plain, masked } = round(4);
    const [exact, found] = [merge(plan, plain), mergeMasked(plan, masked)];
    for (const [name, sums] of exact.sums) {
      const other = found.sums.get(name);
      sums.gram.forEach((v, i) => {
        expect(Math.abs(v - (other?.gram[i] ?? Number.NaN))).toBeLessThanOrEqual(2 * MASKING_STEP);
      });
      expect(other?.rows).toBe(sums.rows);
    }
    const [p, q] = [policyOf(plan, exact), policyOf(plan, found)].map((a) => restorePolicy(a.policy));
    expect(apart(p, q)).toBeLessThan(1e-6);
  });

  it("say nothing alone: the words of a site look the same whatever its rows", () => {
    const { masked } = round(3);
    const bytes = Buffer.from(masked[0]?.words ?? "", "base64");
    const counts = new Array<number>(256).fill(0);
    for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
    const expected = bytes.length / 256;
    const chiSquared = counts.reduce((s, c) => s + (c - expected) ** 2 / expected, 0);
    // 255 degrees of freedom: mean 255, standard deviation 22.6; five of them.
    expect(chiSquared).toBeLessThan(255 + 5 * 22.6);
  });

  it("cannot be read with a site missing, and the round is repeated without it", () => {
    const { masked, keys, plain } = round(3);
    expect(() => mergeMasked(plan, masked.slice(0, 2))).toThrow(/Repeat the round/);
    const left = [0, 1].map((i) => [`s${i}`, keys[i]?.publicKey ?? ""] as const);
    const again = [0, 1].map((i) => maskContribution(plan, plain[i], keys[i], Object.fromEntries(left), "r2"));
    expect(mergeMasked(plan, again).sites).toEqual(["s0", "s1"]);
    expect(() => mergeMasked(plan, [again[0] as never, masked[1] as never])).toThrow(/FEDERATION_INVALID/);
  });
});

describe("a merge with a site that lies", () => {
  it("leaves that site out, and the others are added up exactly", () => {
    for (const seed of [1, 2, 3]) {
      const honest = Array.from({ length: 9 }, (_, i) => contributionOf(plan, `s${i}`, rowsOf(100 * seed + i, 200)));
      const liar = contributionOf(plan, "liar", rowsOf(seed, 2000, true));
      const robust = mergeRobust(plan, [...honest, liar]);
      expect(robust.leftOut.map((l) => l.site)).toEqual(["liar"]);
      const [p, q] = [policyOf(plan, robust), policyOf(plan, merge(plan, honest))].map((a) => restorePolicy(a.policy));
      expect(apart(p, q)).toBeLessThan(1e-9);
    }
  });

  it("keeps every honest site, small ones too", () => {
    const honest = Array.from({ length: 10 }, (_, i) => contributionOf(plan, `s${i}`, rowsOf(i, 40 + 60 * i)));
    expect(mergeRobust(plan, honest).leftOut).toEqual([]);
    expect(() => mergeRobust(plan, honest.slice(0, 2))).toThrow(/three or more/);
  });
});

describe("differential privacy", () => {
  // Balle and Wang (2018): a 1-GDP mechanism is (1, 0.127)-private; Dong, Roth and Su (2022), figure 1.
  it("is accounted for as published, and back", () => {
    expect(deltaOf(1, 1)).toBeCloseTo(0.1269, 3);
    for (const [epsilon, delta] of [
      [1, 1e-5],
      [4, 1e-5],
      [8, 1e-6],
    ] as const)
      expect(epsilonOf(muOf(epsilon, delta), delta)).toBeCloseTo(epsilon, 6);
    expect(composedMu([0.3, 0.4])).toBeCloseTo(0.5, 12);
  });

  it("adds the noise that the sensitivity asks for, and less where little was spent", () => {
    const bounded = { ...plan, rowNorm: 2, rowsPerPerson: 3 };
    // Three rows, each sqrt(4 + 2^2 + 2^4).
    expect(sensitivityOf(bounded)).toBeCloseTo(3 * Math.sqrt(24), 12);
    const contribution = contributionOf(bounded, "x", rowsOf(1, 200));
    const rng = createRng(5);
    const uniform = () => Math.max(1e-12, rng.next());
    const made = release(bounded, contribution, { epsilon: 4, delta: 1e-5 }, uniform);
    expect(made.noise * made.mu).toBeCloseTo(sensitivityOf(bounded), 9);
    const [before, after] = [contribution, made.contribution].map((c) =>
      merge(bounded, [c], { noisy: true }).sums.get("a"),
    );
    const differences = Array.from(before?.gram ?? [], (v, i) => v - (after?.gram[i] ?? 0));
    const spread = Math.sqrt(differences.reduce((s, d) => s + d * d, 0) / differences.length);
    expect(spread / made.noise).toBeGreaterThan(0.7);
    expect(spread / made.noise).toBeLessThan(1.3);
  });

  it("refuses what it cannot promise", () => {
    const contribution = contributionOf(plan, "x", rowsOf(1, 10));
    expect(() => release(plan, contribution, { epsilon: 1, delta: 1e-5 })).toThrow(/rowNorm/);
    const bounded = { ...plan, rowNorm: 2 };
    const own = contributionOf(bounded, "x", rowsOf(1, 10));
    const spentMu = muOf(1, 1e-5);
    expect(() => release(bounded, own, { epsilon: 1, delta: 1e-5, spentMu })).toThrow(/all is spent/);
    expect(() => merge(bounded, [release(bounded, own, { epsilon: 0.01, delta: 1e-5 }).contribution])).toThrow();
  });

  it("still gives a policy that knows better, with enough rows", () => {
    const bounded = { ...plan, rowNorm: 2 };
    const rng = createRng(6);
    const uniform = () => Math.max(1e-12, rng.next());
    const sites = Array.from({ length: 5 }, (_, i) => contributionOf(bounded, `s${i}`, rowsOf(i, 4000)));
    const made = sites.map((c) => release(bounded, c, { epsilon: 4, delta: 1e-5 }, uniform));
    const merged = merge(
      bounded,
      made.map((m) => m.contribution),
      { noisy: true },
    );
    const lambda = lambdaForNoise(made[0]?.noise ?? 0, merged.size, 5);
    const policy = restorePolicy(policyOf(bounded, merged, { lambda }).policy);
    const best = (topic: string) => {
      const [a, b] = policy.predict({ context: encoder.encode({ topic, length: 20 }), candidates: DESTINATIONS });
      return (a?.mean ?? 0) > (b?.mean ?? 0) ? "a" : "b";
    };
    expect([best("crash"), best("invoice"), best("praise")]).toEqual(["b", "a", "a"]);
  });
});
