import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { decisionSchema, feedbackRecordSchema, traceSegmentSchema } from "../../src/core/index.js";
import { exactShape } from "../../src/core/records/exact-shape.js";
import { aDecision, aFeedback, aTrace } from "../support/facts.js";

const error = { name: "TypeError", code: "E", message: "no" };
const at = "2026-01-01T00:00:00.000Z";
const decision = aDecision({
  workflowType: "support",
  userId: "u",
  mask: [true, false],
  candidateFeatures: { x: { price: 1, kind: null } },
  context: { topic: "a", size: 1, urgent: true, none: null, vector: [1, 2] },
  probabilities: [0.5, 0.5],
  control: 0.1,
  fallbackReason: "trial",
  trial: { version: "v", share: 0.5, uniform: 0, arm: "serving", serving: "x", challenger: "y" },
  expectedRewards: [0.1, 0.2],
  origin: { kind: "fork" },
});
const feedback = aFeedback({
  cat: { score: 9, dimensions: { novelty: 3 } },
  ratings: { usefulness: 0.5 },
  thumbs: "up",
  preference: { over: "w2", verdict: "equal" },
  tags: ["a"],
  askedProbability: 0.5,
  sampled: true,
});
const trace = aTrace({
  error,
  tags: ["a"],
  metadata: { a: 1, b: null, c: "x", d: false },
  origin: { workflowId: "w", kind: "replay" },
  parent: { workflowId: "p", node: "n" },
  nodes: [{ ...aTrace({}).nodes[0]!, path: ["sub"], error, input: "{}", update: "{}", inferred: true }],
  edges: [{ from: "a", to: "b", kind: "send", path: [], step: 1, started: true }],
  modelCalls: [{ path: [], startedAt: at, durationMs: 1, tokensIn: 3, costUsd: 0.1, error }],
  toolCalls: [{ path: [], name: "t", startedAt: at, durationMs: 1 }],
  interactions: [{ from: "a", to: "b", kind: "handoff", step: 1 }],
});

const KINDS: [string, z.ZodType, object][] = [
  ["decision", decisionSchema, decision],
  ["feedback", feedbackRecordSchema, feedback],
  ["trace", traceSegmentSchema, trace],
];

/** Every place of a value, as a way of keys from its root. */
function placesOf(value: unknown, way: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [way];
  return [way, ...Object.entries(value).flatMap(([key, inner]) => placesOf(inner, [...way, key]))];
}

/** A copy with another value at a place; `undefined` takes the field away. */
function changed(root: object, way: readonly string[], value: unknown): unknown {
  const [key, ...rest] = way;
  if (key === undefined) return value;
  const copy = (Array.isArray(root) ? [...root] : { ...root }) as Record<string, unknown>;
  if (rest.length === 0 && value === undefined && !Array.isArray(root)) delete copy[key];
  else copy[key] = rest.length === 0 ? value : changed(copy[key] as object, rest, value);
  return copy;
}

const STRANGE = [
  undefined,
  null,
  true,
  "",
  "x",
  "2026-13-01T00:00:00.000Z",
  "2026-01-01T00:00:00Z",
  0,
  -1,
  0.5,
  2,
  11,
  1e300,
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  [],
  ["x"],
  [undefined],
  {},
  { extra: 1 },
  JSON.parse('{"__proto__": {"a": 1}}'),
  new Date(0),
  new (class Own {
    workflowId = "w";
  })(),
  10n,
  Symbol("s"),
  () => 1,
];

describe.each(KINDS)("exactShape of a %s", (_, schema, whole) => {
  const fits = exactShape(schema);

  it("takes a record with all its fields as it is", () => {
    expect(fits(whole)).toBe(true);
  });

  it("takes nothing that the schema refuses or changes, whatever stands in whichever field", () => {
    for (const way of placesOf(whole))
      for (const value of STRANGE)
        for (const where of [way, [...way, "more"]]) {
          const inner = where.slice(0, -1).reduce<unknown>((v, key) => (v as Record<string, unknown>)[key], whole);
          if (where.length > 0 && (typeof inner !== "object" || inner === null)) continue;
          if (Array.isArray(inner) && where.at(-1) === "more") continue;
          const record = changed(whole, where, value);
          const parsed = schema.safeParse(record);
          if (fits(record)) expect(parsed, where.join(".")).toEqual({ success: true, data: record });
        }
  });

  it("takes nothing that the schema refuses or changes, with fields of any kind", () => {
    const ways = placesOf(whole).filter((way) => way.length > 0);
    fc.assert(
      fc.property(fc.constantFrom(...ways), fc.jsonValue(), (way, value) => {
        const record = changed(whole, way, value);
        const parsed = schema.safeParse(record);
        if (fits(record)) expect(parsed).toEqual({ success: true, data: record });
      }),
      { numRuns: 500 },
    );
  });
});

it("says no where a schema holds what it does not know", () => {
  const known = z.object({ a: z.string() });
  expect(exactShape(known)({ a: "x" })).toBe(true);
  for (const schema of [
    z.object({ a: z.string().min(2) }),
    z.object({ a: z.string().refine(() => false) }),
    z.object({ a: z.string().transform((text) => text.length) }),
    z.object({ a: z.coerce.string() }).refine(() => false),
    z
      .object({ a: z.array(z.string()).max(1) })
      .optional()
      .refine(() => false),
    z.looseObject({ a: z.string() }),
    z.object({ a: z.lazy(() => z.string()) }),
    z.object({ a: z.email() }),
    z.object({ a: z.record(z.enum(["b"]), z.string()) }),
    z.object({ a: z.number().multipleOf(2) }),
    z.object({ a: z.array(z.string()).max(0) }),
  ])
    for (const value of [{ a: "x" }, { a: ["x"] }, { a: { c: "x" } }, { a: 3 }, { a: "a@b.de", b: 1 }])
      expect(exactShape(schema)(value)).toBe(false);
});
