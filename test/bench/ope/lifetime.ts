import {
  decidePromotion,
  type JudgedDecision,
  monitorChampion,
  openMonitor,
  type SpendingState,
} from "../../../src/evaluation/index.js";
import { createRng, drawIndex, type Rng } from "../../../src/math/rng.js";

/** One logged decision before anybody judges it. */
interface Logged {
  kind: number;
  chosen: number;
  reward: number;
  logging: number[];
}

const CANDIDATES = 3;
/** Share of the log, the earliest, that a challenger is trained on. */
const TRAINED_ON = 0.6;

/** The life of one decision point in shadow mode. */
export interface Life {
  promotedWrongly: boolean;
  /** Judgements that spent risk. */
  judgements: number;
  /** The monitor, asked after every decision about a policy that is no better and no worse. */
  falselyHealthy: boolean;
  falselyRolledBack: boolean;
}

/**
 * A decision point where no destination is better than another: each cycle trains a NEW challenger on
 * the log so far (the best average per kind, with those averages as its model, so that it believes in
 * its own luck) and asks the gate; a monitor is asked after every decision.
 * @param options.power the gate's: 0.5 is its default, 0.01 makes it judge as early as it can
 */
export function uneventfulLife(
  seed: string,
  { cycles, perCycle, riskLevel, power }: { cycles: number; perCycle: number; riskLevel: number; power: number },
): Life {
  const rng = createRng(seed);
  const kinds = 1 + rng.int(4);
  const rates = Array.from({ length: kinds }, () => 0.2 + 0.6 * rng.next());
  const exploration = [0.05, 0.1, 0.5][rng.int(3)];
  const log: Logged[] = [];
  let spending: SpendingState | undefined;
  let monitor = openMonitor({ riskLevel });
  const life: Life = { promotedWrongly: false, judgements: 0, falselyHealthy: false, falselyRolledBack: false };
  const watched = Array.from({ length: kinds }, () => 1 + rng.int(CANDIDATES - 1));
  for (let cycle = 0; cycle < cycles; cycle++) {
    for (let i = 0; i < perCycle; i++) {
      const decision = logOne(rng, rng.int(kinds), exploration, (kind) => rates[kind]);
      log.push(decision);
      const report = monitorChampion(monitor, [judged(decision, watched)]);
      monitor = report.state;
      if (report.verdict === "healthy") life.falselyHealthy = true;
      if (report.verdict === "roll-back") life.falselyRolledBack = true;
    }
    const cut = Math.floor(log.length * TRAINED_ON);
    const { table, model } = train(log.slice(0, cut), kinds);
    const rows = log.slice(cut).map((d) => judged(d, table, model));
    const verdict = decidePromotion({ rows, challenger: `c${cycle}`, riskLevel, power, ...(spending && { spending }) });
    spending = verdict.spending;
    if (verdict.action === "promote") life.promotedWrongly = true;
  }
  life.judgements = spending?.judgements ?? 0;
  return life;
}

/** A world with something to be gained, and how it is judged. */
export interface GainfulWorld {
  /** Mean over all decisions; made on the contested ones. */
  gain: number;
  exploration: number;
  /** Decisions between judgements. */
  step: number;
  limit: number;
  riskLevel: number;
  /** Default 3. */
  destinations?: number;
  /** Share of decisions on which the challenger differs (default 1). */
  contested?: number;
}

/**
 * Decisions until a challenger that is truly `gain` better is promoted, asked after every `step` decisions or a
 * fifth more of them, whichever is more; undefined when `limit` was reached first.
 */
export function decisionsToPromote(seed: string, options: GainfulWorld): number | undefined {
  const { gain, exploration, step, limit, riskLevel, destinations = CANDIDATES, contested = 1 } = options;
  const rng = createRng(seed);
  // On the first kind of decision the challenger is better, on the second it chooses as the fallback does.
  const rates = [gain / contested, 0].map((more) => [0.6, 0.6 + more, ...Array<number>(destinations - 2).fill(0.4)]);
  const rows: JudgedDecision[] = [];
  let spending: SpendingState | undefined;
  while (rows.length < limit) {
    for (let i = 0; i < step; i++) {
      const kind = contested < 1 && rng.next() >= contested ? 1 : 0;
      const logged = logOne(rng, kind, exploration, (k, a) => rates[k][a], destinations);
      rows.push(judged(logged, [1, 0], rates));
    }
    const verdict = decidePromotion({ rows, challenger: "better", riskLevel, ...(spending && { spending }) });
    spending = verdict.spending;
    if (verdict.action === "promote") return rows.length;
  }
  return undefined;
}

/** Median and spread of {@link decisionsToPromote} over seeds. */
export function promotionCost(
  seeds: number,
  options: GainfulWorld,
): { median: number | null; promoted: number; of: number } {
  const found: number[] = [];
  for (let s = 0; s < seeds; s++) {
    const n = decisionsToPromote(`cost/${options.gain}/${options.exploration}/${s}`, options);
    found.push(n ?? Number.POSITIVE_INFINITY);
  }
  // Infinite where the limit was reached, so the middle one is picked, not interpolated.
  const middle = found.sort((a, b) => a - b)[Math.floor((seeds - 1) / 2)];
  return {
    median: Number.isFinite(middle) ? middle : null,
    promoted: found.filter(Number.isFinite).length,
    of: seeds,
  };
}

function logOne(
  rng: Rng,
  kind: number,
  exploration: number,
  rateOf: (kind: number, candidate: number) => number,
  candidates = CANDIDATES,
): Logged {
  const logging = Array.from(
    { length: candidates },
    (_, a) => exploration / candidates + (a === 0 ? 1 - exploration : 0),
  );
  const chosen = drawIndex(logging, rng.next());
  return { kind, chosen, logging, reward: rng.next() < rateOf(kind, chosen) ? 1 : 0 };
}

function judged(d: Logged, table: readonly number[], model?: readonly number[][]): JudgedDecision {
  const { reward, chosen, logging } = d;
  const target = logging.map((_, a) => (a === table[d.kind] ? 1 : 0));
  const baseline = logging.map((_, a) => (a === 0 ? 1 : 0));
  return { reward, chosen, logging, target, baseline, ...(model && { model: model[d.kind] }) };
}

function train(log: readonly Logged[], kinds: number): { table: number[]; model: number[][] } {
  const model = Array.from({ length: kinds }, (_, k) =>
    Array.from({ length: CANDIDATES }, (_, a) => {
      const mine = log.filter((d) => d.kind === k && d.chosen === a);
      return (mine.reduce((s, d) => s + d.reward, 0) + 1) / (mine.length + 2);
    }),
  );
  return { model, table: model.map((q) => q.indexOf(Math.max(...q))) };
}
