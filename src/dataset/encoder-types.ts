import type { DecisionContext } from "../core/index.js";
import type { FeatureVector } from "./feature-vector.js";

/** An encoding as plain JSON; the same snapshot gives the same vectors in every process. */
export interface EncoderSnapshot {
  kind: string;
  /** Hash of everything that determines the vectors. */
  version: string;
  [key: string]: unknown;
}

/** Turns contexts into vectors of one fixed length. */
export interface FeatureEncoder {
  /** Names the encoding; rows encoded under different versions must not be mixed. */
  readonly version: string;
  readonly dim: number;
  /** Never throws for plain values: unseen fields are ignored, missing ones have their own indicator. */
  encode(context: DecisionContext): FeatureVector;
  /** What position `index` stands for, for explanations ("text: 'invoice'", "length", ...). */
  featureName(index: number): string;
  snapshot(): EncoderSnapshot;
}
