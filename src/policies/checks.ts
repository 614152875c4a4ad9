import { checkArgument } from "../core/arguments.js";
import { LearningError, show } from "../core/index.js";
import type { PolicyInput, PolicyRow } from "./routing-policy.js";

/** Indices of the candidates that may be chosen; fails with POLICY_INVALID when the input fits no policy of `dim`. */
export function allowedOf(input: PolicyInput, dim: number): number[] {
  if (typeof input?.context !== "object" || input.context === null || !Array.isArray(input.candidates))
    throw policyInvalid(`the input ${show(input)}`, "an object with an encoded context and a list of candidates");
  const { context, candidates, mask } = input;
  if (context.dim !== dim) throw policyInvalid(`a context of length ${context.dim}`, `length ${dim}`);
  const { values } = context;
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i])) throw policyInvalid(`a context with the value ${values[i]}`, "finite values");
  if (mask && mask.length !== candidates.length)
    throw policyInvalid(
      `a mask of length ${mask.length} for ${candidates.length} candidates`,
      "one entry for each candidate",
    );
  const allowed: number[] = [];
  for (let i = 0; i < candidates.length; i++) if (!mask || mask[i]) allowed.push(i);
  if (allowed.length === 0)
    throw policyInvalid(`${candidates.length} candidates, none allowed`, "at least one allowed candidate");
  return allowed;
}

/** Fails with POLICY_INVALID when a row cannot be learned from: one NaN would spoil a model for good. */
export function checkRow(row: PolicyRow, dim: number): void {
  if (typeof row?.context !== "object" || row.context === null || !Array.isArray(row.candidates))
    throw policyInvalid(`the row ${show(row)}`, "an object with an encoded context, candidates, chosen and reward");
  const { context, candidates, candidateFeatures, chosen, reward, weight = 1 } = row;
  if (context.dim !== dim) throw policyInvalid(`a row with a context of length ${context.dim}`, `length ${dim}`);
  if (!(Number.isInteger(chosen) && chosen >= 0 && chosen < candidates.length))
    throw policyInvalid(
      `a row that chose ${show(chosen)} of ${candidates.length} candidates`,
      "an index into its candidates",
    );
  if (!(reward >= 0 && reward <= 1)) throw policyInvalid(`a reward of ${show(reward)}`, "a number in [0,1]");
  for (const x of candidateFeatures ? [context, ...candidateFeatures] : [context]) {
    const bad = x.indices.findIndex((at, k) => !(at >= 0 && at < x.dim && Number.isFinite(x.values[k])));
    if (bad >= 0)
      throw policyInvalid(
        `a row with the value ${x.values[bad]} at position ${x.indices[bad]}`,
        `finite values at positions below ${x.dim}`,
      );
  }
  if (!(weight >= 0 && Number.isFinite(weight)))
    throw policyInvalid(`a weight of ${show(weight)}`, "a finite number >= 0");
}

/** Fails with POLICY_INVALID when rows cannot be learned from. */
export function checkRows(rows: readonly PolicyRow[], dim: number): void {
  checkArgument(rows, "rows", "list", "POLICY_INVALID");
  for (const row of rows) checkRow(row, dim);
}

/** The error of every input a policy cannot work with. */
export function policyInvalid(received: string, expected: string): LearningError {
  return new LearningError("POLICY_INVALID", {
    received,
    expected,
    remedy: "Encode contexts with the encoder the policy was made for, and give each decision its candidates.",
  });
}
