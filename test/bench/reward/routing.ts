import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DecisionContext } from "../../../src/core/index.js";
import { type DecisionRow, type FeatureEncoder, fitEncoder } from "../../../src/dataset/index.js";
import { createRng, drawIndex, shuffled } from "../../../src/math/rng.js";
import { createPolicy, type RoutingPolicy } from "../../../src/policies/index.js";
import { type MixedRows, type RewardExample, RewardModel, teachableRows } from "../../../src/rewards/index.js";
import { teach } from "../../../src/worker/teach.js";
import { round } from "../support/bench.js";

interface Question {
  context: DecisionContext;
  rewards: number[];
}

const DECISIONS = 2000;
const BATCH = 500;
const RATED = 0.1;

/**
 * The nine-model routing set with a rating for one decision in ten: a policy that learns from rated
 * decisions only, beside one that also learns from a doubly robust mix with a reward model's predictions,
 * mixed and taught by the code of the learning loop. Each acts for 2,000 decisions, is trained anew every
 * 500, and is then asked for its best choice on the questions nobody rated. Both see the same questions in
 * the same order, the same ratings at the same places, and draw their choices by the same random numbers.
 * What there is to choose in the method was chosen on seeds from 1001 on.
 */
export async function routingWithFewRatings(folder: string, seeds: readonly number[]) {
  const { models } = JSON.parse(readFileSync(join(folder, "llm-routing", "llmrouter_9models.meta.json"), "utf8")) as {
    models: string[];
  };
  const questions = readFileSync(join(folder, "llm-routing", "llmrouter_9models.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { task: string; chars: number; rewards: number[] })
    .map(({ task, chars, rewards }): Question => ({ context: { task, chars }, rewards }));
  const encoder = fitEncoder(questions.map((q) => q.context));
  const results: Record<"without" | "with", { reached: number; earned: number }>[] = [];
  for (const seed of seeds) {
    const order = shuffled(questions, createRng(seed));
    const stream = order.slice(0, DECISIONS);
    const arm = async (useRewardModel: boolean) => {
      const { policy, rows } = await learn(stream, models, encoder, seed, useRewardModel);
      const unrated = order.filter((_, i) => rows[i]?.reward === undefined);
      const earned = rows.map((r, i) => stream[i]?.rewards[models.indexOf(r.chosen)]);
      return { reached: value(policy, unrated, models, encoder), earned: mean(earned) };
    };
    const result = { without: await arm(false), with: await arm(true) };
    console.log(JSON.stringify({ routing: seed, ...result }));
    results.push(result);
  }
  return {
    decisions: DECISIONS,
    ratedShare: RATED,
    seeds: seeds.length,
    /** Mean reward of the best choice after the last training. */
    reached: paired(results.map((r) => ({ without: r.without.reached, with: r.with.reached }))),
    /** Mean reward of the decisions on the way there. */
    earned: paired(results.map((r) => ({ without: r.without.earned, with: r.with.earned }))),
  };
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

function paired(results: readonly { without: number; with: number }[]) {
  const gains = results.map((r) => r.with - r.without);
  const gain = mean(gains);
  const variance = gains.reduce((a, g) => a + (g - gain) ** 2, 0) / (gains.length - 1);
  return {
    without: round(mean(results.map((r) => r.without)), 4),
    withRewardModel: round(mean(results.map((r) => r.with)), 4),
    gain: round(gain, 4),
    gainStandardError: round(Math.sqrt(variance / gains.length), 4),
    perSeed: gains.map((g) => round(g, 3)),
  };
}

async function learn(
  stream: readonly Question[],
  models: readonly string[],
  encoder: FeatureEncoder,
  seed: number,
  useRewardModel: boolean,
): Promise<{ policy: RoutingPolicy; rows: DecisionRow[] }> {
  const fresh = () => createPolicy({ kind: "auto", dim: encoder.dim, seed });
  const rng = createRng(seed).fork("decisions");
  const ratings = createRng(seed).fork("ratings");
  let policy = fresh();
  const rows: DecisionRow[] = [];
  for (let from = 0; from < stream.length; from += BATCH) {
    for (const [k, q] of stream.slice(from, from + BATCH).entries()) {
      const probabilities = policy.score({ context: encoder.encode(q.context), candidates: models });
      const chosen = drawIndex(probabilities, rng.next());
      rows.push({
        decisionId: `d${from + k}`,
        workflowId: `w${from + k}`,
        decisionPoint: "model",
        at: "2026-01-01T00:00:00.000Z",
        index: 0,
        decisionsInRun: 1,
        context: q.context,
        candidates: models,
        chosen: models[chosen],
        propensity: probabilities[chosen],
        source: "policy",
        mode: "act",
        ...(ratings.next() < RATED && { reward: q.rewards[chosen], ratedProbability: RATED }),
      });
    }
    const rated = rows.filter((r) => r.reward !== undefined);
    const unrated = useRewardModel ? await mixed(rows, rated, seed) : [];
    policy = fresh();
    teach(policy, rated, unrated, { context: encoder });
  }
  return { policy, rows };
}

async function mixed(
  rows: readonly DecisionRow[],
  rated: readonly DecisionRow[],
  seed: number,
): Promise<MixedRows["rows"]> {
  const example = (row: DecisionRow): RewardExample => ({
    features: { ...row.context, chosen: row.chosen },
    targets: row.reward === undefined ? {} : { reward: row.reward },
    group: row.workflowId,
  });
  const model = await RewardModel.fit(rated.map(example), { seed });
  const unseen = model.outOfFold() as Float64Array;
  const at = new Map(rated.map((r, i) => [r.decisionId, unseen[i]]));
  const predictions = model.predict(rows.map((r) => example(r).features));
  const imputed = new Map(
    rows.map((r, i) => {
      const p = predictions[i];
      return [r.decisionId, { ...p, mean: at.get(r.decisionId) ?? p.mean }];
    }),
  );
  model.dispose();
  return teachableRows(rows, imputed).rows;
}

/** Mean reward of the policy's best candidates. */
function value(
  policy: RoutingPolicy,
  held: readonly Question[],
  models: readonly string[],
  encoder: FeatureEncoder,
): number {
  let sum = 0;
  for (const q of held) {
    const estimates = policy.predict({ context: encoder.encode(q.context), candidates: models });
    let best = 0;
    estimates.forEach((e, i) => {
      if (e.mean > estimates[best]?.mean) best = i;
    });
    sum += q.rewards[best];
  }
  return sum / held.length;
}
