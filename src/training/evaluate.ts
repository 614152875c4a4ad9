import { z } from "zod";
import { checkArgument } from "../core/arguments.js";
import { LearningError, parseOptions } from "../core/index.js";
import { whole } from "../core/option-fields.js";
import { denseVector } from "../dataset/index.js";
import type { Env, StepInfo } from "../environments/index.js";
import { forward, type Network } from "../math/network.js";
import { createRng, type Rng } from "../math/rng.js";
import { studentQuantile } from "../math/student.js";
import { mostLikely, type RoutingPolicy } from "../policies/index.js";
import { checkedEnv } from "./checked-env.js";
import { maskedArgmax } from "./masked-softmax.js";
import { seed } from "./option-fields.js";

/** Chooses a legal action; the generator is there for policies that draw. */
export type Actor<Obs> = (observation: Obs, info: StepInfo, rng: Rng) => number;

/** A mean with its 95 % interval (Student's t over episodes). */
export interface MeanInterval {
  mean: number;
  low: number;
  high: number;
  episodes: number;
}

const evaluationSchema = z.strictObject({
  /** Default 100. */
  episodes: whole.default(100),
  /** Episode i is started with `seed/i`, the same for every actor (default 0). */
  seed: seed.default(0),
});
/** Where and how often an actor is tried. */
export interface EvaluationOptions<Obs> extends z.input<typeof evaluationSchema> {
  makeEnv: () => Env<Obs, number>;
}

/**
 * Draws legal actions evenly.
 * @example
 * ```ts
 * const returns = episodeReturns(randomActor(2), { makeEnv: cartPole, episodes: 3, seed: 1 });
 * returns.length; // 3
 * ```
 */
export function randomActor<Obs>(actions: number): Actor<Obs> {
  checkArgument(actions, "actions", "number", "TRAINING_INVALID");
  return (_, { actionMask }, rng) => {
    if (!actionMask) return rng.int(actions);
    const legal = [...actionMask.keys()].filter((a) => actionMask[a]);
    return legal[rng.int(legal.length)];
  };
}

/**
 * Takes the legal action with the network's largest output, on the environment's flattened observations.
 * @example
 * ```ts
 * const env = cartPole();
 * const returns = episodeReturns(greedyActor(network, env), { makeEnv: cartPole, episodes: 20 });
 * ```
 */
export function greedyActor<Obs>(network: Network, env: Env<Obs, number>): Actor<Obs> {
  checkArgument(network, "network", { layers: "list" }, "TRAINING_INVALID");
  checkArgument(env, "env", "object", "TRAINING_INVALID");
  const space = env.observationSpace;
  return (observation, { actionMask }) => maskedArgmax(forward(network, space.flatten(observation)), actionMask);
}

/**
 * Takes the legal action that a routing policy over the environment's actions finds most likely.
 * @example
 * ```ts
 * const env = cartPole();
 * const actor = policyActor(policy, ["left", "right"], env);
 * ```
 */
export function policyActor<Obs>(policy: RoutingPolicy, actions: readonly string[], env: Env<Obs, number>): Actor<Obs> {
  checkArgument(policy, "policy", { score: "function" }, "TRAINING_INVALID");
  checkArgument(actions, "actions", "texts", "TRAINING_INVALID");
  checkArgument(env, "env", "object", "TRAINING_INVALID");
  const space = env.observationSpace;
  return (observation, { actionMask }) =>
    mostLikely(
      policy.score({ context: denseVector(space.flatten(observation)), candidates: actions, mask: actionMask }),
    );
}

/**
 * The undiscounted return of each episode.
 * @throws TRAINING_INVALID for a number of episodes that is none, and for an observation, reward or mask that cannot be,
 * with its episode and step
 * @example
 * ```ts
 * const left: Actor<Float64Array> = () => 0;
 * episodeReturns(left, { makeEnv: cartPole, episodes: 2, seed: 1 }).every((steps) => steps < 20); // true
 * ```
 */
export function episodeReturns<Obs>(actor: Actor<Obs>, options: EvaluationOptions<Obs>): number[] {
  checkArgument(actor, "actor", "function", "TRAINING_INVALID");
  checkArgument(options, "options", { makeEnv: "function" }, "TRAINING_INVALID");
  const { makeEnv, ...often } = options;
  const { episodes, seed } = parseOptions(evaluationSchema, often, "options of the evaluation", "TRAINING_INVALID");
  const env = checkedEnv(makeEnv());
  const play = (i: number): number => {
    const rng = createRng(`${seed}/${i}/actor`);
    let { observation, info } = env.reset({ seed: `${seed}/${i}` });
    let sum = 0;
    for (;;) {
      const result = env.step(actor(observation, info, rng));
      sum += result.reward;
      if (result.terminated || result.truncated) return sum;
      ({ observation, info } = result);
    }
  };
  try {
    return Array.from({ length: episodes }, (_, i) => play(i));
  } finally {
    env.close?.();
  }
}

/** Several actors on the same episodes. */
export interface Comparison {
  /** Mean return of each actor. */
  returns: Record<string, MeanInterval>;
  /** Mean of the candidate's return less the other's in the same episode, for each other actor. */
  gains: Record<string, MeanInterval>;
}

/**
 * Tries a candidate and others (random, a baseline, the incumbent) on the same seeded episodes. The
 * gains are paired, so their intervals are narrower than the difference of two means.
 * @throws TRAINING_INVALID for an actor named `candidate`, and for a number of episodes that is none
 * @example
 * ```ts
 * const lean: Actor<Float64Array> = (x) => (x[2] > 0 ? 1 : 0); // pushes towards the side the pole leans to
 * const { gains } = compareActors(lean, { random: randomActor(2) }, { makeEnv: cartPole, episodes: 20, seed: 1 });
 * (gains.random?.low ?? 0) > 0; // true
 * ```
 */
export function compareActors<Obs>(
  candidate: Actor<Obs>,
  others: Readonly<Record<string, Actor<Obs>>>,
  options: EvaluationOptions<Obs>,
): Comparison {
  checkArgument(candidate, "candidate", "function", "TRAINING_INVALID");
  checkArgument(others, "others", "object", "TRAINING_INVALID");
  checkArgument(options, "options", { makeEnv: "function" }, "TRAINING_INVALID");
  if (Object.hasOwn(others, "candidate"))
    throw new LearningError("TRAINING_INVALID", {
      received: "another actor named candidate",
      expected: "names of others, which stand beside the candidate's in the result",
      remedy: "Rename it.",
    });
  const own = episodeReturns(candidate, options);
  const comparison: Comparison = { returns: { candidate: episodeInterval(own) }, gains: {} };
  for (const [name, actor] of Object.entries(others)) {
    const returns = episodeReturns(actor, options);
    comparison.returns[name] = episodeInterval(returns);
    comparison.gains[name] = episodeInterval(own.map((r, i) => r - returns[i]));
  }
  return comparison;
}

/**
 * The mean of independent values and its 95 % interval by Student's t; infinitely wide for one value.
 * @example episodeInterval([1, 2, 3]).mean; // 2
 */
export function episodeInterval(values: readonly number[]): MeanInterval {
  checkArgument(values, "values", "numbers", "TRAINING_INVALID");
  const n = values.length;
  const mean = values.reduce((sum, v) => sum + v, 0) / n;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1);
  const half = n > 1 ? studentQuantile(0.975, n - 1) * Math.sqrt(variance / n) : Number.POSITIVE_INFINITY;
  return { mean, low: mean - half, high: mean + half, episodes: n };
}
