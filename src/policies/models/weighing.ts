import { ExpertWeights, LOSS_DECAY } from "./expert-weights.js";
import { invalidSnapshot } from "./packed.js";

/** Learning rate of the weights: squared errors of rewards in [0,1] (Vovk 1998). */
const RATE = 2;
/**
 * Learning rate of the weights that experts have in what sets candidates apart: small, since that is a small
 * part of a reward, where the mean of several experts is better than the best of them.
 */
const APART_RATE = 0.5;
/** Distances between candidates are never reduced to less than this share. */
const LEAST_SLOPE = 0.2;
/** Squared distance between predictions that are taken for right before there are rows. */
const SPREAD_PRIOR = 2;

/** What is weighed in a mixture, each as in its options. */
export interface WeighingOptions {
  /** Squared errors that each expert starts with. */
  handicaps?: readonly number[];
  /** Whether what sets candidates apart has weights of its own. */
  apart?: boolean;
  /** Whether distances between candidates are corrected. */
  calibrated?: boolean;
}

/** What was learned of a mixture's experts, as plain JSON. */
export interface WeighingSnapshot {
  losses?: unknown;
  apart?: unknown;
  spread?: unknown;
}

/** What was learned of a mixture's experts in contexts of one kind. */
export class Weighing {
  /** Their weights in the mean reward. */
  readonly whole: ExpertWeights;
  /** Their weights in what sets candidates apart; {@link whole} where they are the same. */
  readonly apart: ExpertWeights;
  /** How far candidates lay apart in predictions, and how far apart their rewards were along with it. */
  private spread = { squares: SPREAD_PRIOR, products: SPREAD_PRIOR };

  constructor(
    count: number,
    private readonly options: WeighingOptions,
  ) {
    this.whole = new ExpertWeights(count, RATE, options.handicaps);
    this.apart = options.apart ? new ExpertWeights(count, APART_RATE) : this.whole;
  }

  /** What experts earned before no longer counts. */
  forget(): void {
    this.whole.forget();
    this.apart.forget();
    this.weigh();
  }

  /** Makes the weights anew from what was charged. */
  weigh(): void {
    this.whole.weigh();
    if (this.options.apart) this.apart.weigh();
  }

  /**
   * Share of the predicted distance between candidates that is found again in rewards: below one where
   * differences were learned from noise, which the best candidate would be overrated by.
   */
  get slope(): number {
    return Math.min(1, Math.max(LEAST_SLOPE, this.spread.products / this.spread.squares));
  }

  /**
   * Learns how far apart rewards are where predictions were.
   * @param predicted what the choice was foretold to have beyond the mean of all candidates, brought together by {@link slope}
   * @param found what it had
   */
  calibrate(predicted: number, found: number, weight = 1): void {
    const apart = predicted / this.slope;
    this.spread.squares = this.spread.squares * (1 - LOSS_DECAY) + weight * apart * apart;
    this.spread.products = this.spread.products * (1 - LOSS_DECAY) + weight * apart * found;
  }

  snapshot(): WeighingSnapshot {
    const { apart, calibrated } = this.options;
    return {
      losses: this.whole.snapshot(),
      ...(apart && { apart: this.apart.snapshot() }),
      ...(calibrated && { spread: { ...this.spread } }),
    };
  }

  /** Takes what a snapshot holds; fails with SNAPSHOT_INVALID. */
  load({ losses, apart, spread }: WeighingSnapshot): void {
    this.whole.load(losses);
    if (this.options.apart) this.apart.load(apart);
    if (this.options.calibrated) this.spread = restoredSpread(spread);
  }
}

function restoredSpread(state: unknown): { squares: number; products: number } {
  const { squares, products } = (state ?? {}) as { squares?: number; products?: number };
  if (!Number.isFinite(squares) || !Number.isFinite(products) || !((squares as number) > 0))
    throw invalidSnapshot("a mixture without its calibration", "squares and products of distances");
  return { squares: squares as number, products: products as number };
}
