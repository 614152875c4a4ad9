import type { z } from "zod";
import { LearningError, show } from "../errors.js";
import { type Decision, decisionSchema } from "./decision.js";
import { exactShape } from "./exact-shape.js";
import type { FactKind, FactTypes } from "./facts.js";
import { feedbackRecordSchema } from "./feedback.js";
import { traceSegmentSchema } from "./trace.js";

const SCHEMAS: { [K in FactKind]: z.ZodType<FactTypes[K], unknown> } = {
  trace: traceSegmentSchema,
  decision: decisionSchema,
  feedback: feedbackRecordSchema,
};

/** Most values are facts as they are, which is seen without a copy of them; of the others the schemas say what is wrong. */
const IS_EXACT: Record<FactKind, (value: unknown) => boolean> = {
  trace: exactShape(traceSegmentSchema),
  decision: exactShape(decisionSchema),
  feedback: exactShape(feedbackRecordSchema),
};

/** A value as a fact of a kind, without fields that the kind does not have, or why it is none. */
export function factFrom<K extends FactKind>(
  kind: K,
  value: unknown,
): { fact: FactTypes[K]; flaw?: undefined } | { flaw: string } {
  if (IS_EXACT[kind](value)) {
    const flaw = flawBeside(kind, value as FactTypes[K]);
    return flaw === undefined ? { fact: value as FactTypes[K] } : { flaw };
  }
  const parsed = SCHEMAS[kind].safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { flaw: `${issue?.path.map(String).join(".") || "the record"}: ${issue?.message ?? "not of its schema"}` };
  }
  const flaw = flawBeside(kind, parsed.data);
  return flaw === undefined ? { fact: parsed.data } : { flaw };
}

/** What is wrong with a fact that has the shape of its kind. */
const flawBeside = (kind: FactKind, fact: FactTypes[FactKind]) =>
  kind === "decision" ? misaligned(fact as Decision) : undefined;

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
