import { z } from "zod";

/** ISO 8601, UTC. */
export const timestampSchema = z.iso.datetime();

/** A plain value of a decision's context: number, flag, category or text, vector of numbers, or missing. */
const contextValueSchema = z.union([z.number(), z.boolean(), z.string(), z.null(), z.array(z.number())]);
/** One value of a context. */
export type ContextValue = z.infer<typeof contextValueSchema>;

/** The context of a routing decision: named plain values. */
export const contextSchema = z.record(z.string(), contextValueSchema);
/** The plain values that a choice is based on, by name: texts, numbers, booleans, vectors. */
export type DecisionContext = z.infer<typeof contextSchema>;

/** A coded error as it is kept in records. */
export const recordedErrorSchema = z.object({
  /** The error's class name. */
  name: z.string(),
  /** Its code, where it has one (`lc_error_code`, `code`). */
  code: z.string().optional(),
  /** Its message, bounded to 500 characters. */
  message: z.string(),
});
export type RecordedError = z.infer<typeof recordedErrorSchema>;
