import type { RegistryEvent } from "../../registry/index.js";
import type { ServedRun } from "./outcome-reader.js";

/** Shares of the largest admissible stake; their bets are averaged. */
const STAKES = [0.05, 0.15, 0.4, 0.8];

/**
 * The e-value that a version's mean reward has fallen below `level`, from its outcomes in order: while
 * the mean is at least that, the probability that this ever reaches 1/alpha is at most alpha. Betting on
 * bounded means (Waudby-Smith and Ramdas, 2024).
 */
export function regressionEvidence(rewards: Iterable<number>, level: number): number {
  if (level <= 0) return 1;
  const most = 1 / Math.max(1 - level, 0.05);
  const capitals = STAKES.map(() => 1);
  let largest = 1;
  for (const r of rewards) {
    for (let k = 0; k < STAKES.length; k++)
      capitals[k] = (capitals[k] as number) * (1 + (STAKES[k] as number) * most * (level - r));
    largest = Math.max(largest, capitals.reduce((s, c) => s + c, 0) / STAKES.length);
  }
  return largest;
}

const ALPHA = 0.01;
/** Rated runs of the predecessor before there is anything to fall behind of. */
const MIN_REFERENCE = 30;

/**
 * Why a promoted version should give way to the one before it: its mean reward since the promotion is, beyond
 * doubt, more than `margin` below what its predecessor earned before. Undefined while there is no proof. A policy
 * over versions gives each only the contexts that suit it: what it served counts as a whole, or not at all.
 * @param events the prompt's registry events, oldest first
 * @param runs the prompt's served runs
 */
export function regressionReason(
  events: readonly RegistryEvent[],
  runs: readonly ServedRun[],
  margin: number,
): string | undefined {
  const changes = events.filter((e) => e.action === "promote" || e.action === "rollback");
  const last = changes.at(-1);
  const before = changes.at(-2)?.version;
  if (last?.action !== "promote" || !last.version || !before || before === last.version) return undefined;
  const byPolicy = (r: ServedRun) => r.decision.source === "policy";
  const rewards = (which: (r: ServedRun) => boolean) =>
    runs
      .filter((r) => r.reward !== undefined && which(r))
      .sort((a, b) => ((a.ratedAt as string) < (b.ratedAt as string) ? -1 : 1))
      .map((r) => r.reward as number);
  const reference = rewards((r) => !byPolicy(r) && r.decision.chosen === before && r.decision.at < last.at);
  const since = rewards((r) => (byPolicy(r) || r.decision.chosen === last.version) && r.decision.at >= last.at);
  if (reference.length < MIN_REFERENCE) return undefined;
  const mean = average(reference);
  const spread = Math.sqrt(reference.reduce((s, r) => s + (r - mean) ** 2, 0.25) / reference.length);
  const level = mean - margin - (1.645 * spread) / Math.sqrt(reference.length);
  if (regressionEvidence(since, level) < 1 / ALPHA) return undefined;
  const beside = runs.some((r) => byPolicy(r) && r.decision.at >= last.at) ? " with the policy over versions" : "";
  return `${last.version}${beside} earns ${average(since).toFixed(3)} over ${since.length} runs; ${before} earned ${mean.toFixed(3)} over ${reference.length}`;
}

function average(values: readonly number[]): number {
  return values.reduce((s, v) => s + v, 0) / values.length;
}
