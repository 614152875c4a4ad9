import { z } from "zod";
import { FIELD_KINDS } from "../dataset/index.js";

/** What a challenger must be proven better in. */
export const proveSchema = z.strictObject({
  better: z.enum(["reward", "cost", "latency"]),
  /**
   * How much lower the mean reward may be, in (0,1): needed where something else must be better. In no value of the
   * context field `by` may it be proven to be lower by more.
   */
  notWorse: z.strictObject({ reward: z.number().gt(0).lt(1), by: z.string().min(1).optional() }).optional(),
});
/** "Same quality, cheaper" is `{ better: "cost", notWorse: { reward: 0.02 } }`. */
export type Prove = z.infer<typeof proveSchema>;

const FROM = "related, none, or a list of decision points' names";

/** How the policy of a decision point is learned; part of `loop.router`'s options. */
export const learnOptionsSchema = z.strictObject({
  /** What kind of policy, with its own settings (default `{ kind: "auto" }`). */
  policy: z.looseObject({ kind: z.string() }).optional(),
  /** How contexts become vectors. */
  encoder: z
    .strictObject({
      fields: z.record(z.string(), z.enum(FIELD_KINDS)),
      ignore: z.array(z.string()),
      vocabulary: z.int().min(0),
      textBuckets: z.int().min(1),
      topics: z.int().min(0),
      maxLevels: z.int().min(0),
      maxCategories: z.int().min(1),
      maxTextChars: z.int().min(1),
    })
    .partial()
    .optional(),
  /** Share of the run's reward that a decision is credited per later decision (default 1). */
  creditDiscount: z.number().min(0).max(1).optional(),
  /**
   * Decision points that what is known of begins from while own runs are few: `related`, those of the same tenant that
   * choose among mostly the same destinations by mostly the same fields; names, of any tenant; or `none`. How much their
   * runs count for is learned from own ones; where they only mislead it is nothing (default `related`).
   */
  from: z.union([z.enum(["related", "none"]), z.array(z.string().min(1)).min(1)], FROM).optional(),
  /** Whose decision point it is: none begins from another tenant's unless it names it (default: all are one tenant's). */
  tenant: z.string().min(1).optional(),
  /**
   * ISO 8601 time in UTC: older decisions teach, but prove nothing. Set it when the fallback changed, since
   * a policy is proven against what the fallback answered when the decision was logged.
   */
  provenFrom: z.iso.datetime().optional(),
  /** `required`: what the gate has proven waits for a person's word (in the dashboard) before it serves. */
  approval: z.enum(["none", "required"]).optional(),
  /** What a challenger must be proven better in (default the reward). */
  prove: proveSchema
    .refine((p) => (p.better === "reward") === (p.notWorse === undefined), {
      message: "notWorse beside cost or latency, none beside reward",
    })
    .optional(),
});
/** How the policy of a decision point is learned. */
export type LearnOptions = z.input<typeof learnOptionsSchema>;
