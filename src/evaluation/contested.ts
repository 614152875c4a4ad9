import { type Foretold, foretold } from "./controls.js";
import { clusterOf, type JudgedDecision, LEAST_TRIED, predicted } from "./rows.js";

/** A decision on which the policies differ, laid out for the bets. */
export interface Contested extends Foretold {
  chosen: number;
  reward: number;
  /** Places of the candidates on which they differ. */
  at: number[];
}

/** Several decisions of one run that both policies would change together. */
export interface Joint {
  /** What the run earned. */
  reward: number;
  /** Products over its decisions of target / propensity and of baseline / propensity. */
  target: number;
  baseline: number;
  /** The same products, of the share of each policy that the logs never try; what is left out of the weights. */
  targetUntried: number;
  baselineUntried: number;
  /** Whose weight may be large, told by the first contested decision before anything is drawn. */
  heavy: "target" | "baseline";
  /** E[target weight squared] and E[baseline weight squared] at these decisions. */
  squares: { target: number; baseline: number };
  /** Gain by the model's predictions, as the mean over the decisions. */
  predicted: number;
}

/** A run with a contested decision. */
export interface ContestedRun {
  /** Inverse probability of being rated. */
  weight: number;
  decisions: Contested[];
  /** Set where more than one decision is contested. */
  joint?: Joint;
}

/** What is bet on at once: a run, or all runs of a person. */
export interface Cluster {
  /** All runs of it, those without a contested decision included, and the sum of their weights. */
  size: number;
  weight: number;
  runs: ContestedRun[];
}

/** The clusters of a log, and of each the decisions on which target and baseline differ. */
export interface ContestedRuns {
  /** Clusters; runs where nothing else was asked for. */
  runs: number;
  /** Only clusters with a contested decision. */
  contested: Cluster[];
  /** Mean weights of the others, and how many have each. */
  agreed: Map<number, number>;
  /** Largest weight of a run; 1 where there are none. */
  mostWeight: number;
  /** A contribution is at least minus this. */
  mostLost: number;
}

/** The lighter policy's weight over several decisions of one run goes no further than this; then the rest counts as logged. */
const JOINT_LOSS = 8;

/**
 * Groups decisions by run (one without a run stands alone), and runs by cluster, and keeps what tells
 * the policies apart.
 */
export function contestedRuns(rows: readonly JudgedDecision[]): ContestedRuns {
  const clusters: { runs: JudgedDecision[][] }[] = [];
  const byCluster = new Map<string, { runs: JudgedDecision[][] }>();
  const byRun = new Map<string, JudgedDecision[]>();
  for (const row of rows) {
    const known = row.run === undefined ? undefined : byRun.get(row.run);
    if (known) {
      known.push(row);
      continue;
    }
    const run = [row];
    if (row.run !== undefined) byRun.set(row.run, run);
    const key = clusterOf(row);
    const cluster = key === undefined ? undefined : byCluster.get(key);
    if (cluster) cluster.runs.push(run);
    else {
      const fresh = { runs: [run] };
      clusters.push(fresh);
      if (key !== undefined) byCluster.set(key, fresh);
    }
  }
  const log: ContestedRuns = { runs: clusters.length, contested: [], agreed: new Map(), mostWeight: 0, mostLost: 1 };
  for (const { runs } of clusters) {
    const cluster: Cluster = { size: runs.length, weight: 0, runs: [] };
    for (const run of runs) {
      const weight = run[0]?.weight ?? 1;
      cluster.weight += weight;
      log.mostWeight = Math.max(log.mostWeight, weight);
      const decisions = run.map(contest).filter((c) => c.d.length > 0);
      if (decisions.length === 0) continue;
      const joint = decisions.length > 1 ? jointOf(run) : undefined;
      if (joint) log.mostLost = JOINT_LOSS;
      cluster.runs.push({ weight, decisions, ...(joint && { joint }) });
    }
    if (cluster.runs.length > 0) log.contested.push(cluster);
    else log.agreed.set(cluster.weight / cluster.size, (log.agreed.get(cluster.weight / cluster.size) ?? 0) + 1);
  }
  if (log.mostWeight === 0) log.mostWeight = 1;
  return log;
}

/** The same runs with the roles of target and baseline exchanged. */
export function exchanged(log: ContestedRuns): ContestedRuns {
  const turn = (run: ContestedRun): ContestedRun => ({
    ...run,
    decisions: run.decisions.map((c) => foretold({ ...c, d: c.d.map((d) => -d) })),
    ...(run.joint && { joint: turned(run.joint) }),
  });
  return { ...log, contested: log.contested.map((c) => ({ ...c, runs: c.runs.map(turn) })) };
}

function turned(joint: Joint): Joint {
  return {
    ...joint,
    target: joint.baseline,
    baseline: joint.target,
    targetUntried: joint.baselineUntried,
    baselineUntried: joint.targetUntried,
    heavy: joint.heavy === "target" ? "baseline" : "target",
    squares: { target: joint.squares.baseline, baseline: joint.squares.target },
    predicted: -joint.predicted,
  };
}

function contest(row: JudgedDecision): Contested {
  const out: Omit<Contested, "worst"> = { chosen: row.chosen, reward: row.reward, at: [], d: [], p: [], q: [] };
  for (let a = 0; a < row.logging.length; a++) {
    const d = row.target[a] - row.baseline[a];
    if (Math.abs(d) <= 1e-12) continue;
    out.at.push(a);
    out.d.push(d);
    const p = row.logging[a];
    out.p.push(p >= LEAST_TRIED ? p : 0);
    out.q.push(predicted(row, a));
  }
  return foretold(out);
}

interface Ratios {
  chosen: number;
  most: number;
  untried: number;
  square: number;
}

function ratiosOf(row: JudgedDecision, policy: ArrayLike<number>): Ratios {
  const ratios = { chosen: 0, most: 0, untried: 0, square: 0 };
  for (let a = 0; a < policy.length; a++) {
    const share = policy[a];
    const p = row.logging[a];
    if (p < LEAST_TRIED) ratios.untried += share;
    else {
      if (a === row.chosen) ratios.chosen = share / p;
      ratios.most = Math.max(ratios.most, share / p);
      ratios.square += (share * share) / p;
    }
  }
  return ratios;
}

/**
 * What both policies make of a run as a whole: the product of the importance weights of its decisions
 * (Precup, Sutton & Singh 2000), since what one decision is worth depends on the others. Once the lighter
 * policy's weight could pass {@link JOINT_LOSS}, later decisions count as they were logged for both, which
 * is decided before they are drawn.
 */
export function jointOf(run: readonly JudgedDecision[]): Joint {
  const share = run[0]?.byRun;
  if (share !== undefined) return assignedOf(run, share);
  const weights = { target: 1, baseline: 1 };
  const untried = { target: 0, baseline: 0 };
  const squares = { target: 1, baseline: 1 };
  let heavy: Joint["heavy"] | undefined;
  for (const row of run) {
    const target = ratiosOf(row, row.target);
    const baseline = ratiosOf(row, row.baseline);
    if (differs(row)) heavy ??= target.most >= baseline.most ? "target" : "baseline";
    const lighter = heavy === "baseline" ? target : baseline;
    const lightest = heavy === "baseline" ? weights.target : weights.baseline;
    if (lightest * (lighter.most + lighter.untried) > JOINT_LOSS) break;
    untried.target += weights.target * target.untried;
    untried.baseline += weights.baseline * baseline.untried;
    weights.target *= target.chosen;
    weights.baseline *= baseline.chosen;
    squares.target *= target.square;
    squares.baseline *= baseline.square;
  }
  return {
    reward: earnedBy(run),
    ...weights,
    targetUntried: untried.target,
    baselineUntried: untried.baseline,
    heavy: heavy ?? "target",
    squares,
    predicted: predictedGain(run),
  };
}

/**
 * The weights where one draw decided the whole run: the log is the mixture of what both would have done,
 * so that neither weight passes the inverse of its share, however long the run.
 */
function assignedOf(run: readonly JudgedDecision[], share: number): Joint {
  const log = run.reduce((sum, row) => sum + logRatio(row), 0);
  // Neither of them could have made all of these choices: then the run tells nothing of either.
  if (Number.isNaN(log)) return { ...assignedOf([], share), reward: earnedBy(run), target: 0, baseline: 0 };
  const odds = ((1 - share) / share) * Math.exp(Math.max(-700, Math.min(700, -log)));
  return {
    reward: earnedBy(run),
    target: 1 / (share * (1 + odds)),
    baseline: 1 / ((1 - share) * (1 + 1 / odds)),
    targetUntried: 0,
    baselineUntried: 0,
    heavy: share <= 0.5 ? "target" : "baseline",
    squares: { target: 1 / share, baseline: 1 / (1 - share) },
    predicted: predictedGain(run),
  };
}

/** Log of target over baseline for the choice made. */
function logRatio(row: JudgedDecision): number {
  return Math.log(row.target[row.chosen]) - Math.log(row.baseline[row.chosen]);
}

function predictedGain(run: readonly JudgedDecision[]): number {
  let gain = 0;
  for (const row of run)
    for (let a = 0; a < row.logging.length; a++) gain += (row.target[a] - row.baseline[a]) * predicted(row, a);
  return Math.min(1, Math.max(-1, gain / Math.max(1, run.length)));
}

/** What a run earned: the mean of what its decisions were credited with. */
function earnedBy(run: readonly Pick<JudgedDecision, "reward">[]): number {
  return run.reduce((sum, row) => sum + row.reward, 0) / Math.max(1, run.length);
}

/** Whether target and baseline would not choose alike. */
export function differs(row: JudgedDecision): boolean {
  for (let a = 0; a < row.target.length; a++) if (Math.abs(row.target[a] - row.baseline[a]) > 1e-12) return true;
  return false;
}
