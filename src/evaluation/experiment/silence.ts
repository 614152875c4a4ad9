import { homogeneity } from "../answers.js";
import { bet, type EvidenceState, evidenceOf, openEvidence } from "./evidence.js";

/** Answer rates that are less likely than this to differ by chance make a verdict doubt its ratings. */
const ALIKE = 0.2;

/** What was heard up to a look. Plain JSON. */
export interface SettledSilence {
  heard: [string, Heard][];
  better: [string, EvidenceState][];
  silent: number;
}

/** What is heard of one version. */
interface Heard {
  units: number;
  answered: number;
  /** Weighted sum of the rewards, silence counted as none, and of the weights. */
  sum: number;
  weight: number;
}

/**
 * Sample-ratio test of an experiment: whose unhappy users stay silent looks better than it is. Beside the
 * ratings, silence is bet on as a reward of 0: a version that only loses its unhappy raters does not gain by it.
 */
export class Silence {
  private readonly heard: Map<string, Heard>;
  private readonly better: Map<string, EvidenceState>;
  private silent: number;

  /** @param settled what an earlier look left, as `settled()` gave it */
  constructor(settled?: SettledSilence) {
    const { heard = [], better = [], silent = 0 } = structuredClone(settled ?? {}) as Partial<SettledSilence>;
    this.heard = new Map(heard);
    this.better = new Map(better);
    this.silent = silent;
  }

  settled(): SettledSilence {
    return structuredClone({ heard: [...this.heard], better: [...this.better], silent: this.silent });
  }

  /** Takes in a unit that was rated, or said nothing. @param pairs other versions with the share of this one among both */
  add(
    version: string,
    reward: number | undefined,
    pairs: readonly { other: string; share: number }[],
    weight: number,
  ): void {
    const own = this.heard.get(version) ?? { units: 0, answered: 0, sum: 0, weight: 0 };
    this.heard.set(version, own);
    own.units++;
    own.sum += weight * (reward ?? 0);
    own.weight += weight;
    if (reward === undefined) this.silent++;
    else own.answered++;
    for (const { other, share } of pairs) {
      bet(this.state(version, other), true, share, reward ?? 0, weight);
      bet(this.state(other, version), false, 1 - share, reward ?? 0, weight);
    }
  }

  /** Whether silence leaves it standing that `a` is better than `b`: it leads with silence counted as 0, beyond doubt where the two are not answered alike. */
  allows(a: string, b: string, bar: number): boolean {
    if (this.silent === 0) return true;
    const [own, others] = [this.heard.get(a), this.heard.get(b)];
    if (!own || !others) return false;
    if (this.pValue([own, others]) >= ALIKE) return own.sum / own.weight > others.sum / others.weight;
    return evidenceOf(this.state(a, b)) >= bar;
  }

  /** In words, where versions are not answered alike. */
  words(versions: readonly string[]): string | undefined {
    const known = versions.flatMap((v) => {
      const heard = this.heard.get(v);
      return heard ? [{ v, ...heard }] : [];
    });
    if (this.silent === 0 || this.pValue(known) >= 0.05) return undefined;
    const rates = known.map(
      ({ v, answered, units }) => `${Math.round((100 * answered) / units)} % of ${units} for ${v}`,
    );
    return `versions are not answered alike (${rates.join(", ")}): silence counts as unhappy`;
  }

  private pValue(heard: readonly Heard[]): number {
    return homogeneity(heard.map(({ units, answered }) => ({ asked: units, answered })));
  }

  private state(a: string, b: string): EvidenceState {
    const key = `${a}\n${b}`;
    const known = this.better.get(key) ?? openEvidence(0);
    this.better.set(key, known);
    return known;
  }
}
