import { createRng, shuffled } from "langgraph-collective-learning";
import { mostLikely } from "../../../src/policies/index.js";
import { startPolicy } from "../../../src/worker/start-policy.js";
import type { ModelWorld, Question } from "./model-worlds.js";

const EXPLORATION = 0.1;
const PER_VERSION = 250;
const FIRST = 2 * PER_VERSION;

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
    if (rows.length >= FIRST && rows.length % PER_VERSION === 0) choice = learnedFrom(rows, models);
  }
  return held.reduce((s, q) => s + (q.rewards[choice(q)] ?? 0) - (q.rewards[fallback] ?? 0), 0) / held.length;
}

function learnedFrom(rows: readonly Row[], models: readonly string[]): (q: Question) => number {
  const contextOf = ({ task, chars }: Question) => ({ task, chars });
  const contexts = rows.map(({ q }) => ({ context: contextOf(q) }));
  const { policy, encoders } = startPolicy({ decisionPoint: "model", learn: {}, seed: 1 }, contexts);
  const inputOf = (q: Question) => ({ context: encoders.context.encode(contextOf(q)), candidates: models });
  policy.learn(
    rows.map(({ q, chosen, propensity }) => ({ ...inputOf(q), chosen, propensity, reward: q.rewards[chosen] ?? 0 })),
  );
  return (q) => mostLikely(policy.score(inputOf(q)));
}
