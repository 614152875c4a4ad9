import { checkArgument } from "../core/arguments.js";

/** State of a {@link PageHinkley} test, plain JSON. */
export interface DriftState {
  /** Values seen since the start or the last alarm. */
  count: number;
  mean: number;
  /** Sum of what each value exceeded the mean by, less the tolerance; and its minimum. */
  sum: number;
  least: number;
  alarms: number;
}

/** How far the mean of the errors may wander before it counts. */
const TOLERANCE = 0.02;
/** Summed excess at which the alarm sounds: about 25 squared errors of 0.5 above the usual. */
const THRESHOLD = 12;

/** What is read of a state. */
const STATE = { count: "number", mean: "number", sum: "number", least: "number", alarms: "number" } as const;

/**
 * A one-sided Page-Hinkley test (Page 1954): sounds when values in [0,1] have risen above their mean for long.
 * @example
 * ```ts
 * const errors = new PageHinkley();
 * if (errors.add(Math.abs(predicted - reward))) console.warn("the world has changed");
 * ```
 */
export class PageHinkley {
  constructor(private state: DriftState = { count: 0, mean: 0, sum: 0, least: 0, alarms: 0 }) {
    checkArgument(state, "state", STATE, "SNAPSHOT_INVALID");
  }

  /** Takes the next value; true when it sounds the alarm, after which the test starts anew. */
  add(value: number): boolean {
    checkArgument(value, "value", "number", "POLICY_INVALID");
    const s = this.state;
    s.count++;
    s.mean += (value - s.mean) / s.count;
    s.sum += value - s.mean - TOLERANCE;
    s.least = Math.min(s.least, s.sum);
    if (s.sum - s.least <= THRESHOLD) return false;
    this.state = { count: 0, mean: 0, sum: 0, least: 0, alarms: s.alarms + 1 };
    return true;
  }

  /** Alarms so far. */
  get alarms(): number {
    return this.state.alarms;
  }

  /** Values since the start or the last alarm. */
  get since(): number {
    return this.state.count;
  }

  snapshot(): DriftState {
    return { ...this.state };
  }
}
