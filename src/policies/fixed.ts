import { allowedOf, checkRows } from "./checks.js";
import { drawChoice } from "./choices.js";
import { invalidSnapshot } from "./models/packed.js";
import type {
  CandidateEstimate,
  CandidateExplanation,
  Choice,
  PolicyInput,
  PolicyRow,
  PolicySnapshot,
  RoutingPolicy,
} from "./routing-policy.js";

/**
 * A policy that pays no attention to the context: given shares per candidate, or uniform. It still
 * counts what each candidate earned, for `predict`.
 */
export class FixedPolicy implements RoutingPolicy {
  readonly kind = "fixed";
  /** Reward sum, sum of squares and count of each candidate. */
  private readonly earned = new Map<string, [number, number, number]>();

  constructor(
    readonly dim: number,
    /** Relative share of each candidate; candidates without one get none while others have. */
    private readonly shares: Readonly<Record<string, number>> | undefined,
  ) {}

  score(input: PolicyInput): Float64Array {
    const allowed = allowedOf(input, this.dim);
    const out = new Float64Array(input.candidates.length);
    let sum = 0;
    for (const i of allowed) sum += this.shares?.[input.candidates[i]] ?? 0;
    for (const i of allowed) out[i] = sum > 0 ? (this.shares?.[input.candidates[i]] ?? 0) / sum : 1 / allowed.length;
    return out;
  }

  choose(input: PolicyInput, uniform: number): Choice {
    return drawChoice(this.score(input), uniform);
  }

  predict(input: PolicyInput): CandidateEstimate[] {
    allowedOf(input, this.dim);
    return input.candidates.map((name) => {
      const [sum, squares, count] = this.earned.get(name) ?? [0, 0, 0];
      // One prior row of reward 0.5 and variance 0.25 keeps the first estimates sober.
      const mean = (sum + 0.5) / (count + 1);
      const variance = Math.max(0, (squares + 0.5) / (count + 1) - mean * mean);
      return { mean, standardError: Math.sqrt(variance / (count + 1)) };
    });
  }

  learn(rows: readonly PolicyRow[]): void {
    checkRows(rows, this.dim);
    for (const { candidates, chosen, reward, weight = 1 } of rows) {
      const [sum, squares, count] = this.earned.get(candidates[chosen]) ?? [0, 0, 0];
      this.earned.set(candidates[chosen], [sum + weight * reward, squares + weight * reward * reward, count + weight]);
    }
  }

  explain(input: PolicyInput): CandidateExplanation[] {
    return this.predict(input).map(({ mean }, i) => ({
      candidate: input.candidates[i],
      mean,
      bias: mean,
      contributions: [],
    }));
  }

  snapshot(): PolicySnapshot {
    return { kind: "fixed", version: 1, dim: this.dim, shares: this.shares, earned: [...this.earned] };
  }

  /** The policy of a snapshot; fails with SNAPSHOT_INVALID. */
  static restore(snapshot: PolicySnapshot): FixedPolicy {
    const { earned, shares } = snapshot;
    const valid =
      Array.isArray(earned) &&
      earned.every((e) => Array.isArray(e) && typeof e[0] === "string" && e[1]?.length === 3) &&
      (shares === undefined || Object.values(shares as object).every((s) => Number.isFinite(s) && s >= 0));
    if (!valid) throw invalidSnapshot("a fixed policy with damaged shares or counts", "shares and counts");
    const policy = new FixedPolicy(snapshot.dim as number, shares as Record<string, number> | undefined);
    for (const [name, counts] of earned as [string, [number, number, number]][]) policy.earned.set(name, counts);
    return policy;
  }
}
