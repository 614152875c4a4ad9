/** A loss over a batch: its value per row, and its gradient with respect to the outputs, written into `gradient`. */
export type Loss = (
  outputs: Float64Array,
  targets: Float64Array,
  weights: Float64Array,
  gradient: Float64Array,
  /** Outputs per row. */
  width: number,
) => number;

/** Half the squared error; one output and one target per row. */
export const squaredError: Loss = (outputs, targets, weights, gradient) => {
  let loss = 0;
  for (let r = 0; r < outputs.length; r++) {
    const error = outputs[r] - targets[r];
    const weight = weights[r];
    gradient[r] = weight * error;
    loss += 0.5 * weight * error * error;
  }
  return loss;
};

/** Minus the log-likelihood of a target in [0,1]; the output is the logit. */
export const logistic: Loss = (outputs, targets, weights, gradient) => {
  let loss = 0;
  for (let r = 0; r < outputs.length; r++) {
    const z = outputs[r];
    const target = targets[r];
    const weight = weights[r];
    gradient[r] = weight * (1 / (1 + Math.exp(-z)) - target);
    loss += weight * (Math.max(z, 0) - z * target + Math.log1p(Math.exp(-Math.abs(z))));
  }
  return loss;
};

/** Minus the log-likelihood of the target class (an index); the outputs are the classes' logits. */
export const crossEntropy: Loss = (outputs, targets, weights, gradient, width) => {
  let loss = 0;
  for (let r = 0; r < targets.length; r++) {
    const start = r * width;
    let top = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < width; c++) top = Math.max(top, outputs[start + c]);
    let sum = 0;
    for (let c = 0; c < width; c++) sum += Math.exp(outputs[start + c] - top);
    const weight = weights[r];
    const target = targets[r];
    for (let c = 0; c < width; c++) {
      const p = Math.exp(outputs[start + c] - top) / sum;
      gradient[start + c] = weight * (p - (c === target ? 1 : 0));
    }
    loss += weight * (top + Math.log(sum) - outputs[start + target]);
  }
  return loss;
};
