import { LearningError, show } from "../core/index.js";
import type { Network } from "../math/network.js";
import { createRng, shuffled } from "../math/rng.js";
import { adamState, adamStep } from "./adam.js";
import { chooseEngine } from "./choose-engine.js";
import type { EngineChoice } from "./engine.js";
import { createNetwork } from "./init.js";
import { crossEntropy, logistic, squaredError } from "./losses.js";
import { foldScaling, type Scaling, scalingOf } from "./scaling.js";

/** What to fit, and how. */
export interface TrainMlpOptions {
  /** One row per example, all of one length. */
  x: readonly ArrayLike<number>[];
  /** One target per row: a number, a probability in [0,1], or the index of a class. */
  y: ArrayLike<number>;
  /** `regression`: squared error, one output. `binary`: log loss, one logit. `classes`: log loss, one logit per class. */
  task: "regression" | "binary" | "classes";
  /** Importance of each row (default 1 each). */
  weights?: ArrayLike<number>;
  /** Widths of the hidden layers (default `[32]`). */
  hidden?: readonly number[];
  /** Passes over the data at most (default 100). */
  epochs?: number;
  /** Rows per step (default 32). */
  batchSize?: number;
  /** Adam's (default 0.003). */
  learningRate?: number;
  /** Decoupled weight decay (default 0.01). */
  weightDecay?: number;
  /** Share of rows held out to decide when to stop (default 0.15; 0 trains for all epochs). */
  validationShare?: number;
  /** Epochs without a better held-out loss after which training stops (default 10). */
  patience?: number;
  /** Of the start, the held-out rows and their order (default 0). */
  seed?: number | string;
  engine?: EngineChoice;
  /** Looked at before each epoch; true ends training, keeping the best network so far. */
  cancelled?: () => boolean;
  /** Called after each epoch with its mean losses. */
  onEpoch?: (epoch: number, trainLoss: number, validationLoss: number | undefined) => void;
}

/** A fitted network in the units of the data (all scaling is folded into its weights). */
export interface TrainedMlp {
  network: Network;
  /** Mean training loss of each epoch, in the scaled units of the fit. */
  losses: number[];
  /** Mean held-out loss of each epoch; empty without held-out rows. */
  validationLosses: number[];
  /** The engine that computed the gradients. */
  engine: string;
}

/**
 * Fits a small multi-layer perceptron by Adam with early stopping. Inputs (and a regression's
 * target) are standardised inside; the network returned takes and gives the raw units. The same
 * options give the same network on the same engine.
 * @throws LearningError TRAINING_INVALID for shapes that do not fit, NaN, or a target out of range
 */
export async function trainMlp(options: TrainMlpOptions): Promise<TrainedMlp> {
  const { x, y, task, hidden = [32], epochs = 100, batchSize = 32, learningRate = 0.003, weightDecay = 0.01 } = options;
  const { validationShare = 0.15, patience = 10, seed = 0 } = options;
  const inputs = checked(options);
  const outputs = task === "classes" ? 1 + maxOf(y) : 1;
  const rng = createRng(seed);
  const scaling = scalingOf(x, task === "regression" ? y : undefined);
  const network = createNetwork({ inputs, outputs, hidden }, rng.fork("start"));
  const order = shuffled([...x.keys()], rng.fork("split"));
  const heldOut = order.splice(0, Math.floor(validationShare * x.length));
  const loss = { regression: squaredError, binary: logistic, classes: crossEntropy }[task];
  const engine = await chooseEngine(network, { engine: options.engine, rows: Math.min(batchSize, order.length) });
  const adam = adamState(network.parameters.length);
  const losses: number[] = [];
  const validationLosses: number[] = [];
  let best = { loss: Number.POSITIVE_INFINITY, epoch: 0, parameters: network.parameters.slice() };
  try {
    for (let epoch = 0; epoch < epochs && epoch - best.epoch <= patience && !options.cancelled?.(); epoch++) {
      const shuffledRows = shuffled(order, rng);
      let total = 0;
      let weight = 0;
      for (let from = 0; from < shuffledRows.length; from += batchSize) {
        const batch = gather(options, shuffledRows.slice(from, from + batchSize), scaling, inputs);
        const gradient = engine.gradient(network, batch.x, batch.rows, (out) => {
          const toOutputs = new Float64Array(out.length);
          total += loss(out, batch.y, batch.weights, toOutputs, outputs);
          weight += batch.weight;
          return toOutputs.map((g) => g / batch.rows);
        });
        adamStep(network.parameters, gradient, adam, { learningRate, weightDecay, maxNorm: 10 });
      }
      losses.push(total / weight);
      const validation = heldOut.length > 0 ? evaluate(heldOut) : undefined;
      if (validation !== undefined) validationLosses.push(validation);
      if (validation === undefined || validation < best.loss)
        best = { loss: validation ?? 0, epoch, parameters: network.parameters.slice() };
      options.onEpoch?.(epoch, total / weight, validation);
    }
  } finally {
    engine.dispose();
  }
  network.parameters.set(best.parameters);
  return { network: foldScaling(network, scaling), losses, validationLosses, engine: engine.name };

  function evaluate(rows: readonly number[]): number {
    const batch = gather(options, rows, scaling, inputs);
    const out = engine.forward(network, batch.x, batch.rows);
    return loss(out, batch.y, batch.weights, new Float64Array(out.length), outputs) / batch.weight;
  }
}

function gather(options: TrainMlpOptions, rows: readonly number[], scaling: Scaling, inputs: number) {
  const x = new Float64Array(rows.length * inputs);
  const y = new Float64Array(rows.length);
  const weights = new Float64Array(rows.length).fill(1);
  rows.forEach((row, r) => {
    const source = options.x[row];
    for (let i = 0; i < inputs; i++) x[r * inputs + i] = (source[i] - scaling.mean[i]) / scaling.spread[i];
    y[r] = (options.y[row] - scaling.targetMean) / scaling.targetSpread;
    if (options.weights) weights[r] = options.weights[row];
  });
  return { x, y, weights, rows: rows.length, weight: weights.reduce((sum, w) => sum + w, 0) };
}

function maxOf(values: ArrayLike<number>): number {
  let top = 0;
  for (let i = 0; i < values.length; i++) top = Math.max(top, values[i]);
  return top;
}

/** Checks the data; returns the number of inputs. */
function checked({ x, y, task, weights }: TrainMlpOptions): number {
  const inputs = x[0]?.length ?? 0;
  const refuse = (received: string, expected: string): never => {
    throw new LearningError("TRAINING_INVALID", { received, expected, remedy: "Correct the training data." });
  };
  if (x.length < 2 || inputs === 0) refuse(`${x.length} rows of ${inputs} inputs`, "at least 2 rows and 1 input");
  if (y.length !== x.length) refuse(`${y.length} targets for ${x.length} rows`, "one target per row");
  if (weights && weights.length !== x.length) refuse(`${weights.length} weights for ${x.length} rows`, "one per row");
  for (let r = 0; r < x.length; r++) {
    const row = x[r];
    if (row.length !== inputs) refuse(`row ${r} with ${row.length} inputs`, `${inputs}, as in row 0`);
    for (let i = 0; i < inputs; i++)
      if (!Number.isFinite(row[i])) refuse(`${row[i]} at row ${r}, input ${i}`, "a number");
    const target = y[r];
    if (task === "binary" ? !(target >= 0 && target <= 1) : !Number.isFinite(target))
      refuse(`the target ${show(target)} in row ${r}`, task === "binary" ? "a value in [0,1]" : "a finite number");
    if (task === "classes" && (!Number.isInteger(target) || target < 0)) refuse(`class ${target}`, "an index from 0");
    if (weights && !(weights[r] >= 0)) refuse(`the weight ${weights[r]} in row ${r}`, "at least 0");
  }
  return inputs;
}
