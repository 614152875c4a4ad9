import { createRng, shuffled } from "langgraph-collective-learning";
import { fitEncoder } from "../../../src/dataset/index.js";
import { createPolicy, mostLikely, type PolicySpec } from "../../../src/policies/index.js";
import type { ModelWorld, Question } from "./model-worlds.js";

const EXPLORATION = 0.1;
const FIRST = 300;
const PER_VERSION = 250;

interface Row {
  q: Question;
  chosen: number;
  propensity: number;
}

/**
 * What learning alone comes to: the newest version serves at once, unproven, a tenth of runs is drawn among all models,
 * and another is learned every 250 runs. No product's promise is kept so; it tells what the proof costs.
 * @returns true gain per run over the fallback on the half that was never seen, after all runs
 */
export function ungatedLife({ models, stream, held, fallback }: ModelWorld, order: number, runs: number): number {
  const rng = createRng(`ungated/${order}`);
  const rows: Row[] = [];
  let queue: Question[] = [];
  let choice = (_q: Question) => fallback;
  while (rows.length < runs) {
    if (queue.length === 0) queue = shuffled(stream, rng);
    const q = queue.pop() as Question;
    const own = choice(q);
    const chosen = rng.next() < EXPLORATION ? Math.floor(rng.next() * models.length) : own;
    rows.push({ q, chosen, propensity: (chosen === own ? 1 - EXPLORATION : 0) + EXPLORATION / models.length });
    if (rows.length >= Math.min(FIRST, runs) && rows.length % PER_VERSION === 0) choice = learnedFrom(rows, models);
  }
  return held.reduce((s, q) => s + (q.rewards[choice(q)] ?? 0) - (q.rewards[fallback] ?? 0), 0) / held.length;
}

function learnedFrom(rows: readonly Row[], models: readonly string[]): (q: Question) => number {
  const contextOf = (q: Question) => ({ task: q.task, chars: q.chars });
  const encoder = fitEncoder(rows.map(({ q }) => contextOf(q)));
  // As the product learns from logs: a little in doubt of what was seldom tried.
  const policy = createPolicy({ kind: "auto", alpha: -0.4, dim: encoder.dim, seed: 1 } as PolicySpec);
  const inputOf = (q: Question) => ({ context: encoder.encode(contextOf(q)), candidates: models });
  policy.learn(
    rows.map(({ q, chosen, propensity }) => ({ ...inputOf(q), chosen, propensity, reward: q.rewards[chosen] ?? 0 })),
  );
  return (q) => mostLikely(policy.score(inputOf(q)));
}
