import { checkArgument } from "../../core/arguments.js";
import type { ExperimentDefinition } from "./definition.js";
import { bet, type EvidenceState, evidenceOf, openEvidence } from "./evidence.js";
import { Guardrails, type SettledGuardrails } from "./guardrails.js";
import { Objective, type SettledObjective } from "./objective.js";
import type { Outcome } from "./outcome.js";
import { type SettledSilence, Silence } from "./silence.js";

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

/** What is known of an experiment. */
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

/** Where an experiment stood at a look: a fact, whatever is learned of its outcomes later. Plain JSON. */
export interface SettledExperiment {
  better: [string, EvidenceState][];
  close: [string, EvidenceState][];
  kept: [string, EvidenceState][];
  moments: [string, Moments][];
  strata: [string, [string, Moments][]][];
  out: [string, NonNullable<VariantReport["out"]>][];
  outcomes: number;
  verdict: ExperimentVerdict;
  rails: SettledGuardrails;
  silence: SettledSilence;
  objective: SettledObjective;
}

/** Weighted by for how many units outcomes stand: the sums are those of as many equal ones. */
interface Moments {
  n: number;
  weight: number;
  sum: number;
  square: number;
}

const noMoments = (): Moments => ({ n: 0, weight: 0, sum: 0, square: 0 });

/**
 * Follows an experiment outcome by outcome. Every ordered pair of variants has a running e-value for "a is
 * better than b"; a variant leaves when another beats it at 2(K-1)/alpha, and the last one standing has won.
 * Under no difference two given variants would have to survive all K-1 others, so that the probability of any
 * winner is at most alpha, at whatever moment one looks. "No difference" needs both one-sided claims of every
 * remaining pair at 1/alpha.
 * @example
 * ```ts
 * const run = new ExperimentRun(parseDefinition({ promptId: "support", variants: ["v1", "v2"] }));
 * run.add({ variant: "v1", probabilities: { v1: 0.5, v2: 0.5 }, reward: 1, stratum: "" });
 * run.report().verdict; // "running"
 * ```
 */
export class ExperimentRun {
  private readonly better: Map<string, EvidenceState>;
  private readonly close: Map<string, EvidenceState>;
  /** Evidence that the reward is not worse by more than may be, where something else must be better. */
  private readonly kept: Map<string, EvidenceState>;
  private readonly rails: Guardrails;
  private readonly silence: Silence;
  private readonly objective: Objective;
  private readonly moments: Map<string, Moments>;
  private readonly strata: Map<string, Map<string, Moments>>;
  private readonly out: Map<string, NonNullable<VariantReport["out"]>>;
  private outcomes: number;
  private verdict: ExperimentVerdict;

  /**
   * @param mostWeight the largest weight an outcome can have; 1 where nobody is asked by chance
   * @param settled what an earlier look left, as `settled()` gave it: its outcomes are not taken in again
   */
  constructor(
    private readonly definition: ExperimentDefinition,
    private readonly mostWeight = 1,
    settled?: SettledExperiment,
  ) {
    checkArgument(definition, "definition", { variants: "list", objectives: "list?" }, "EXPERIMENT_INVALID");
    const state = structuredClone(settled);
    this.better = new Map(state?.better);
    this.close = new Map(state?.close);
    this.kept = new Map(state?.kept);
    this.moments = new Map(state?.moments ?? definition.variants.map((v) => [v, noMoments()]));
    this.strata = new Map(state?.strata.map(([stratum, cells]) => [stratum, new Map(cells)]));
    this.out = new Map(state?.out);
    this.outcomes = state?.outcomes ?? 0;
    this.verdict = state?.verdict ?? "running";
    this.rails = new Guardrails(definition, state?.rails);
    this.silence = new Silence(state?.silence);
    this.objective = new Objective(definition.prove, state?.objective);
  }

  /** All that was taken in so far, to go on from. */
  settled(): SettledExperiment {
    return structuredClone({
      better: [...this.better],
      close: [...this.close],
      kept: [...this.kept],
      moments: [...this.moments],
      strata: [...this.strata].map(([stratum, cells]): [string, [string, Moments][]] => [stratum, [...cells]]),
      out: [...this.out],
      outcomes: this.outcomes,
      verdict: this.verdict,
      rails: this.rails.settled(),
      silence: this.silence.settled(),
      objective: this.objective.settled(),
    });
  }

  /** Versions that still take part. */
  get remaining(): string[] {
    return this.definition.variants.filter((v) => !this.out.has(v));
  }

  get decided(): boolean {
    return this.verdict !== "running";
  }

  /** Outcome statistics of a version, for allocation. */
  statistics(version: string): Readonly<{ n: number; sum: number; square: number }> {
    const { n, weight, sum, square } = this.moments.get(version) as Moments;
    return { n, sum: weight > 0 ? (n * sum) / weight : 0, square: weight > 0 ? (n * square) / weight : 0 };
  }

  /** Takes in one outcome; after the verdict, and for unknown versions, it changes nothing. */
  add(outcome: Outcome): void {
    if (this.decided || !this.moments.has(outcome.variant)) return;
    this.hear(outcome);
    if (outcome.reward === undefined) return;
    this.outcomes++;
    addTo(this.moments.get(outcome.variant) as Moments, outcome.reward, outcome.weight);
    const cells = this.strata.get(outcome.stratum) ?? new Map<string, Moments>();
    this.strata.set(outcome.stratum, cells);
    const cell = cells.get(outcome.variant) ?? noMoments();
    cells.set(outcome.variant, cell);
    addTo(cell, outcome.reward, outcome.weight);
    if (this.out.has(outcome.variant)) {
      if (this.outcomes >= this.definition.maxOutcomes) this.verdict = "not-enough-data";
      return;
    }
    const better = this.objective.of(outcome);
    for (const { other, share } of this.pairs(outcome)) this.compare(outcome, other, share, better);
    for (const { version, by } of this.rails.add(outcome, this.remaining, this.mostWeight))
      this.out.set(version, { reason: "guardrail", by });
    this.decide(outcome.variant);
  }

  report(): ExperimentReport {
    const { minimumEffect, variants } = this.definition;
    const rows = variants.map((version): VariantReport => {
      const m = this.moments.get(version) as Moments;
      const mean = m.weight === 0 ? 0 : m.sum / m.weight;
      const variance = m.n < 2 ? 0.25 : Math.max(0, m.square / m.weight - mean * mean) * (m.n / (m.n - 1));
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
        [...cells].map(([version, m]) => ({ stratum, version, outcomes: m.n, mean: m.sum / m.weight })),
      ),
      text: this.words(winner),
    };
  }

  private words(winner?: string): string {
    const { variants } = this.definition;
    const more = [this.silence.words(variants), this.objective.unlike(variants)];
    return [this.verdictInWords(winner), ...more.flatMap((w) => w ?? [])].join("; ");
  }

  private verdictInWords(winner?: string): string {
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

  /** The other versions that might have been drawn, with the share of the outcome's own among both. */
  private pairs({ variant, probabilities }: Outcome): { other: string; share: number }[] {
    const own = probabilities[variant] ?? 0;
    return this.remaining.flatMap((other) => {
      const others = probabilities[other] ?? 0;
      // A version that could not have been drawn says nothing about this pair.
      return other === variant || own <= 0 || others <= 0 ? [] : [{ other, share: own / (own + others) }];
    });
  }

  private weightOf({ weight = 1 }: Outcome): number {
    return Math.min(1, weight / this.mostWeight);
  }

  private hear(outcome: Outcome): void {
    if (this.out.has(outcome.variant)) return;
    this.silence.add(outcome.variant, outcome.reward, this.pairs(outcome), this.weightOf(outcome));
  }

  private compare(outcome: Outcome, other: string, share: number, better: number | undefined): void {
    const { minimumEffect, prove } = this.definition;
    const reward = outcome.reward as number;
    const weight = this.weightOf(outcome);
    const { variant } = outcome;
    const tables: [Map<string, EvidenceState>, number, number | undefined][] = [
      [this.better, 0, better],
      // Where it is not the reward that must be better, that the reward is the same is no end.
      [this.close, -minimumEffect, better],
    ];
    if (prove?.notWorse) tables.push([this.kept, -prove.notWorse.reward, reward]);
    for (const [table, margin, value] of tables) {
      if (value === undefined) continue;
      bet(stateOf(table, pairKey(variant, other), margin), true, share, value, weight);
      bet(stateOf(table, pairKey(other, variant), margin), false, 1 - share, value, weight);
    }
  }

  /** Whether `a` is better than `b` in what is to be proven, beyond doubt, and no worse in reward than it may be. */
  private beats(a: string, b: string, bar: number): boolean {
    if (this.value(this.better, a, b) < bar || !this.silence.allows(a, b, bar)) return false;
    if (this.objective.unlike([a, b]) !== undefined) return false;
    return !this.definition.prove?.notWorse || this.value(this.kept, a, b) >= bar;
  }

  private decide(latest: string): void {
    const { variants, alpha, maxOutcomes } = this.definition;
    const bar = (2 * (variants.length - 1)) / alpha;
    for (const other of this.remaining) {
      if (other === latest) continue;
      if (this.beats(latest, other, bar)) this.out.set(other, { reason: "beaten", by: latest });
      else if (this.beats(other, latest, bar)) this.out.set(latest, { reason: "beaten", by: other });
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

function addTo(m: Moments, reward: number, weight = 1): void {
  m.n++;
  m.weight += weight;
  m.sum += weight * reward;
  m.square += weight * reward * reward;
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
