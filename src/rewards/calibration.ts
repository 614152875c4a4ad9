/** Residuals remembered at most; the oldest go first. */
const WINDOW = 4000;
/** Residuals a third of the predictions needs to be calibrated by itself. */
const ENOUGH_FOR_THIRDS = 50;

/** A calibration as plain JSON. */
export interface CalibrationSnapshot {
  center: number;
  width: number;
  scale: number[];
  cuts: [number, number];
  predictions: number[];
  scores: number[];
}

/**
 * Predictive intervals by cross-conformal calibration (Vovk, 2015; Barber et al., 2021): out-of-fold
 * residuals, divided by how large residuals usually are at such a prediction, are ranked within
 * thirds of the predicted value, so that coverage holds in each third and not just on the whole.
 */
export class Calibration {
  private constructor(
    private readonly s: CalibrationSnapshot,
    private sorted: Float64Array[],
  ) {}

  /**
   * @param predictions out of fold
   * @param spread disagreement of the members at each prediction
   */
  static fit(predictions: Float64Array, spread: Float64Array, y: Float64Array): Calibration {
    const n = y.length;
    const center = predictions.reduce((a, b) => a + b, 0) / n;
    const width = Math.sqrt(predictions.reduce((a, p) => a + (p - center) ** 2, 0) / n) || 1;
    const size = predictions.map((p, i) => Math.abs(y[i] - p));
    const scale = leastSquares(
      Array.from(predictions, (p, i) => basis(p, spread[i], center, width)),
      size,
    );
    scale.push(0.3 * (size.reduce((a, b) => a + b, 0) / n) || 1e-9);
    const ordered = Float64Array.from(predictions).sort();
    const cuts: [number, number] = [ordered[Math.floor(n / 3)], ordered[Math.floor((2 * n) / 3)]];
    const made = new Calibration({ center, width, scale, cuts, predictions: [], scores: [] }, []);
    made.add(predictions, spread, y);
    return made;
  }

  static restore(snapshot: CalibrationSnapshot): Calibration {
    const made = new Calibration(structuredClone(snapshot), []);
    made.sort();
    return made;
  }

  /** Takes the errors of predictions made before their outcome was known. */
  add(predictions: Float64Array, spread: Float64Array, y: Float64Array): void {
    predictions.forEach((p, i) => {
      this.s.predictions.push(p);
      this.s.scores.push(Math.abs(y[i] - p) / this.usualError(p, spread[i]));
    });
    this.s.predictions.splice(0, Math.max(0, this.s.predictions.length - WINDOW));
    this.s.scores.splice(0, Math.max(0, this.s.scores.length - WINDOW));
    this.sort();
  }

  /**
   * Half the width of the interval that holds the outcome with probability `level`: infinite where
   * there are too few residuals for such a level. Between two ranks it is interpolated, so that few
   * residuals do not make every interval wider than asked for.
   */
  halfWidth(prediction: number, spread: number, level: number): number {
    const scores = this.sorted[this.third(prediction)];
    const rank = (scores.length + 1) * level;
    if (rank > scores.length) return Number.POSITIVE_INFINITY;
    const above = scores[Math.max(1, Math.ceil(rank)) - 1];
    const below = scores[Math.max(1, Math.floor(rank)) - 1];
    return (below + (rank % 1) * (above - below)) * this.usualError(prediction, spread);
  }

  /** Expected squared error of such a prediction. */
  variance(prediction: number, spread: number): number {
    const scores = this.sorted[this.third(prediction)];
    const square = scores.reduce((a, s) => a + s * s, 0) / scores.length;
    return square * this.usualError(prediction, spread) ** 2;
  }

  snapshot(): CalibrationSnapshot {
    return structuredClone(this.s);
  }

  private usualError(prediction: number, spread: number): number {
    const { center, width, scale } = this.s;
    const x = basis(prediction, spread, center, width);
    let sum = 0;
    for (let j = 0; j < x.length; j++) sum += x[j] * scale[j];
    return Math.max(sum, scale[x.length]);
  }

  private third(prediction: number): number {
    return prediction < this.s.cuts[0] ? 0 : prediction < this.s.cuts[1] ? 1 : 2;
  }

  private sort(): void {
    const all = Float64Array.from(this.s.scores).sort();
    this.sorted = [0, 1, 2].map((third) => {
      const own = this.s.scores.filter((_, i) => this.third(this.s.predictions[i]) === third);
      return own.length >= ENOUGH_FOR_THIRDS ? Float64Array.from(own).sort() : all;
    });
  }
}

function basis(prediction: number, spread: number, center: number, width: number): number[] {
  const u = Math.max(-3, Math.min(3, (prediction - center) / width));
  return [1, u, u * u, spread / width];
}

/** Least squares with a slight ridge, for a handful of columns. */
function leastSquares(x: readonly number[][], y: Float64Array): number[] {
  const d = x[0]?.length ?? 0;
  const a = Array.from({ length: d }, (_, i) =>
    Array.from({ length: d + 1 }, (_, j) =>
      j < d
        ? x.reduce((s, row) => s + row[i] * row[j], 0) + (i === j && i > 0 ? 0.02 * x.length : 0)
        : x.reduce((s, row, r) => s + row[i] * y[r], 0),
    ),
  );
  for (let i = 0; i < d; i++) {
    const pivot = a[i];
    for (let k = 0; k < d; k++) {
      if (k === i) continue;
      const row = a[k];
      const factor = row[i] / pivot[i];
      for (let j = i; j <= d; j++) row[j] = row[j] - factor * pivot[j];
    }
  }
  return a.map((row, i) => row[d] / row[i]);
}
