import { describe, expect, it } from "vitest";
import { denseVector, fitEncoder } from "../../src/dataset/index.js";
import { createRng } from "../../src/math/rng.js";
import { createPolicy, type PolicySnapshot, type PolicySpec, restorePolicy } from "../../src/policies/index.js";
import { buildModel } from "../../src/policies/models/build.js";
import type { ModelSnapshot } from "../../src/policies/models/model.js";

const CANDIDATES = ["billing", "tech", "sales"];
const WORDS = [
  ["invoice", "refund", "charge", "card"],
  ["router", "cable", "outage", "signal"],
  ["price", "offer", "contract", "upgrade"],
];
const FILLER = "please could you tell me today what about my account with kind regards from the north".split(" ");

/** Messages of three topics, each earning 0.9 at its own desk and 0.3 elsewhere, chosen at random. */
function desk(count: number, seed: string) {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => {
    const topic = rng.int(3);
    const words = Array.from({ length: 14 }, (_, i) =>
      i % 5 === 0 ? WORDS[topic]?.[rng.int(4)] : FILLER[rng.int(FILLER.length)],
    );
    const chosen = rng.int(3);
    return {
      topic,
      chosen,
      context: { text: words.join(" ") },
      reward: Number(rng.next() < (chosen === topic ? 0.9 : 0.3)),
    };
  });
}

describe("models of long contexts with texts", () => {
  const train = desk(900, "train");
  const test = desk(300, "test");
  const encoder = fitEncoder(train.map((r) => r.context));
  const rows = train.map((r) => ({ ...r, context: encoder.encode(r.context), candidates: CANDIDATES }));
  const learned = (spec: Partial<PolicySpec>) => {
    const policy = createPolicy({ kind: "auto", dim: encoder.dim, seed: 1, ...spec } as PolicySpec);
    policy.learn(rows);
    return policy;
  };
  const shareRight = (policy: ReturnType<typeof learned>) =>
    test.filter((r) => {
      const means = policy.predict({ context: encoder.encode(r.context), candidates: CANDIDATES }).map((e) => e.mean);
      return means.indexOf(Math.max(...means)) === r.topic;
    }).length / test.length;

  it.each<[string, Partial<PolicySpec>]>([
    ["auto", {}],
    ["squarecb, which sums texts up", { kind: "squarecb" }],
    ["words under a prior", { kind: "squarecb", model: { kind: "logistic", lambda: 4 } }],
  ])("%s finds the desk of a message by its words", (_, spec) => {
    expect(shareRight(learned(spec))).toBeGreaterThan(0.95);
  });

  it("promise what they earn, where nothing in the text matters", () => {
    const rng = createRng("noise");
    const noise = rows.map((r) => ({ ...r, reward: Number(rng.next() < 0.5) }));
    const policy = createPolicy({ kind: "auto", dim: encoder.dim, seed: 1 });
    policy.learn(noise);
    const promised = test.map((r) =>
      Math.max(...policy.predict({ context: encoder.encode(r.context), candidates: CANDIDATES }).map((e) => e.mean)),
    );
    // Every desk earns 0.5: the best of three unpooled regressions would promise about 0.6.
    expect(promised.reduce((a, b) => a + b, 0) / promised.length).toBeLessThan(0.55);
  });

  it("answer the same after their snapshot went through JSON, and explain what they answer", () => {
    const policy = learned({});
    const copy = restorePolicy(JSON.parse(JSON.stringify(policy.snapshot())));
    for (const r of test.slice(0, 20)) {
      const input = { context: encoder.encode(r.context), candidates: CANDIDATES };
      expect(copy.score(input)).toEqual(policy.score(input));
      const estimates = policy.predict(input);
      policy.explain(input, 1e6).forEach(({ mean, bias, contributions }, i) => {
        expect(mean).toBe(estimates[i]?.mean);
        expect(bias + contributions.reduce((s, c) => s + c.contribution, 0)).toBeCloseTo(mean, 1);
      });
    }
    copy.learn(rows.slice(0, 5));
    policy.learn(rows.slice(0, 5));
    const input = { context: encoder.encode(test[0]?.context ?? {}), candidates: CANDIDATES };
    expect(copy.score(input)).toEqual(policy.score(input));
  });

  it("refuse snapshots of another shape", () => {
    const { model } = learned({}).snapshot() as PolicySnapshot & {
      model: ModelSnapshot & { experts: ModelSnapshot[] };
    };
    for (const expert of model.experts) {
      const kind = expert.kind === "per-candidate" ? "logistic" : expert.kind;
      if (kind !== "pooled" && kind !== "summary") continue;
      for (const bad of [{ kind }, { kind, inner: {}, common: {}, own: {} }])
        expect(() => buildModel({ kind }, encoder.dim, 0, bad)).toThrow(
          expect.objectContaining({ code: "SNAPSHOT_INVALID" }),
        );
    }
    expect(() => restorePolicy({ ...learned({}).snapshot(), model: { ...model, spread: undefined } })).toThrow(
      /calibration/,
    );
  });
});

it("a pooled model holds candidates together by ownLambda", () => {
  const context = denseVector([1, 0]);
  const distance = (ownLambda: number) => {
    const model = { kind: "pooled", lambda: 1, ownLambda } as const;
    const policy = createPolicy({ kind: "epsilon-greedy", dim: 2, model });
    policy.learn(
      Array.from({ length: 20 }, (_, i) => ({ context, candidates: ["a", "b"], chosen: i % 2, reward: i % 2 })),
    );
    const [a, b] = policy.predict({ context, candidates: ["a", "b"] });
    return b.mean - a.mean;
  };
  expect(distance(0.1)).toBeGreaterThan(0.9);
  expect(distance(1000)).toBeLessThan(0.1);
  expect(distance(1000)).toBeGreaterThan(0);
});

describe("policies of release 0.1", () => {
  it.each([4, 600])("squarecb with %d features, whose snapshots name no model, serves as it did", (dim) => {
    const model = dim > 512 ? { kind: "logistic" } : { kind: "ridge" };
    const rng = createRng("old");
    const rows = Array.from({ length: 60 }, (_, i) => ({
      context: {
        dim,
        indices: Int32Array.of(0, 1, dim - 1),
        values: Float64Array.from({ length: 3 }, () => rng.normal()),
      },
      candidates: ["a", "b"],
      chosen: i % 2,
      reward: rng.next(),
    }));
    const policy = createPolicy({ kind: "squarecb", dim, model } as PolicySpec);
    policy.learn(rows);
    const old = restorePolicy({ ...policy.snapshot(), spec: { kind: "squarecb", dim } } as PolicySnapshot);
    for (const { context, candidates } of rows)
      expect(old.score({ context, candidates })).toEqual(policy.score({ context, candidates }));
    expect(old.snapshot().spec).toEqual({ kind: "squarecb", dim });
  });

  it("restores a mixture without a layout with the experts of that release", () => {
    const policy = createPolicy({ kind: "auto", dim: 4 });
    const context = { dim: 4, indices: Int32Array.of(0, 2), values: Float64Array.of(1, -1) };
    policy.learn(
      Array.from({ length: 50 }, (_, i) => ({ context, candidates: ["a", "b"], chosen: i % 2, reward: i % 2 })),
    );
    const { spec: _, ...snapshot } = policy.snapshot() as PolicySnapshot & {
      model: { losses: number[]; experts: unknown[] };
    };
    const { layout: __, ...model } = snapshot.model as unknown as {
      layout: number;
      losses: number[];
      experts: unknown[];
    };
    const old = { ...model, losses: model.losses.slice(0, 3), experts: model.experts.slice(0, 3) };
    const restored = restorePolicy({ ...snapshot, spec: { kind: "auto", dim: 4 }, model: old } as PolicySnapshot);
    expect(restored.snapshot().model).toEqual(old);
  });
});

describe("mixtures over texts", () => {
  const rng = createRng("layouts");
  const dim = 600;
  const rows = Array.from({ length: 120 }, (_, i) => ({
    context: { dim, indices: Int32Array.of(0, 1, 3 + (i % 590)), values: Float64Array.of(rng.normal(), 1, 1) },
    candidates: ["a", "b"],
    chosen: i % 2,
    reward: rng.next(),
  }));
  const snapshot = () => {
    const policy = createPolicy({ kind: "auto", dim });
    policy.learn(rows);
    return policy.snapshot() as PolicySnapshot & { model: { apart: number[]; layout: number } };
  };

  it("restore to the digit with both weights of their experts", () => {
    const saved = snapshot();
    const again = restorePolicy(JSON.parse(JSON.stringify(saved)));
    expect(again.snapshot()).toEqual(saved);
    expect(saved.model.apart).toHaveLength(8);
    for (const apart of [undefined, [1, 2], Array(8).fill("x")])
      expect(() => restorePolicy({ ...saved, model: { ...saved.model, apart } } as PolicySnapshot)).toThrow(
        expect.objectContaining({ code: "SNAPSHOT_INVALID" }),
      );
  });

  it("of an earlier release know no context, and answer as they did", () => {
    const { again: _, chosen: __, ...model } = snapshot().model as Record<string, unknown>;
    const old = { ...snapshot(), model } as PolicySnapshot;
    const [input] = rows;
    const unseen = { ...input, context: { ...input.context, values: Float64Array.of(0.3, 1, 1) } };
    const now = restorePolicy(snapshot());
    expect(restorePolicy(old).predict(unseen)).toEqual(now.predict(unseen));
    // A context that was learned is as new to it.
    expect(restorePolicy(old).predict(input)).not.toEqual(now.predict(input));
    for (const again of [null, {}, { losses: [1] }, { losses: Array(8).fill(1), apart: Array(8).fill(1) }])
      expect(() => restorePolicy({ ...snapshot(), model: { ...model, again } } as PolicySnapshot)).toThrow(
        expect.objectContaining({ code: "SNAPSHOT_INVALID" }),
      );
  });

  it("of an earlier layout go on with one weight for each expert", () => {
    const { apart: _, ...model } = snapshot().model;
    const old = { ...snapshot(), model: { ...model, layout: 3 } } as PolicySnapshot;
    const policy = restorePolicy(old);
    policy.learn(rows);
    expect(policy.snapshot()).toMatchObject({ model: { layout: 3 } });
    expect(policy.snapshot()).not.toHaveProperty("model.apart");
  });
});
