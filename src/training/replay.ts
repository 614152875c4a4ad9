import type { Rng } from "../math/rng.js";

/** One step, or several in a row seen as one. */
export interface Transition {
  state: Float64Array;
  action: number;
  /** Discounted sum of the rewards on the way. */
  reward: number;
  next: Float64Array;
  /** Legal actions in `next`; all ones where unknown. */
  nextMask: Uint8Array;
  /** What the value of `next` counts: gamma to the number of steps, or 0 where the episode ended by itself. */
  discount: number;
}

/** Transitions side by side, row-major. */
export interface TransitionBatch {
  states: Float64Array;
  actions: Int32Array;
  rewards: Float64Array;
  nexts: Float64Array;
  nextMasks: Uint8Array;
  discounts: Float64Array;
}

/** Room for so many transitions. */
export function emptyBatch(rows: number, inputs: number, actions: number): TransitionBatch {
  return {
    states: new Float64Array(rows * inputs),
    actions: new Int32Array(rows),
    rewards: new Float64Array(rows),
    nexts: new Float64Array(rows * inputs),
    nextMasks: new Uint8Array(rows * actions),
    discounts: new Float64Array(rows),
  };
}

/** Writes a transition into a row. */
export function setRow(batch: TransitionBatch, row: number, t: Transition): void {
  batch.states.set(t.state, row * t.state.length);
  batch.actions[row] = t.action;
  batch.rewards[row] = t.reward;
  batch.nexts.set(t.next, row * t.next.length);
  batch.nextMasks.set(t.nextMask, row * t.nextMask.length);
  batch.discounts[row] = t.discount;
}

/** The last `capacity` transitions, the oldest overwritten first. */
export class ReplayBuffer {
  readonly rows: TransitionBatch;
  size = 0;
  /** Where the next transition goes. */
  at = 0;

  constructor(
    readonly capacity: number,
    private readonly inputs: number,
    private readonly actions: number,
  ) {
    this.rows = emptyBatch(capacity, inputs, actions);
  }

  add(transition: Transition): void {
    setRow(this.rows, this.at, transition);
    this.at = (this.at + 1) % this.capacity;
    this.size = Math.min(this.size + 1, this.capacity);
  }

  /** Draws rows evenly, with replacement. */
  sample(count: number, rng: Rng): TransitionBatch {
    const { inputs, actions, rows } = this;
    const batch = emptyBatch(count, inputs, actions);
    for (let r = 0; r < count; r++) {
      const k = rng.int(this.size);
      batch.states.set(rows.states.subarray(k * inputs, (k + 1) * inputs), r * inputs);
      batch.nexts.set(rows.nexts.subarray(k * inputs, (k + 1) * inputs), r * inputs);
      batch.nextMasks.set(rows.nextMasks.subarray(k * actions, (k + 1) * actions), r * actions);
      batch.actions[r] = rows.actions[k];
      batch.rewards[r] = rows.rewards[k];
      batch.discounts[r] = rows.discounts[k];
    }
    return batch;
  }
}

/** Joins the steps of one environment into transitions over `n` steps (fewer at the end of an episode). */
export class NStepJoiner {
  private pending: { state: Float64Array; action: number; reward: number }[] = [];

  constructor(
    private readonly n: number,
    private readonly gamma: number,
  ) {}

  /** Takes a step and gives the transitions that it completes, the oldest first. */
  add(
    step: { state: Float64Array; action: number; reward: number },
    next: Float64Array,
    nextMask: Uint8Array,
    end: "no" | "terminated" | "truncated",
  ): Transition[] {
    this.pending.push({ ...step });
    if (end === "no" && this.pending.length < this.n) return [];
    const out: Transition[] = [];
    do {
      let reward = 0;
      for (let k = this.pending.length - 1; k >= 0; k--) reward = this.pending[k].reward + this.gamma * reward;
      const discount = end === "terminated" ? 0 : this.gamma ** this.pending.length;
      const { state, action } = this.pending.shift() as { state: Float64Array; action: number };
      out.push({ state, action, reward, next, nextMask, discount });
    } while (end !== "no" && this.pending.length > 0);
    return out;
  }

  /** Forgets a started episode. */
  clear(): void {
    this.pending = [];
  }
}
