import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DecisionRow } from "../../../src/dataset/index.js";
import { selectionSensitivity } from "../../../src/feedback/index.js";
import { createRng } from "../../../src/math/rng.js";
import { defaultMembers, mixRewards, RewardModel } from "../../../src/rewards/index.js";
import { round } from "../support/bench.js";

const SEEDS = [1, 2, 3, 4, 5, 6];

/**
 * Mean reward of the nine models when ratings are not a fair sample, against the truth of the same
 * decisions, over several draws of who rates what. Observed selection: easy task types are asked about
 * and answered far more often; only the probability of having been asked is stored with the answers, as
 * the product does. Unobserved selection: raters answer because the run was good.
 */
export async function ratingBias(folder: string) {
  const draws: Awaited<ReturnType<typeof oneDraw>>[] = [];
  for (const seed of SEEDS) draws.push(await oneDraw(folder, seed));
  const over = (of: (d: (typeof draws)[number]) => number) =>
    round(draws.reduce((a, d) => a + of(d), 0) / draws.length, 4);
  const naiveBias = over((d) => d.naive);
  const mixedBias = over((d) => d.mixed);
  return {
    truth: over((d) => d.truth),
    observed: {
      naiveBias,
      /** Weighted by what is never known in full, the probability of asking and answering: the yardstick. */
      knownProbabilityBias: over((d) => d.weighted),
      mixedBias,
      meanAbsoluteMixedBias: over((d) => Math.abs(d.mixed)),
      biasRemoved: round(1 - Math.abs(mixedBias) / Math.abs(naiveBias)),
    },
    unobserved: {
      naiveBias: over((d) => d.pleased),
      meanByAssumedOdds: Object.fromEntries(
        ODDS.map((odds, k) => [odds, over((d) => d.sensitivity[k]?.mean ?? Number.NaN)]),
      ),
    },
  };
}

const ODDS = [1, 2, 4, 8];

async function oneDraw(folder: string, seed: number) {
  const { models } = JSON.parse(readFileSync(join(folder, "llm-routing", "llmrouter_9models.meta.json"), "utf8")) as {
    models: string[];
  };
  const questions = readFileSync(join(folder, "llm-routing", "llmrouter_9models.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { task: string; chars: number; rewards: number[] });
  const rng = createRng(seed);
  const easy = new Set(["commonsense_qa", "openbook_qa", "arc_challenge", "gsm8k", "trivia_qa", "agentverse-mgsm"]);
  const truth: number[] = [];
  const known = new Map<string, number>();
  const rows = questions.map(({ task, chars, rewards }, i): DecisionRow => {
    const chosen = rng.int(models.length);
    const reward = rewards[chosen];
    truth.push(reward);
    const asked = easy.has(task) ? 0.6 : 0.2;
    const ratedProbability = asked * (easy.has(task) ? 0.8 : 0.5);
    known.set(`d${i}`, ratedProbability);
    return {
      decisionId: `d${i}`,
      workflowId: `w${i}`,
      decisionPoint: "model",
      at: "2026-01-01T00:00:00.000Z",
      index: 0,
      decisionsInRun: 1,
      context: { task, chars },
      candidates: models,
      chosen: models[chosen],
      propensity: 1 / models.length,
      source: "exploration",
      mode: "shadow",
      ...(rng.next() < ratedProbability && { reward, ratedProbability: asked }),
    };
  });
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const rated = rows.filter((r) => r.reward !== undefined);
  const features = (r: DecisionRow) => ({ ...r.context, chosen: r.chosen });
  const members = defaultMembers().filter((m) => ["boosted-trees", "extra-trees-1", "ridge", "mean"].includes(m.kind));
  const model = await RewardModel.fit(
    rated.map((r) => ({ features: features(r), targets: { reward: r.reward as number } })),
    { seed, members },
  );
  const unseen = model.outOfFold() as Float64Array;
  const own = new Map(rated.map((r, i) => [r.decisionId, unseen[i]]));
  const predictions = model.predict(rows.map(features));
  const imputed = new Map(
    rows.map((r, i) => {
      const p = predictions[i];
      return [r.decisionId, { ...p, mean: own.get(r.decisionId) ?? p.mean }];
    }),
  );
  model.dispose();
  const mixed = mixRewards(rows, imputed).rows.flatMap((r) => (r.reward === undefined ? [] : [r.reward]));
  const inverse = rated.map((r) => 1 / (known.get(r.decisionId) as number));
  const weighted =
    rated.reduce((a, r, i) => a + inverse[i] * (r.reward as number), 0) / inverse.reduce((a, b) => a + b, 0);
  // Raters answer because the run was good: odds four times as high at reward 1 as at 0.
  const pleased = truth.filter((r) => rng.next() < (0.15 * 4 ** r) / (1 + 0.15 * 4 ** r));
  const goal = mean(truth);
  return {
    truth: goal,
    naive: mean(rated.map((r) => r.reward as number)) - goal,
    weighted: weighted - goal,
    mixed: mean(mixed) - goal,
    pleased: mean(pleased) - goal,
    sensitivity: selectionSensitivity(pleased, pleased.length / truth.length, ODDS),
  };
}
