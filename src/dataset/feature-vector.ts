/**
 * A sparse vector of features: `values[k]` stands at position `indices[k]` (ascending, unique);
 * all other positions up to `dim` are zero.
 */
export interface FeatureVector {
  readonly dim: number;
  /** Positions from here on are of texts, of whose words each vector holds a few; absent where there are none. */
  readonly denseDim?: number;
  /**
   * Where the words begin; the positions from `denseDim` up to here sum the texts up in a few numbers.
   * Absent where there are none.
   */
  readonly wordsFrom?: number;
  readonly indices: Int32Array;
  readonly values: Float64Array;
}

/** A sparse vector from a dense array (all positions kept). */
export function denseVector(values: ArrayLike<number>): FeatureVector {
  const indices = new Int32Array(values.length);
  for (let i = 0; i < indices.length; i++) indices[i] = i;
  return { dim: values.length, indices, values: Float64Array.from(values) };
}
