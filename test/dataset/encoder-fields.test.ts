import { describe, expect, it } from "vitest";
import type { ContextValue, DecisionContext } from "../../src/core/index.js";
import { fitEncoder, judgeFields, restoreEncoder } from "../../src/dataset/index.js";
import { createRng } from "../../src/math/rng.js";

const rng = createRng("fields");
const contextsOf = (value: (i: number) => ContextValue, count = 400): DecisionContext[] =>
  Array.from({ length: count }, (_, i) => ({ f: value(i) }));
const judged = (value: (i: number) => ContextValue, count?: number) => judgeFields(contextsOf(value, count))[0];
const uuid = () =>
  "8-4-4-4-12".replace(/\d+/g, (n) => Array.from({ length: Number(n) }, () => rng.int(16).toString(16)).join(""));

describe("judgeFields", () => {
  it.each<[string, (i: number) => ContextValue]>([
    ["serial names", (i) => `cat-${i}`],
    ["uuids", uuid],
    ["hex digests", () => uuid().replaceAll("-", "")],
    ["running numbers", (i) => 100_000 + 3 * i],
    ["running numbers, the newest first", (i) => 100_000 - 3 * i],
    ["running numbers that a few rows share", (i) => Math.floor(i / 3)],
    ["paths that end in a digest", () => `orders/2026/${uuid()}`],
    ["short keys, some without a digit", () => `cus_${uuid().slice(0, 5).replaceAll("a", "K")}+${uuid().slice(0, 4)}`],
    ["whole numbers as text, nearly all different", () => String(rng.int(1e9))],
  ])("takes %s for identifiers and leaves them out", (_, value) => {
    expect(judged(value)).toEqual({ field: "f", note: "`f` looks like an identifier and is left out" });
  });

  it("takes large distinct whole numbers for identifiers where the name says so, else for sizes", () => {
    const rows = Array.from({ length: 100 }, () => ({ orderId: rng.int(1e9), chars: rng.int(1e9) }));
    expect(judgeFields(rows)).toEqual([
      { field: "chars", kind: "number" },
      { field: "orderId", note: "`orderId` looks like an identifier and is left out" },
    ]);
  });

  it.each<[string, (i: number) => ContextValue]>([
    ["words", (i) => `word${String.fromCharCode(97 + (i % 26))} and ${["rain", "sun", "snow"][i % 3]} number ${i}`],
    ["ideograms", (i) => `第${i}号请退款`],
    ["addresses", (i) => `https://shop.example/refund/${i}`],
  ])("takes %s for text, however distinct", (_, value) => {
    expect(judged(value)?.kind).toBe("short-text");
  });

  it.each<[string, (i: number) => ContextValue, string]>([
    ["decimals as text", (i) => (((i * 37) % 400) / 4).toFixed(2), "number"],
    ["amounts of money", (i) => `$${(1000 + ((i * 37) % 400) * 9.25).toLocaleString("en-US")}`, "number"],
    ["per cent", (i) => `${((i * 37) % 400) / 4} %`, "number"],
    ["numbers of which some are text", (i) => (i % 3 ? String((i * 37) % 400) : (i * 37) % 400), "number"],
    ["booleans of which some are text", (i) => (i % 3 ? i % 2 === 0 : String(i % 2 === 0)), "boolean"],
    ["booleans of which some are numbers", (i) => (i % 3 ? i % 2 === 0 : Number(i % 2 === 0)), "boolean"],
    ["postcodes", (i) => `0${1000 + (i % 150)}`, "category"],
    ["the dates of mails", (i) => new Date(Date.UTC(2026, 0, 1, 7 * i)).toUTCString(), "date"],
    ["printed dates", (i) => String(new Date(Date.UTC(2026, 0, 1, 7 * i))), "date"],
    ["dates with the day first", (i) => `${1 + (i % 28)}.${1 + (i % 12)}.2026 ${i % 24}:05`, "date"],
    ["dates with slashes", (i) => `2026/0${1 + (i % 9)}/${10 + (i % 18)} 0${i % 10}:${10 + (i % 49)}`, "date"],
    ["times of the day", (i) => `${i % 24}:${10 + ((i * 7) % 50)}`, "date"],
    ["milliseconds as text", (i) => String(1.77e12 + 7e6 * ((i * 37) % 400)), "date"],
    ["microseconds", (i) => 1.77e15 + 7e9 * ((i * 37) % 400), "date"],
    ["codes with a region at the end", (i) => `${uuid().slice(0, 6)}-${i % 2 ? "eu" : "us"}`, "short-text"],
  ])("reads %s", (_, value, kind) => {
    expect(judged(value)?.kind).toBe(kind);
  });

  it("says which lists of several lengths are read, and that lists of texts are not", () => {
    expect(judged((i) => (i % 4 ? [1, i] : [i]))).toMatchObject({
      kind: "vector",
      note: "`f` holds lists of different lengths, of which those of 2 are read",
    });
    const lists = Array.from({ length: 50 }, () => ({ f: ["a"] as unknown as number[] }));
    expect(judgeFields(lists)[0]?.note).toMatch(/never holds a usable value/);
  });

  it("reads codes by their letters, dates by hour and weekday", () => {
    expect(judged((i) => `${["INV", "ORD", "RMA"][i % 3]}-${1000 + i}`)).toMatchObject({ kind: "code" });
    expect(judged((i) => new Date(Date.UTC(2026, 0, 1, i)).toISOString())).toMatchObject({ kind: "date" });
    expect(judged((i) => 1.7e12 + 3_600_000 * i)).toMatchObject({ kind: "date" });
    expect(judged((i) => `2026-01-${String(1 + (i % 28)).padStart(2, "0")}`)?.kind).toBe("category");
  });

  it("gives small whole numbers from 0 or 1, or far apart, an effect of their own; not measures", () => {
    expect(judged((i) => i % 12)?.kind).toBe("levels");
    expect(judged((i) => [200, 404, 500][i % 3])?.kind).toBe("levels");
    expect(judged((i) => 17 + (i % 12))?.kind).toBe("number");
    expect(judged((i) => (i * 37) % 31)?.kind).toBe("number");
    expect(judged((i) => i % 2)?.kind).toBe("number");
  });

  it("says that constants and empty fields are left out, and keeps a constant that is missing at times", () => {
    expect(judged(() => "same")).toEqual({ field: "f", note: "`f` always has the same value and is left out" });
    expect(judged(() => null)?.note).toMatch(/never holds a usable value/);
    expect(judged((i) => (i % 2 ? 1 : null))?.kind).toBe("number");
  });

  it("reads no more fields than regressions can carry: those declared, then those given most often", () => {
    const wide = Array.from({ length: 60 }, (_, i) => {
      const rare = Object.fromEntries(Array.from({ length: 1000 }, (_, j) => [`a${j}`, (i * j) % 97]));
      return { zone: i % 3, topic: i % 2 ? "x" : "y", ...(i % 20 === 0 && rare) };
    });
    const path = { "chosen at triage": "tech" };
    const judged = judgeFields(
      wide.map((context) => ({ ...path, ...context })),
      { fields: { a999: "number" } },
    );
    const read = judged.filter((j) => j.kind !== undefined).map((j) => j.field);
    expect(read).toHaveLength(256);
    expect(read).toEqual(expect.arrayContaining(["a999", "topic", "zone"]));
    expect(judged.at(-1)).toEqual({
      field: "a326",
      note: "`a326` and 746 others are left out: the 256 fields that are declared or given most often are read",
    });
  });

  it("takes declared kinds and leaves out what is declared an identifier", () => {
    const rows = contextsOf((i) => `cat-${i}`);
    expect(judgeFields(rows, { fields: { f: "short-text" } })).toEqual([{ field: "f", kind: "short-text" }]);
    expect(
      judgeFields(
        contextsOf((i) => i % 3),
        { fields: { f: "identifier" } },
      ),
    ).toEqual([{ field: "f" }]);
  });
});

describe("an encoder of untidy data", () => {
  const spread = (outlier: number | undefined, wrap: (x: number) => ContextValue) => {
    const encoder = fitEncoder(
      contextsOf((i) => wrap(i === 500 && outlier !== undefined ? outlier : (i * 37) % 31), 1000),
    );
    const at = (x: number) => encoder.encode({ f: wrap(x) }).values[0] ?? 0;
    return at(30) - at(0);
  };

  it.each([1e4, 1e6, Number.MAX_SAFE_INTEGER, 1e300, -1e308])(
    "keeps numbers and vectors apart beside an outlier of %d",
    (outlier) => {
      for (const wrap of [(x: number) => x, (x: number) => [x, 1]]) {
        const without = spread(undefined, wrap);
        expect(without).toBeGreaterThan(2);
        expect(spread(outlier, wrap) / without).toBeCloseTo(1, 1);
      }
    },
  );

  it.each([-999, Number.MAX_SAFE_INTEGER])("reads %d, where many have it and none is near, as missing", (unknown) => {
    const encoder = fitEncoder(contextsOf((i) => (i % 4 === 0 ? unknown : (i * 37) % 31)));
    const same = restoreEncoder(JSON.parse(JSON.stringify(encoder.snapshot())));
    expect(same.encode({ f: unknown })).toEqual(encoder.encode({ f: null }));
    const [least, most] = [0, 30].map((f) => encoder.encode({ f }).values[0] ?? 0);
    expect((most ?? 0) - (least ?? 0)).toBeGreaterThan(2);
  });

  it("keeps zeros among larger numbers as numbers", () => {
    const encoder = fitEncoder(contextsOf((i) => (i % 4 ? 0 : 1000 + i)));
    expect(encoder.encode({ f: 0 })).not.toEqual(encoder.encode({ f: null }));
  });

  it("reads one moment alike however it is written, whatever the zone of the machine", () => {
    const encoder = fitEncoder(
      contextsOf(() => "2026-01-05T06:30:00Z", 1),
      { fields: { f: "date" } },
    );
    const zone = process.env["TZ"];
    process.env["TZ"] = "America/New_York";
    try {
      for (const f of [
        "2026-01-05T06:30:00",
        "2026-01-05 06:30",
        "2026-01-05T08:30:00+0200",
        "2026/01/05 06:30:00.000",
        "5.1.2026 6:30",
        "Mon, 05 Jan 2026 06:30:00 GMT",
        "Mon Jan 05 2026 01:30:00 GMT-0500 (Eastern Standard Time)",
        1_767_594_600,
        "1767594600000",
        1_767_594_600_000_000,
      ])
        expect(encoder.encode({ f }), String(f)).toEqual(encoder.encode({ f: "2026-01-05T06:30:00Z" }));
    } finally {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    }
    expect(encoder.encode({ f: "06:30" }).indices).toHaveLength(2);
    expect(encoder.encode({ f: "2026-01-05" }).indices).toHaveLength(1);
    expect(encoder.encode({ f: "2026-13-45" })).toEqual(encoder.encode({ f: null }));
  });

  it("keeps a rare flag among zeros, and a field that is nearly always the same, within bounds", () => {
    const flag = fitEncoder(contextsOf((i) => (i % 200 === 0 ? 1 : 0)));
    expect(flag.encode({ f: 1 }).values[0]).toBe(4);
    expect(Math.abs(flag.encode({ f: 0 }).values[0] ?? 0)).toBeLessThan(0.2);
  });

  it("makes vectors of contexts that say nothing", () => {
    for (const context of [{}, { f: null }, { f: "same" }] as DecisionContext[]) {
      const encoder = fitEncoder(Array.from({ length: 50 }, () => context));
      expect(encoder.encode({ f: 3 })).toEqual({ dim: 1, indices: new Int32Array(0), values: new Float64Array(0) });
      expect(encoder.featureName(0)).toBe("no field");
      expect(restoreEncoder(JSON.parse(JSON.stringify(encoder.snapshot()))).version).toBe(encoder.version);
    }
  });

  it("encodes levels, codes and dates, and survives JSON", () => {
    const rows = Array.from({ length: 400 }, (_, i) => ({
      department: i % 12,
      ticket: `${["INV", "ORD"][i % 2]}-${i}`,
      at: new Date(Date.UTC(2026, 0, 1, 6 * i)).toISOString(),
    }));
    const encoder = restoreEncoder(JSON.parse(JSON.stringify(fitEncoder(rows).snapshot())));
    const { indices, values } = encoder.encode({ department: 7, ticket: "ord-9", at: "2026-01-05T06:00:00Z" });
    const named = Object.fromEntries(Array.from(indices, (p, k) => [encoder.featureName(p), values[k]]));
    expect(named).toMatchObject({ "department = 7": 1, "ticket = ord": 1, "at: Monday": 1, "at: hour (sine)": 1 });
    for (const f of ["department", "ticket", "at"]) {
      const missing = encoder.encode({ department: 7, ticket: "ord-9", at: "2026-01-05", [f]: null });
      expect(Array.from(missing.indices, (p) => encoder.featureName(p))).toContain(`${f} is missing`);
    }
  });

  it("sums texts up in topics that part them", () => {
    const words = [
      ["invoice", "refund", "charge", "card"],
      ["router", "cable", "outage", "signal"],
    ];
    const rows = contextsOf((i) => Array.from({ length: 8 }, () => words[i % 2]?.[rng.int(4)]).join(" "), 200);
    const encoder = fitEncoder(rows);
    const parts = (topic: string) => {
      const scores = rows.map((row) => {
        const { indices, values } = encoder.encode(row);
        return values[indices.findIndex((p) => encoder.featureName(p) === topic)] ?? 0;
      });
      const side = Math.sign(scores[0] ?? 0);
      return scores.filter((t, i) => Math.sign(t) === (i % 2 ? -side : side)).length / scores.length;
    };
    // The first direction of uncentred data may be what all texts share; the second then parts them.
    expect(Math.max(parts("f: topic 1"), parts("f: topic 2"))).toBeGreaterThan(0.98);
  });
});
