import type { ExperimentDefinition, Guardrail } from "./definition.js";
import { bet, type EvidenceState, evidenceOf, openEvidence } from "./evidence.js";

/** What came of one unit's first rated run, in order of arrival. */
export interface Outcome {
  /** Version the unit got. */
  variant: string;
  /** Probability of each version when it was drawn. */
  probabilities: Readonly<Record<string, number>>;
  /** In [0,1]. */
  reward: number;
  /** Strata the run belongs to, for the report. */
  stratum: string;
  failed?: boolean;
  latencyMs?: number;
  costUsd?: number;
}

/** One variant's standing. */
export interface VariantReport {
  version: string;
  outcomes: number;
  mean: number;
  /** Standard error of the mean. */
  standardError: number;
  /** Why it left the experiment. */
  out?: { reason: "beaten" | "guardrail"; by: string };
}

export type ExperimentVerdict = "running" | "winner" | "no-difference" | "not-enough-data";

/** What an experiment says after any number of outcomes. */
export interface ExperimentReport {
  verdict: ExperimentVerdict;
  winner?: string;
  outcomes: number;
  variants: VariantReport[];
  /** The largest difference that "no difference" rules out. */
  minimumEffect: number;
  /** Mean reward by stratum and version, to see where segments differ. */
  strata: { stratum: string; version: string; outcomes: number; mean: number }[];
  /** The verdict in words. */
  text: string;
}

interface Moments {
  n: number;
  sum: number;
  square: number;
}

/**
 * Follows an experiment outcome by outcome. Every ordered pair of variants has a running e-value for "a is
 * better than b"; a variant leaves when another beats it at 2(K-1)/alpha, and the last one standing has won.
 * Under no difference two given variants would have to survive all K-1 others, so that the probability of any
 * winner is at most alpha, at whatever moment one looks. "No difference" needs both one-sided claims of every
 * remaining pair at 1/alpha.
 */
export class ExperimentRun {
  private readonly better = new Map<string, EvidenceState>();
  private readonly close = new Map<string, EvidenceState>();
  private readonly harm = new Map<string, EvidenceState>();
  private readonly moments = new Map<string, Moments>();
  private readonly strata = new Map<string, Map<string, Moments>>();
  private readonly out = new Map<string, NonNullable<VariantReport["out"]>>();
  private outcomes = 0;
  private verdict: ExperimentVerdict = "running";

  constructor(private readonly definition: ExperimentDefinition) {
    for (const v of definition.variants) this.moments.set(v, { n: 0, sum: 0, square: 0 });
  }

  /** Versions that still take part. */
  get remaining(): string[] {
    return this.definition.variants.filter((v) => !this.out.has(v));
  }

  get decided(): boolean {
    return this.verdict !== "running";
  }

  /** Outcome statistics of a version, for allocation. */
  statistics(version: string): Readonly<Moments> {
    return this.moments.get(version) as Moments;
  }

  /** Takes in one outcome; after the verdict, and for unknown versions, it changes nothing. */
  add(outcome: Outcome): void {
    if (this.decided || !this.moments.has(outcome.variant)) return;
    this.outcomes++;
    addTo(this.moments.get(outcome.variant) as Moments, outcome.reward);
    const cells = this.strata.get(outcome.stratum) ?? new Map<string, Moments>();
    this.strata.set(outcome.stratum, cells);
    const cell = cells.get(outcome.variant) ?? { n: 0, sum: 0, square: 0 };
    cells.set(outcome.variant, cell);
    addTo(cell, outcome.reward);
    if (this.out.has(outcome.variant)) {
      if (this.outcomes >= this.definition.maxOutcomes) this.verdict = "not-enough-data";
      return;
    }
    for (const other of this.remaining) if (other !== outcome.variant) this.compare(outcome, other);
    this.guard(outcome);
    this.decide(outcome.variant);
  }

  report(): ExperimentReport {
    const { minimumEffect, variants } = this.definition;
    const rows = variants.map((version): VariantReport => {
      const m = this.moments.get(version) as Moments;
      const mean = m.n === 0 ? 0 : m.sum / m.n;
      const variance = m.n < 2 ? 0.25 : Math.max(0, m.square / m.n - mean * mean) * (m.n / (m.n - 1));
      const out = this.out.get(version);
      return {
        version,
        outcomes: m.n,
        mean,
        standardError: Math.sqrt(variance / Math.max(1, m.n)),
        ...(out && { out }),
      };
    });
    const winner = this.verdict === "winner" ? this.remaining[0] : undefined;
    return {
      verdict: this.verdict,
      ...(winner !== undefined && { winner }),
      outcomes: this.outcomes,
      variants: rows,
      minimumEffect,
      strata: [...this.strata].flatMap(([stratum, cells]) =>
        [...cells].map(([version, m]) => ({ stratum, version, outcomes: m.n, mean: m.sum / m.n })),
      ),
      text: this.words(winner),
    };
  }

  private words(winner?: string): string {
    const { minimumEffect, maxOutcomes, alpha } = this.definition;
    const dropped = [...this.out].flatMap(([v, o]) =>
      o.reason === "guardrail" ? `${v} broke the guardrail ${o.by}` : [],
    );
    if (this.verdict === "winner" && dropped.length === this.out.size)
      return `${winner} is left after ${this.outcomes} outcomes: ${dropped.join(", ")}`;
    if (this.verdict === "winner")
      return [`winner: ${winner} after ${this.outcomes} outcomes (error at most ${alpha})`, ...dropped].join("; ");
    if (this.verdict === "no-difference")
      return `no difference larger than ${minimumEffect} between ${this.remaining.join(", ")} after ${this.outcomes} outcomes`;
    const so = `not enough data: ${this.outcomes} of at most ${maxOutcomes} outcomes`;
    return this.verdict === "running" ? `${so} so far` : so;
  }

  private compare(outcome: Outcome, other: string): void {
    const own = outcome.probabilities[outcome.variant] ?? 0;
    const others = outcome.probabilities[other] ?? 0;
    // A version that could not have been drawn says nothing about this pair.
    if (own <= 0 || others <= 0) return;
    const share = own / (own + others);
    const { minimumEffect } = this.definition;
    for (const [table, margin] of [
      [this.better, 0],
      [this.close, -minimumEffect],
    ] as const) {
      bet(stateOf(table, pairKey(outcome.variant, other), margin), true, share, outcome.reward);
      bet(stateOf(table, pairKey(other, outcome.variant), margin), false, 1 - share, outcome.reward);
    }
  }

  private guard(outcome: Outcome): void {
    const [control] = this.definition.variants as [string];
    const { guardrails, variants, alpha } = this.definition;
    for (const [g, rail] of guardrails.entries()) {
      const broke = breaks(rail, outcome);
      if (broke === undefined) continue;
      for (const version of this.remaining) {
        if (version === control || (outcome.variant !== version && outcome.variant !== control)) continue;
        const own = outcome.probabilities[version] ?? 0;
        const base = outcome.probabilities[control] ?? 0;
        if (own <= 0 || base <= 0) continue;
        const state = stateOf(this.harm, pairKey(String(g), version), rail.margin);
        bet(state, outcome.variant === version, own / (own + base), broke ? 1 : 0);
        if (evidenceOf(state) >= (guardrails.length * (variants.length - 1)) / alpha)
          this.out.set(version, { reason: "guardrail", by: rail.metric });
      }
    }
  }

  private decide(latest: string): void {
    const { variants, alpha, maxOutcomes } = this.definition;
    const bar = (2 * (variants.length - 1)) / alpha;
    for (const other of this.remaining) {
      if (other === latest) continue;
      if (this.value(this.better, latest, other) >= bar) this.out.set(other, { reason: "beaten", by: latest });
      else if (this.value(this.better, other, latest) >= bar) this.out.set(latest, { reason: "beaten", by: other });
      if (this.out.has(latest)) break;
    }
    const left = this.remaining;
    const even = () => left.every((a) => left.every((b) => a === b || this.value(this.close, a, b) >= 1 / alpha));
    if (left.length === 1) this.verdict = "winner";
    else if (even()) this.verdict = "no-difference";
    else if (this.outcomes >= maxOutcomes) this.verdict = "not-enough-data";
  }

  private value(table: Map<string, EvidenceState>, a: string, b: string): number {
    const state = table.get(pairKey(a, b));
    return state ? evidenceOf(state) : 1;
  }
}

function addTo(m: Moments, reward: number): void {
  m.n++;
  m.sum += reward;
  m.square += reward * reward;
}

function pairKey(a: string, b: string): string {
  return `${a}\n${b}`;
}

function stateOf(table: Map<string, EvidenceState>, key: string, margin: number): EvidenceState {
  let state = table.get(key);
  if (!state) {
    state = openEvidence(margin);
    table.set(key, state);
  }
  return state;
}

/** Whether a run broke a guardrail; undefined when it says nothing about it. */
function breaks(rail: Guardrail, outcome: Outcome): boolean | undefined {
  if (rail.metric === "error") return outcome.failed;
  const value = outcome[rail.metric];
  return value === undefined ? undefined : value > (rail.limit as number);
}
