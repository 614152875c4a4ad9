import type { PolicyRow, RoutingPolicy } from "./routing-policy.js";

/** A moment from which on a candidate's rewards were others than before, in like contexts. */
export interface ChangePoint<R extends PolicyRow = PolicyRow> {
  candidate: string;
  /** The first row of what came then. */
  first: R;
  /** Mean reward beyond what was predicted: before, and since. */
  before: number;
  since: number;
  /** The candidate's rows since then, up to where the change was seen. */
  rows: number;
}

/** Rows that are predicted before they are learned. */
const CHUNK = 25;
/** A candidate's first rows under a new policy tell what that has not learned yet. */
const SETTLING = 40;
/** Rows of a candidate on either side of a change. */
const LEAST_SIDE = 15;
/** Rows of a candidate that are searched, the newest. */
const MOST_SEARCHED = 2000;
/**
 * Standard deviations by which the weighted cumulated sum must leave the bridge: exceeded by chance within a list in
 * about one of 20,000, by the tail of its limit (Csorgo and Horvath 1997, theorem 1.3.3).
 */
const THRESHOLD = 5;
/** A smaller shift of the mean is none that anybody has to do something about. */
const LEAST_SHIFT = 0.15;

/**
 * Tells when candidates changed: a model behind one was replaced, a service broke. Every row is predicted by a policy
 * that has not seen it, and each candidate's errors are searched for the place where their mean shifts (a weighted
 * CUSUM, Page 1954, Csorgo and Horvath 1997). From a change on, the policy that predicts learns nothing from earlier
 * rows of that candidate. What drifts gradually is found once it has come far enough.
 * @example
 * const watch = new ChangeWatch(() => createPolicy({ kind: "auto", dim }));
 * for (const { candidate, first } of watch.add(rows)) console.log(candidate, "is another since", first);
 */
export class ChangeWatch<R extends PolicyRow = PolicyRow> {
  private policy: RoutingPolicy;
  /** The newest rows that were predicted, as far as they still hold. */
  private known: R[] = [];
  private waiting: R[] = [];
  private readonly errors = new Map<string, Errors<R>>();

  /**
   * @param make the policy that predicts, without a row
   * @param mostRows rows that it learns again after a change, the newest
   */
  constructor(
    private readonly make: () => RoutingPolicy,
    private readonly mostRows = 3000,
  ) {
    this.policy = make();
  }

  /**
   * Takes rated rows in the order of time. It looks whenever 25 have come, in one call or several.
   * @returns the changes that were seen with these rows
   */
  add(rows: readonly R[]): ChangePoint<R>[] {
    const found: ChangePoint<R>[] = [];
    for (const row of rows) {
      this.waiting.push(row);
      if (this.waiting.length === CHUNK) found.push(...this.look(this.waiting.splice(0)));
    }
    return found;
  }

  private look(chunk: readonly R[]): ChangePoint<R>[] {
    for (const row of chunk) {
      const candidate = candidateOf(row);
      const errors = this.errors.get(candidate) ?? new Errors();
      this.errors.set(candidate, errors);
      errors.add(row, row.reward - clamped(this.policy.predict(row)[row.chosen]?.mean));
    }
    this.known.push(...chunk);
    const found = [...new Set(chunk.map(candidateOf))].flatMap((candidate) => {
      const shift = this.errors.get(candidate)?.shift();
      return shift ? [{ candidate, ...shift }] : [];
    });
    if (found.length === 0) {
      this.policy.learn(chunk);
      return found;
    }
    for (const { candidate, first } of found) {
      this.errors.delete(candidate);
      const from = this.known.indexOf(first);
      this.known = this.known.filter((row, i) => i >= from || candidateOf(row) !== candidate);
    }
    this.known = this.known.slice(-this.mostRows);
    this.policy = this.make();
    this.policy.learn(this.known);
    return found;
  }
}

const candidateOf = (row: PolicyRow): string => row.candidates[row.chosen] ?? "";
const clamped = (mean = 0.5) => Math.min(1, Math.max(0, mean));

/** What a candidate earned beyond what was predicted, row by row. */
class Errors<R extends PolicyRow> {
  private settling = SETTLING;
  private readonly rows: R[] = [];
  private readonly values: number[] = [];

  add(row: R, value: number): void {
    if (this.settling > 0) {
      this.settling--;
      return;
    }
    this.rows.push(row);
    this.values.push(value);
    if (this.values.length > MOST_SEARCHED) {
      this.rows.shift();
      this.values.shift();
    }
  }

  /** Where the mean shifts, if it does. */
  shift(): Omit<ChangePoint<R>, "candidate"> | undefined {
    const { values } = this;
    const n = values.length;
    if (n < 2 * LEAST_SIDE) return undefined;
    const total = values.reduce((a, b) => a + b, 0);
    const variance = values.reduce((s, v) => s + (v - total / n) ** 2, 0) / n;
    if (!(variance > 0)) return undefined;
    let [sum, best, at] = [0, THRESHOLD, 0];
    let sumAt = 0;
    values.forEach((value, i) => {
      if (i >= LEAST_SIDE && n - i >= LEAST_SIDE) {
        const bridge = Math.abs(sum - (i / n) * total);
        const deviations = bridge / Math.sqrt((variance * i * (n - i)) / n);
        if (deviations > best) [best, at, sumAt] = [deviations, i, sum];
      }
      sum += value;
    });
    if (at === 0) return undefined;
    const [before, since] = [sumAt / at, (total - sumAt) / (n - at)];
    const first = this.rows[at];
    if (first === undefined || Math.abs(since - before) < LEAST_SHIFT) return undefined;
    return { first, before, since, rows: n - at };
  }
}
