import type { Network } from "../math/network.js";

/** Which engine: by name, or `auto`: by the size of the work. */
export type EngineChoice = "auto" | "plain" | "tensorflow";

/**
 * Computes what training a network needs, on batches held row-major in flat arrays. Two
 * implementations with the same results: TensorFlow.js, and plain typed arrays, which win for the
 * small networks of routing and control, where an operation's fixed cost outweighs its work.
 */
export interface GradientEngine {
  readonly name: string;
  /** Outputs for `rows` inputs, row-major; valid until the engine's next call. */
  forward(network: Network, x: Float64Array, rows: number): Float64Array;
  /**
   * The gradient of a loss with respect to all parameters, in the order of `network.parameters`.
   * @param outputGradient given the outputs, the loss's gradient with respect to each of them
   * @returns valid until the engine's next call
   */
  gradient(
    network: Network,
    x: Float64Array,
    rows: number,
    outputGradient: (outputs: Float64Array) => Float64Array,
  ): Float64Array;
  /** Frees what the engine holds; it cannot be used afterwards. */
  dispose(): void;
}
