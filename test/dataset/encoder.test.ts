import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DecisionContext } from "../../src/core/index.js";
import { fitEncoder, restoreEncoder } from "../../src/dataset/index.js";
import { createRng } from "../../src/math/rng.js";

fc.configureGlobal({ seed: 2 });
const rng = createRng("encoder");
const TOPICS = ["invoice", "outage", "praise"];
const WORDS =
  "please refund the broken router today because our invoice number is wrong again and nobody answers".split(" ");
const sentence = (words: number) => Array.from({ length: words }, () => WORDS[rng.int(WORDS.length)]).join(" ");
const contexts: DecisionContext[] = Array.from({ length: 60 }, (_, i) => ({
  topic: TOPICS[i % 3],
  price: 10 + rng.normal(),
  urgent: i % 2 === 0,
  title: `${sentence(3)} ${i}`,
  body: sentence(40),
  embedding: [rng.normal(), 5 + rng.normal()],
}));
const encoder = fitEncoder(contexts);
const named = (context: DecisionContext) => {
  const { indices, values } = encoder.encode(context);
  return new Map(Array.from(indices, (at, k) => [encoder.featureName(at), values[k]]));
};

describe("fitEncoder", () => {
  it("standardises numbers and vectors", () => {
    const x = named({ ...contexts[0], price: 11, embedding: [0, 6] });
    expect(x.get("price")).toBeGreaterThan(0.5);
    expect(x.get("price")).toBeLessThan(2);
    expect(x.get("embedding[1]")).toBeGreaterThan(0.4);
    expect(named({ ...contexts[0], price: 1e9 }).get("price")).toBe(4);
  });

  it("gives categories, flags and frequent words positions that say what they are", () => {
    const x = named({ ...contexts[0], topic: "outage", urgent: true, body: "Refund the INVOICE" });
    expect(x.get("topic = outage")).toBe(1);
    expect(x.has("topic = invoice")).toBe(false);
    expect(x.get("urgent")).toBe(1);
    expect(x.get("body: 'invoice'")).toBeGreaterThan(0);
    expect(x.get("body: 'refund the'")).toBeGreaterThan(0);
  });

  it("scales the words of every text to length one, however long", () => {
    for (const body of ["refund", sentence(500)]) {
      const squares = [...named({ body })].filter(([n]) => /^body: ('|rare)/.test(n)).map(([, v]) => v * v);
      expect(squares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
    }
  });

  it("lets short texts with a common stem share character runs", () => {
    const overlap = (a: string, b: string) => {
      const [x, y] = [named({ title: a }), named({ title: b })];
      return [...x].reduce((s, [n, v]) => s + (n.startsWith("title") ? v * (y.get(n) ?? 0) : 0), 0);
    };
    expect(overlap("refunds", "refunded")).toBeGreaterThan(overlap("refunds", "payment") + 0.2);
  });

  it("marks what is missing, NaN, infinite or of another type, and ignores new fields", () => {
    const empty = named({});
    for (const f of ["topic", "price", "urgent", "title", "body", "embedding"])
      expect(empty.get(`${f} is missing`)).toBe(1);
    for (const price of [Number.NaN, Number.POSITIVE_INFINITY, "twelve", true, null, [1]])
      expect(named({ price }).get("price is missing")).toBe(1);
    expect(named({ price: "12" })).toEqual(named({ price: 12 }));
    expect(named({ embedding: [1] }).get("embedding is missing")).toBe(1);
    expect(named({ embedding: [1, Number.NaN] }).get("embedding is missing")).toBe(1);
    expect(named({ urgent: "yes" }).get("urgent is missing")).toBe(1);
    expect(encoder.encode({ ...contexts[0], brandNew: 3 })).toEqual(encoder.encode(contexts[0]));
    expect([...named({ topic: "never seen" }).keys()].some((n) => n.startsWith("topic: other values"))).toBe(true);
  });

  it("takes the logarithm of numbers with a long tail", () => {
    const sizes = Array.from({ length: 200 }, () => ({ size: Math.exp(3 + 2 * rng.normal()) }));
    const log = fitEncoder(sizes);
    expect(log.encode({ size: Math.exp(3) }).values[0] ?? 0).toBeCloseTo(0, 0);
    const [small, large] = [5, 7].map((e) => log.encode({ size: Math.exp(e) }).values[0]);
    expect(large / small).toBeCloseTo(2, 0);
  });

  it("reads a field as the options say", () => {
    const codes = Array.from({ length: 20 }, (_, i) => ({ code: String(i % 2) }));
    const text = fitEncoder(codes, { fields: { code: "long-text" }, textBuckets: 16 });
    // A topic, five measures of the shape and the missing indicator; one word and 16 shared positions.
    expect(text.dim).toBe(1 + 5 + 1 + 1 + 16);
    expect(fitEncoder([{ a: 1, b: 2 }], { ignore: ["b"] }).dim).toBe(2);
    expect(() => fitEncoder([])).toThrow(/ENCODER_INVALID/);
  });
});

describe("an encoder", () => {
  const values = fc.oneof(
    fc.double(),
    fc.boolean(),
    fc.string({ unit: "grapheme" }),
    fc.constant(null),
    fc.array(fc.double(), { maxLength: 3 }),
  );
  const anything = fc.dictionary(
    fc.oneof(fc.constantFrom("topic", "price", "urgent", "title", "body", "embedding"), fc.string()),
    values,
  );

  it("makes finite ascending vectors of its length from any plain values", () => {
    fc.assert(
      fc.property(anything, (context) => {
        const x = encoder.encode(context);
        expect(x.dim).toBe(encoder.dim);
        expect(x.values.every((v) => Number.isFinite(v) && v !== 0)).toBe(true);
        x.indices.forEach((at, k) => {
          expect(at).toBeGreaterThan(k === 0 ? -1 : x.indices[k - 1]);
          expect(at).toBeLessThan(encoder.dim);
        });
      }),
    );
  });

  it("makes the same vectors after its snapshot went through JSON", () => {
    const copy = restoreEncoder(JSON.parse(JSON.stringify(encoder.snapshot())));
    expect(copy.version).toBe(encoder.version);
    fc.assert(
      fc.property(anything, (context) => {
        expect(copy.encode(context)).toEqual(encoder.encode(context));
      }),
    );
    expect(Array.from({ length: 50 }, (_, i) => copy.featureName(i))).toEqual(
      Array.from({ length: 50 }, (_, i) => encoder.featureName(i)),
    );
  });

  it("reads contexts as it did when it was made, after its way of reading has changed", () => {
    const fields = [
      { kind: "number", name: "amount", log: false, center: 112.5, scale: 83.39510748702743 },
      { kind: "date", name: "at" },
      { kind: "levels", name: "level", center: 2, scale: 0.7412898443291327, levels: [0, 1, 2, 3] },
      { kind: "boolean", name: "vip" },
    ];
    const first = restoreEncoder({ kind: "fields-1", version: "48a71ebd8f30e32c", fields });
    const partsOf = (context: DecisionContext) => {
      const { indices, values } = first.encode(context);
      return [...indices].map((at, i) => [at, values[i]]);
    };
    const missing = { amount: 1, level: 17, vip: 19 };
    // As it was read then: text is no number, and a date alone says nothing of the hour.
    expect(partsOf({ amount: "12.5", level: "2", vip: "true", at: "2026-01-05" })).toEqual([
      [missing.amount, 1],
      [5, 1],
      [missing.level, 1],
      [missing.vip, 1],
    ]);
    const ten = [
      [2, expect.closeTo(0.5)],
      [3, expect.closeTo(-0.866025)],
      [5, 1],
    ];
    for (const at of ["Mon, 05 Jan 2026 10:00:00 GMT", 1_767_607_200, 1_767_607_200_000])
      expect(partsOf({ amount: 12.5, level: 2, vip: true, at })).toEqual([
        [0, expect.closeTo(-1.199111)],
        ...ten,
        [15, 1],
        [18, 1],
      ]);
    expect(first.snapshot().kind).toBe("fields-1");
  });

  it("refuses damaged snapshots and positions it does not have", () => {
    const good = encoder.snapshot();
    const edited = structuredClone(good) as typeof good & { fields: { center?: number }[] };
    for (const f of edited.fields) if (f.center !== undefined) f.center += 1;
    for (const bad of [null, {}, { ...good, kind: "x" }, { ...good, fields: [] }, { ...good, version: "0" }, edited])
      expect(() => restoreEncoder(bad as never)).toThrow(expect.objectContaining({ code: "SNAPSHOT_INVALID" }));
    expect(() => encoder.featureName(encoder.dim)).toThrow(/position/);
  });
});
