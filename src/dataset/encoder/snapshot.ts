import { z } from "zod";
import { LearningError, show } from "../../core/index.js";
import type { EncoderSnapshot } from "../encoder-types.js";
import { type FieldPlan, SHAPES } from "./fields.js";

const name = z.string();
const number = z.number();
const scale = z.strictObject({ center: number, scale: z.number().positive() });
const plans = z.array(
  z.discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("number"),
      name,
      log: z.boolean(),
      center: number,
      scale: z.number().positive(),
      placeholder: number.optional(),
    }),
    z.strictObject({ kind: z.literal("boolean"), name }),
    z.strictObject({ kind: z.literal("date"), name }),
    z.strictObject({ kind: z.literal("category"), name, values: z.array(z.string()) }),
    z.strictObject({ kind: z.literal("code"), name, values: z.array(z.string()) }),
    z.strictObject({
      kind: z.literal("levels"),
      name,
      center: number,
      scale: z.number().positive(),
      levels: z.array(number),
    }),
    z.strictObject({
      kind: z.literal("text"),
      name,
      grams: z.boolean(),
      maxChars: z.number().int().positive(),
      buckets: z.number().int().positive(),
      otherIdf: number,
      vocabulary: z.array(z.strictObject({ token: z.string(), hash: z.number().int().nonnegative(), idf: number })),
      summary: z
        .strictObject({
          topics: z.number().int().nonnegative(),
          scales: z.array(number),
          centers: z.array(number),
          directions: z.string(),
          shape: z.array(scale).length(SHAPES.length),
        })
        .optional(),
    }),
    z.strictObject({
      kind: z.literal("vector"),
      name,
      centers: z.array(number),
      scales: z.array(z.number().positive()),
    }),
  ]),
);

/** The field plans of a snapshot, checked; fails with SNAPSHOT_INVALID. */
export function parsePlans(snapshot: EncoderSnapshot, kinds: readonly string[]): FieldPlan[] {
  const parsed = plans.safeParse(kinds.includes(snapshot?.kind) ? snapshot.fields : undefined);
  if (parsed.success) return parsed.data;
  throw new LearningError("SNAPSHOT_INVALID", {
    received: show(snapshot),
    expected: `an encoder snapshot of kind ${kinds.join(" or ")} with valid fields`,
    remedy: "Use an unchanged snapshot of this version of the package, or fit a new encoder.",
    cause: parsed.error,
  });
}
