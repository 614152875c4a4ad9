import type { ExperimentDefinition, Guardrail } from "./definition.js";
import { bet, type EvidenceState, evidenceOf, openEvidence } from "./evidence.js";
import type { Outcome } from "./outcome.js";

/** The evidence of harm up to a look. Plain JSON. */
export interface SettledGuardrails {
  harm: [string, EvidenceState][];
  segments: [string, number][];
}

/** A version that broke a guardrail, and which. */
export interface Broken {
  version: string;
  by: string;
}

/**
 * Follows the limits of an experiment, overall and in each segment: a version whose harm beyond the margin is
 * beyond doubt leaves. The risk is shared over limits, versions, and segments in the order in which they come
 * (6 / (pi^2 k^2) for the k-th), so that the chance of any wrong exclusion is at most alpha.
 */
export class Guardrails {
  private readonly rails: readonly Guardrail[];
  private readonly harm: Map<string, EvidenceState>;
  private readonly segments: Map<string, number>;

  /** @param settled what an earlier look left, as `settled()` gave it */
  constructor(
    private readonly definition: Pick<ExperimentDefinition, "variants" | "guardrails" | "alpha" | "prove">,
    settled: SettledGuardrails = { harm: [], segments: [] },
  ) {
    const { by, reward: margin } = definition.prove?.notWorse ?? {};
    this.rails =
      by === undefined || margin === undefined
        ? definition.guardrails
        : [...definition.guardrails, { metric: "reward", margin, by }];
    this.harm = new Map(structuredClone(settled.harm));
    this.segments = new Map(settled.segments);
  }

  settled(): SettledGuardrails {
    return structuredClone({ harm: [...this.harm], segments: [...this.segments] });
  }

  /** Takes in an outcome and names the versions that have to leave. */
  add(outcome: Outcome, remaining: readonly string[], mostWeight: number): Broken[] {
    const { variants, alpha } = this.definition;
    const [control = ""] = variants;
    const base = outcome.probabilities[control] ?? 0;
    const weight = Math.min(1, (outcome.weight ?? 1) / mostWeight);
    const broken: Broken[] = [];
    for (const [g, rail] of this.rails.entries()) {
      const value = harmOf(rail, outcome);
      const segment = rail.by === undefined ? "" : outcome.segments?.[rail.by];
      if (value === undefined || segment === undefined) continue;
      const needed = (this.rails.length * (variants.length - 1)) / (alpha * this.shareOf(g, rail, segment));
      for (const version of remaining) {
        if (version === control || (outcome.variant !== version && outcome.variant !== control)) continue;
        const own = outcome.probabilities[version] ?? 0;
        if (own <= 0 || base <= 0) continue;
        const key = `${g}\n${segment}\n${version}`;
        const state = this.harm.get(key) ?? openEvidence(rail.margin);
        this.harm.set(key, state);
        bet(state, outcome.variant === version, own / (own + base), value, weight);
        if (evidenceOf(state) >= needed && !broken.some((b) => b.version === version))
          broken.push({
            version,
            by: rail.by === undefined ? rail.metric : `${rail.metric} for ${rail.by} ${segment}`,
          });
      }
    }
    return broken;
  }

  private shareOf(g: number, rail: Guardrail, segment: string): number {
    if (rail.by === undefined) return 1;
    const known = [...this.segments.keys()].filter((key) => key.startsWith(`${g}\n`)).length;
    const key = `${g}\n${segment}`;
    const k = this.segments.get(key) ?? known + 1;
    this.segments.set(key, k);
    return 6 / (Math.PI ** 2 * k ** 2);
  }
}

/** How much a run says against a version, in [0,1]; undefined when it says nothing about the limit. */
function harmOf(rail: Guardrail, outcome: Outcome): number | undefined {
  if (rail.metric === "error") return outcome.failed === undefined ? undefined : Number(outcome.failed);
  if (rail.metric === "reward") return outcome.reward === undefined ? undefined : 1 - outcome.reward;
  const value = outcome[rail.metric];
  return value === undefined ? undefined : Number(value > (rail.limit as number));
}
