import type { FeatureVector } from "../../dataset/index.js";
import { pack } from "../../math/packing.js";
import { denseCount } from "./dense.js";
import { invalidSnapshot, unpack64 } from "./packed.js";
import type { Example, Regressor, RegressorSnapshot } from "./regressor.js";

/** Options of {@link OnlineRidge}. */
export interface RidgeOptions {
  /** Precision of the prior on every weight. */
  lambda: number;
  /**
   * Share of the evidence along an example's direction that the example replaces (default 0: nothing is
   * forgotten). Directional forgetting (Kulhavy and Karny 1984): what is not seen again is kept.
   */
  forgetting?: number;
}

/** Rewards in [0,1] vary at most this much; the prior of the noise estimate, worth {@link NOISE_COUNT} rows. */
const NOISE_VARIANCE = 0.25;
const NOISE_COUNT = 4;
/** Positions that take part at most; later ones are ignored, so that time and memory stay bounded. */
const MOST_SLOTS = 1024;

/**
 * Recursive least squares: Bayesian ridge regression with full covariance, exact after every example
 * (Sherman and Morrison 1950). Only positions that were ever non-zero take part; for all others the
 * posterior is the prior, so a wide and mostly empty space costs nothing. Words of texts in long vectors
 * take no part. Time per example and for
 * `standardError` is quadratic in the number of positions seen.
 */
export class OnlineRidge implements Regressor {
  private count = 1;
  private capacity = 16;
  /** Position to slot; 0 (the intercept's) where the position was never seen. */
  private slotOf = new Int32Array(64);
  private positions = new Int32Array(16);
  /** Inverse of (lambda I + sum of weighted x x'), row-major with stride `capacity`. */
  private inverse = new Float64Array(16 * 16);
  private theta = new Float64Array(16);
  private gain = new Float64Array(16);
  private noise = NOISE_VARIANCE * NOISE_COUNT;
  private noiseCount = NOISE_COUNT;
  /** The example at hand in slots: filled by `resolve`. */
  private slots = new Int32Array(64);
  private values = new Float64Array(64);
  private known = 0;
  private scattered = new Float64Array(64);

  constructor(private readonly options: RidgeOptions) {
    this.inverse[0] = 1 / options.lambda;
  }

  mean(x: FeatureVector): number {
    return this.theta[0] + this.part(x, denseCount(x), 0);
  }

  /** What the first `length` entries of `x` add to a mean, where their positions begin at `offset`. */
  part({ indices, values }: FeatureVector, length: number, offset: number): number {
    const { slotOf, theta } = this;
    let sum = 0;
    for (let k = 0; k < length; k++) {
      const slot = slotOf[offset + indices[k]];
      if (slot) sum += values[k] * theta[slot];
    }
    return sum;
  }

  /** What is added to every mean. */
  get intercept(): number {
    return this.theta[0];
  }

  /** Weight of a position; zero where it was never seen. */
  weightAt(position: number): number {
    const slot = this.slotOf[position];
    return slot ? this.theta[slot] : 0;
  }

  standardError(x: FeatureVector): number {
    return Math.sqrt((this.noise / this.noiseCount) * this.leverage(x));
  }

  /** x' inverse x, the intercept included. */
  private leverage(x: FeatureVector): number {
    const unseen = this.resolve(x) / this.options.lambda;
    return Math.max(0, unseen + (2 * this.known >= this.count ? this.denseLeverage() : this.sparseLeverage()));
  }

  private sparseLeverage(): number {
    const { inverse, capacity, slots, values, known } = this;
    let sum = inverse[0];
    for (let k = 0; k < known; k++) {
      const v = values[k];
      const row = slots[k] * capacity;
      let cross = inverse[row];
      for (let j = 0; j < k; j++) cross += values[j] * inverse[row + slots[j]];
      sum += v * (2 * cross + v * inverse[row + slots[k]]);
    }
    return sum;
  }

  /** The same for an example in which most slots are taken: four rows at a time, which read each entry of it once. */
  private denseLeverage(): number {
    const { inverse, capacity, slots, values, known, count } = this;
    if (this.scattered.length < count) this.scattered = new Float64Array(capacity);
    const { scattered: x } = this;
    x.fill(0, 0, count);
    x[0] = 1;
    for (let k = 0; k < known; k++) x[slots[k]] = values[k];
    let sum = 0;
    let i = 0;
    for (; i + 3 < count; i += 4) {
      const p = i * capacity;
      const q = p + capacity;
      const r = q + capacity;
      const s = r + capacity;
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let j = 0; j < i; j++) {
        const v = x[j];
        a += v * inverse[p + j];
        b += v * inverse[q + j];
        c += v * inverse[r + j];
        d += v * inverse[s + j];
      }
      const v = x[i];
      const w = x[i + 1];
      const y = x[i + 2];
      const z = x[i + 3];
      b += v * inverse[q + i];
      c += v * inverse[r + i] + w * inverse[r + i + 1];
      d += v * inverse[s + i] + w * inverse[s + i + 1] + y * inverse[s + i + 2];
      sum += v * (2 * a + v * inverse[p + i]) + w * (2 * b + w * inverse[q + i + 1]);
      sum += y * (2 * c + y * inverse[r + i + 2]) + z * (2 * d + z * inverse[s + i + 3]);
    }
    for (; i < count; i++) {
      const row = i * capacity;
      let a = 0;
      for (let j = 0; j < i; j++) a += x[j] * inverse[row + j];
      sum += x[i] * (2 * a + x[i] * inverse[row + i]);
    }
    return sum;
  }

  /** Fills `slots` and `values` with what of `x` has a slot; returns the squared length of the rest. */
  private resolve(x: FeatureVector): number {
    const { indices, values: from } = x;
    const length = denseCount(x);
    if (this.slots.length < length) {
      this.slots = new Int32Array(length * 2);
      this.values = new Float64Array(length * 2);
    }
    const { slotOf, slots, values } = this;
    let known = 0;
    let unseen = 0;
    for (let k = 0; k < length; k++) {
      const slot = slotOf[indices[k]];
      const v = from[k];
      if (slot) {
        slots[known] = slot;
        values[known++] = v;
      } else if (this.count < MOST_SLOTS) unseen += v * v;
    }
    this.known = known;
    return unseen;
  }

  learn(examples: readonly Example[]): void {
    for (const { x, y, weight } of examples) if (weight > 0) this.add(x, y, weight);
  }

  private add(x: FeatureVector, y: number, weight: number): void {
    const entries = denseCount(x);
    for (let k = 0; k < entries; k++) this.seat(x.indices[k]);
    this.resolve(x);
    const { inverse, capacity, count, theta, gain, slots, values, known } = this;
    for (let i = 0; i < count; i++) {
      const row = i * capacity;
      let sum = inverse[row];
      for (let k = 0; k < known; k++) sum += values[k] * inverse[row + slots[k]];
      gain[i] = sum;
    }
    let leverage = gain[0];
    let length = 1;
    for (let k = 0; k < known; k++) {
      leverage += values[k] * gain[slots[k]];
      length += values[k] ** 2;
    }
    const residual = y - this.mean(x);
    const forget = 1 - (this.options.forgetting ?? 0);
    const decay = 1 - (1 - forget) / 10;
    this.noise = this.noise * decay + (weight * residual * residual) / (1 + leverage);
    this.noiseCount = this.noiseCount * decay + weight;
    // Forgetting raises the uncertainty along x by 1 / forget, never above the prior's; it and the
    // update are both of rank one along `gain`, and so are done at once.
    const raised = Math.max(leverage, Math.min(leverage / forget, length / this.options.lambda));
    const scale = leverage > 0 ? raised / leverage : 1;
    const factor = (weight * scale) / (1 + weight * raised);
    const change = leverage > 0 ? factor * scale - (scale - 1) / leverage : factor;
    for (let i = 0; i < count; i++) {
      const g = gain[i];
      if (g === 0) continue;
      theta[i] = theta[i] + factor * g * residual;
      const row = i * capacity;
      // Both halves get the same number, so that the matrix stays symmetric to the last bit.
      for (let j = 0; j <= i; j++) {
        const value = inverse[row + j] - change * g * gain[j];
        inverse[row + j] = value;
        inverse[j * capacity + i] = value;
      }
    }
  }

  /** Gives a position a slot when it has none and there is room. */
  private seat(position: number): void {
    if (position >= this.slotOf.length) this.slotOf = wider(this.slotOf, new Int32Array(position * 2));
    if (this.slotOf[position] || this.count === MOST_SLOTS) return;
    if (this.count === this.capacity) this.grow(this.capacity * 2);
    const slot = this.count++;
    this.slotOf[position] = slot;
    this.positions[slot] = position;
    this.inverse[slot * this.capacity + slot] = 1 / this.options.lambda;
  }

  private grow(capacity: number): void {
    const inverse = new Float64Array(capacity ** 2);
    for (let i = 0; i < this.count; i++)
      inverse.set(this.inverse.subarray(i * this.capacity, i * this.capacity + this.count), i * capacity);
    this.inverse = inverse;
    this.theta = wider(this.theta, new Float64Array(capacity));
    this.positions = wider(this.positions, new Int32Array(capacity));
    this.gain = new Float64Array(capacity);
    this.capacity = capacity;
  }

  parts(x: FeatureVector): { bias: number; contributions: Float64Array } {
    const contributions = new Float64Array(x.indices.length);
    for (let k = 0; k < denseCount(x); k++) {
      const slot = this.slotOf[x.indices[k]];
      if (slot) contributions[k] = x.values[k] * this.theta[slot];
    }
    return { bias: this.theta[0], contributions };
  }

  snapshot(): RegressorSnapshot {
    const { count, capacity } = this;
    const triangle = new Float64Array((count * (count + 1)) / 2);
    for (let i = 0, at = 0; i < count; i++)
      for (let j = 0; j <= i; j++) triangle[at++] = this.inverse[i * capacity + j];
    return {
      kind: "ridge",
      noise: this.noise,
      noiseCount: this.noiseCount,
      positions: Array.from(this.positions.subarray(1, count)),
      theta: pack(this.theta.slice(0, count)),
      inverse: pack(triangle),
    };
  }

  /** The regressor of a snapshot; fails with SNAPSHOT_INVALID. */
  static restore(options: RidgeOptions, snapshot: RegressorSnapshot): OnlineRidge {
    const { positions, noise, noiseCount } = snapshot;
    const ridge = new OnlineRidge(options);
    const valid =
      snapshot.kind === "ridge" &&
      Array.isArray(positions) &&
      positions.length < MOST_SLOTS &&
      positions.every((p) => Number.isInteger(p) && p >= 0 && p < 2 ** 26) &&
      new Set(positions).size === positions.length &&
      isPositive(noise) &&
      isPositive(noiseCount);
    if (!valid) throw invalidSnapshot("a ridge regressor with impossible positions or noise", "a ridge regressor");
    for (const p of positions as number[]) ridge.seat(p);
    const { count, capacity } = ridge;
    ridge.theta.set(unpack64(snapshot.theta, count));
    const triangle = unpack64(snapshot.inverse, (count * (count + 1)) / 2);
    for (let i = 0, at = 0; i < count; i++)
      for (let j = 0; j <= i; j++) {
        const value = triangle[at++];
        ridge.inverse[i * capacity + j] = value;
        ridge.inverse[j * capacity + i] = value;
      }
    ridge.noise = noise as number;
    ridge.noiseCount = noiseCount as number;
    return ridge;
  }
}

function wider<T extends Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

const isPositive = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value) && value > 0;
