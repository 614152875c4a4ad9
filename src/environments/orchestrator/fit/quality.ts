import { qualityFactor } from "../simulate.js";
import type { RunFact } from "./facts.js";
import { mean } from "./shapes.js";

/** What was found about the quality of results. */
export interface QualityFit {
  withoutInsight: number;
  interference: number;
  mismatchFloor: number;
  /** The agents' own qualities, with fit, inspiration and interference taken out, by name. */
  own: ReadonlyMap<string, number[]>;
}

type Judged = RunFact & { quality: number; under: NonNullable<RunFact["under"]> };

/**
 * Quality as the simulator has it: an agent's own quality, times what fit and inspiration leave of it, less
 * the interference of each unmerged peer. By alternating least squares: every parameter in turn is the
 * least-squares solution given the others.
 */
export function fitQuality(runs: readonly RunFact[]): QualityFit {
  const judged = runs.filter((r): r is Judged => r.ok && r.quality !== undefined && r.under !== undefined);
  const p = { withoutInsight: 0.8, interference: 0, mismatchFloor: 0.5 };
  let own = new Map<string, number>();
  for (let round = 0; round < 60 && judged.length > 0; round++) {
    own = ratioBy(judged, (r) => [qualityFactor(p, r.under), r.quality + p.interference * r.under.peers]);
    const base = (r: Judged) => own.get(r.agent) as number;
    const dull = judged.filter((r) => r.under.creative && !r.under.inspired);
    p.withoutInsight = unit(
      ratio(dull, (r) => [base(r) * fitOf(p.mismatchFloor, r), r.quality + p.interference * r.under.peers]),
      p.withoutInsight,
    );
    p.interference = unit(
      ratio(judged, (r) => [r.under.peers, base(r) * qualityFactor(p, r.under) - r.quality]),
      p.interference,
    );
    p.mismatchFloor = unit(
      ratio(
        judged.filter((r) => r.under.match < 1),
        (r) => {
          const scale = base(r) * (qualityFactor(p, r.under) / fitOf(p.mismatchFloor, r));
          const y = r.quality + p.interference * r.under.peers;
          return [scale * (1 - r.under.match), y - scale * r.under.match];
        },
      ),
      p.mismatchFloor,
    );
  }
  const samples = new Map<string, number[]>();
  for (const r of judged) {
    const value = (r.quality + p.interference * r.under.peers) / qualityFactor(p, r.under);
    samples.set(r.agent, [...(samples.get(r.agent) ?? []), Math.min(1, Math.max(0, value))]);
  }
  return { ...p, own: samples };
}

const fitOf = (floor: number, r: Judged): number => floor + (1 - floor) * r.under.match;

/** A fitted share, or what it was where the data say nothing of it. */
const unit = (value: number | undefined, before: number): number =>
  value === undefined ? before : Math.min(1, Math.max(0, value));

/** The factor b of y = b x by least squares; undefined when x is 0 throughout. */
function ratio(rows: readonly Judged[], of: (r: Judged) => [x: number, y: number]): number | undefined {
  let xy = 0;
  let xx = 0;
  for (const r of rows) {
    const [x, y] = of(r);
    xy += x * y;
    xx += x * x;
  }
  return xx > 1e-12 ? xy / xx : undefined;
}

function ratioBy(rows: readonly Judged[], of: (r: Judged) => [number, number]): Map<string, number> {
  const names = [...new Set(rows.map((r) => r.agent))];
  return new Map(
    names.map((name) => {
      const mine = rows.filter((r) => r.agent === name);
      return [name, unit(ratio(mine, of), mean(mine.map((r) => r.quality)))];
    }),
  );
}
