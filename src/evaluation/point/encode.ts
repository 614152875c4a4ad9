import type { DecisionRow, FeatureEncoder, FeatureVector } from "../../dataset/index.js";
import type { PolicyInput, PolicyRow } from "../../policies/index.js";

/** The encoders of a routing artifact, restored. */
export interface RowEncoders {
  context: FeatureEncoder;
  candidate?: FeatureEncoder;
}

/** Contexts encoded by one encoder; they go with their contexts. */
interface Encoded {
  vectors: WeakMap<object, FeatureVector>;
  /** Numbers they hold. */
  size: number;
}

/** Encoders whose vectors are kept: of what serves and of what is judged against it. */
const MOST_ENCODERS = 2;
/** Numbers kept for each, at twelve bytes. */
const MOST_NUMBERS = 8_000_000;
/** By the encoder's version, the latest made last. */
const encoded = new Map<string, Encoded>();

/**
 * The vector of a context with texts is kept, since training, judging and each look at a trial ask for the same ones
 * over and over, and a text takes long to read.
 */
function contextOf({ context }: DecisionRow, encoder: FeatureEncoder): FeatureVector {
  const kept = encoded.get(encoder.version)?.vectors.get(context);
  if (kept) return kept;
  const vector = encoder.encode(context);
  if (vector.denseDim !== undefined) keep(encoder.version, context, vector);
  return vector;
}

function keep(version: string, context: object, vector: FeatureVector): void {
  let known = encoded.get(version);
  // What was kept of contexts that left is not counted off: beyond the bound all begin anew.
  if (!known || known.size > MOST_NUMBERS) known = { vectors: new WeakMap(), size: 0 };
  known.vectors.set(context, vector);
  known.size += vector.indices.length;
  encoded.set(version, known);
  for (const [oldest] of encoded) if (encoded.size > MOST_ENCODERS) encoded.delete(oldest);
}

/** A row as a policy sees it at serving. */
export function inputOf(row: DecisionRow, encoders: RowEncoders): PolicyInput {
  const { candidate } = encoders;
  return {
    context: contextOf(row, encoders.context),
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
