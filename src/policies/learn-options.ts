import { z } from "zod";

const FIELD_KINDS = ["number", "boolean", "category", "short-text", "long-text", "vector"] as const;

/** How the policy of a decision point is learned; part of `loop.router`'s options. */
export const learnOptionsSchema = z.strictObject({
  /** What kind of policy, with its own settings (default `{ kind: "squarecb" }`). */
  policy: z.looseObject({ kind: z.string() }).optional(),
  /** How contexts become vectors. */
  encoder: z
    .strictObject({
      fields: z.record(z.string(), z.enum(FIELD_KINDS)),
      ignore: z.array(z.string()),
      vocabulary: z.int().min(0),
      textBuckets: z.int().min(1),
      maxCategories: z.int().min(1),
      maxTextChars: z.int().min(1),
    })
    .partial()
    .optional(),
  /** Share of the run's reward that a decision is credited per later decision (default 1). */
  creditDiscount: z.number().min(0).max(1).optional(),
  /**
   * ISO 8601 time in UTC: older decisions teach, but prove nothing. Set it when the fallback changed, since
   * a policy is proven against what the fallback answered when the decision was logged.
   */
  provenFrom: z.iso.datetime().optional(),
});
/** How the policy of a decision point is learned. */
export type LearnOptions = z.input<typeof learnOptionsSchema>;
