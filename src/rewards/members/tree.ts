/** A regression tree in flat arrays: node 0 is the root, leaves have `feature` -1. */
export interface Tree {
  feature: Int16Array;
  /** Rows with a value below the threshold go left. */
  threshold: Float32Array;
  /** The left child; the right one follows it. */
  left: Int32Array;
  value: Float32Array;
}

/** The value of the leaf that a row falls into. */
export function leafValue(tree: Tree, row: Float64Array): number {
  const { feature, threshold, left } = tree;
  let node = 0;
  for (;;) {
    const f = feature[node];
    if (f < 0) return tree.value[node];
    node = left[node] + (row[f] < threshold[node] ? 0 : 1);
  }
}

/** Collects nodes while a tree grows. */
export class TreeBuilder {
  private readonly feature: number[] = [];
  private readonly threshold: number[] = [];
  private readonly left: number[] = [];
  private readonly value: number[] = [];

  /** Adds a leaf and returns its place. */
  leaf(value: number): number {
    this.feature.push(-1);
    this.threshold.push(0);
    this.left.push(0);
    this.value.push(value);
    return this.feature.length - 1;
  }

  /** Turns a leaf into a split over two new leaves; returns the place of the left one. */
  split(node: number, feature: number, threshold: number, leftValue: number, rightValue: number): number {
    this.feature[node] = feature;
    this.threshold[node] = threshold;
    const left = this.leaf(leftValue);
    this.leaf(rightValue);
    this.left[node] = left;
    return left;
  }

  build(): Tree {
    return {
      feature: Int16Array.from(this.feature),
      threshold: Float32Array.from(this.threshold),
      left: Int32Array.from(this.left),
      value: Float32Array.from(this.value),
    };
  }
}
