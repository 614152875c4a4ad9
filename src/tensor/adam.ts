/** What Adam remembers between steps; plain arrays, so that training can be saved and resumed. */
export interface AdamState {
  step: number;
  /** Running mean of the gradient. */
  mean: Float64Array;
  /** Running mean of its square. */
  square: Float64Array;
}

/** Settings of one Adam step. */
export interface AdamOptions {
  learningRate: number;
  /** The gradient is scaled down to this length where it is longer (default: never). */
  maxNorm?: number;
  /** Added to the root of the square (default 1e-8). */
  epsilon?: number;
  /** Decoupled weight decay (Loshchilov and Hutter, 2019) per step, times the learning rate (default 0). */
  weightDecay?: number;
}

/** A fresh state for so many parameters. */
export function adamState(parameters: number): AdamState {
  return { step: 0, mean: new Float64Array(parameters), square: new Float64Array(parameters) };
}

/**
 * One step of Adam (Kingma and Ba, 2015; decay rates 0.9 and 0.999), in place.
 * @returns the gradient's length before it was scaled
 */
export function adamStep(
  parameters: Float64Array,
  gradient: Float64Array,
  state: AdamState,
  options: AdamOptions,
): number {
  const { learningRate, maxNorm = Number.POSITIVE_INFINITY, epsilon = 1e-8, weightDecay = 0 } = options;
  const { mean, square } = state;
  let norm = 0;
  for (let k = 0; k < gradient.length; k++) norm += gradient[k] ** 2;
  norm = Math.sqrt(norm);
  const scale = norm > maxNorm ? maxNorm / norm : 1;
  state.step++;
  const rate = (learningRate * Math.sqrt(1 - 0.999 ** state.step)) / (1 - 0.9 ** state.step);
  const shift = epsilon * Math.sqrt(1 - 0.999 ** state.step);
  const keep = 1 - learningRate * weightDecay;
  for (let k = 0; k < gradient.length; k++) {
    const g = gradient[k] * scale;
    const m = 0.9 * mean[k] + 0.1 * g;
    const v = 0.999 * square[k] + 0.001 * g * g;
    mean[k] = m;
    square[k] = v;
    parameters[k] = keep * parameters[k] - (rate * m) / (Math.sqrt(v) + shift);
  }
  return norm;
}
