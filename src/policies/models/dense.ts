import type { FeatureVector } from "../../dataset/index.js";

/** Up to this many positions a vector is small enough for a full covariance, words and all. */
export const MOST_DENSE_POSITIONS = 512;

/** How many of a vector's entries a model with full covariance uses: in a long vector those before the words of texts. */
export function denseCount({ dim, indices, denseDim = dim }: FeatureVector): number {
  if (dim <= MOST_DENSE_POSITIONS) return indices.length;
  let low = 0;
  let high = indices.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (indices[middle] < denseDim) low = middle + 1;
    else high = middle;
  }
  return low;
}
