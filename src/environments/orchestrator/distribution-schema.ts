import { z } from "zod";
import { expectationOf } from "../../core/expectation.js";
import { LearningError, show } from "../../core/index.js";
import { above, amount } from "../../core/option-fields.js";
import { finiteNumber, sumsToOne } from "../numbers.js";

const KINDS = "a distribution: constant, discrete, lognormal or beta";

const beta = z.strictObject({ kind: z.literal("beta"), alpha: above, beta: above });
const lognormal = z.strictObject({ kind: z.literal("lognormal"), mu: finiteNumber, sigma: amount });

/** The distributions that give nothing but `value`s. */
const finiteOf = <V extends z.ZodType<number>>(value: V) =>
  [
    z.strictObject({ kind: z.literal("constant"), value }),
    z
      .strictObject({
        kind: z.literal("discrete"),
        values: z.array(value, "a list of values").min(1, "at least one value"),
        probabilities: z.array(amount, "a list of probabilities").refine(sumsToOne, "probabilities that sum to one"),
      })
      .refine((d) => d.values.length === d.probabilities.length, "one probability for each value"),
  ] as const;

/** Any distribution: it may stand for what is below zero too. */
export const distributionSchema = z.discriminatedUnion("kind", [...finiteOf(finiteNumber), lognormal, beta], KINDS);

/** A duration, a number of tokens, a cost: from 0. */
export const amountsSchema = z.discriminatedUnion("kind", [...finiteOf(amount), lognormal, beta], KINDS);

const priority = z.number("a priority in (0,1]").gt(0, "a priority in (0,1]").lte(1, "a priority in (0,1]");

/** A task's priority, in (0,1]. */
export const prioritiesSchema = z.discriminatedUnion(
  "kind",
  [...finiteOf(priority), beta],
  "a distribution on (0,1]: constant, discrete or beta",
);

const checked = new WeakSet<object>();

/** Fails with ENV_INVALID where a value is no distribution. One object is looked at once: values are drawn often. */
export function distributionArgument(d: unknown): void {
  if (typeof d === "object" && d !== null && checked.has(d)) return;
  const parsed = distributionSchema.safeParse(d);
  if (!parsed.success)
    throw new LearningError("ENV_INVALID", {
      received: `${show(d)} for a distribution`,
      expected: expectationOf(parsed.error.issues[0]),
      remedy: "Make it by constant(), lognormal() or beta(), or correct the field.",
    });
  checked.add(d as object);
}
