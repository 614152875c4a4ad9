import type { z } from "zod";
import {
  type Decision,
  decisionSchema,
  feedbackRecordSchema,
  LearningError,
  show,
  traceSegmentSchema,
} from "../core/index.js";
import type { FactKind, FactTypes } from "./learning-store.js";

const SCHEMAS: { [K in FactKind]: z.ZodType<FactTypes[K], unknown> } = {
  trace: traceSegmentSchema,
  decision: decisionSchema,
  feedback: feedbackRecordSchema,
};

/** A value as a fact of a kind, without fields that the kind does not have, or why it is none. */
export function factFrom<K extends FactKind>(
  kind: K,
  value: unknown,
): { fact: FactTypes[K]; flaw?: undefined } | { flaw: string } {
  const parsed = SCHEMAS[kind].safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { flaw: `${issue?.path.map(String).join(".") || "the record"}: ${issue?.message ?? "not of its schema"}` };
  }
  const flaw = kind === "decision" ? misaligned(parsed.data as Decision) : undefined;
  return flaw === undefined ? { fact: parsed.data } : { flaw };
}

/** Lists of a decision that are not as long as that of its candidates. */
function misaligned(decision: Decision): string | undefined {
  const { candidates } = decision;
  for (const field of ["mask", "probabilities", "expectedRewards"] as const) {
    const length = decision[field]?.length ?? candidates.length;
    if (length !== candidates.length) return `${field}: ${length} values for ${candidates.length} candidates`;
  }
  return undefined;
}

/** Refuses what is no fact of a kind, with FACT_INVALID. */
export function checkFact(kind: FactKind, value: unknown): void {
  const { flaw } = factFrom(kind, value);
  if (flaw !== undefined) throw factInvalid(kind, value, flaw);
}

function factInvalid(kind: FactKind, value: unknown, flaw: string): LearningError {
  const id = (value as { workflowId?: unknown } | null | undefined)?.workflowId;
  return new LearningError("FACT_INVALID", {
    received: `a ${kind} record of the run ${show(id)} with a wrong field (${flaw})`,
    expected: `a record of the ${kind} schema`,
    remedy: "Correct the field; nothing was stored.",
  });
}
