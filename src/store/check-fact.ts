import type { z } from "zod";
import { decisionSchema, feedbackRecordSchema, LearningError, show, traceSegmentSchema } from "../core/index.js";
import type { FactKind, FactTypes } from "./learning-store.js";

const SCHEMAS: { [K in FactKind]: z.ZodType<FactTypes[K], unknown> } = {
  trace: traceSegmentSchema,
  decision: decisionSchema,
  feedback: feedbackRecordSchema,
};

/** Why a value is no fact of a kind ("nodes.0.startedAt: Invalid ISO datetime"); undefined when it is one. */
export function flawOf(kind: FactKind, value: unknown): string | undefined {
  const parsed = SCHEMAS[kind].safeParse(value);
  const issue = parsed.error?.issues[0];
  return issue && `${issue.path.map(String).join(".") || "the record"}: ${issue.message}`;
}

/** Refuses what is no fact of a kind, with FACT_INVALID. */
export function checkFact(kind: FactKind, value: unknown): void {
  const flaw = flawOf(kind, value);
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
