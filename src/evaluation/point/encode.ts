import type { DecisionRow, FeatureEncoder } from "../../dataset/index.js";
import type { PolicyInput, PolicyRow } from "../../policies/index.js";

/** The encoders of a routing artifact, restored. */
export interface RowEncoders {
  context: FeatureEncoder;
  candidate?: FeatureEncoder;
}

/** A row as a policy sees it at serving. */
export function inputOf(row: DecisionRow, encoders: RowEncoders): PolicyInput {
  const { candidate } = encoders;
  return {
    context: encoders.context.encode(row.context),
    candidates: row.candidates,
    ...(row.mask && { mask: row.mask }),
    ...(candidate && {
      candidateFeatures: row.candidates.map((name) => candidate.encode(row.candidateFeatures?.[name] ?? {})),
    }),
  };
}

/** A rated row as a policy learns from it; undefined without reward, or when the chosen one is no candidate. */
export function policyRowOf(row: DecisionRow, encoders: RowEncoders): PolicyRow | undefined {
  const chosen = row.candidates.indexOf(row.chosen);
  if (row.reward === undefined || chosen < 0) return undefined;
  return {
    ...inputOf(row, encoders),
    chosen,
    reward: row.reward,
    ...(row.propensity !== undefined && { propensity: row.propensity }),
  };
}
