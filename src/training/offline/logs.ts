import { checkArgument, checkEach } from "../../core/arguments.js";
import { LearningError } from "../../core/index.js";
import type { DecisionRow, FeatureEncoder } from "../../dataset/index.js";
import { createRng, type Rng } from "../../math/rng.js";
import { actionsOf } from "../actions.js";
import { checkedEnv } from "../checked-env.js";
import type { Actor } from "../evaluate.js";
import type { DiscreteEnv } from "../learner.js";

/** One logged decision. */
export interface LoggedStep {
  x: Float64Array;
  /** 1 where an action was legal. */
  mask: Uint8Array;
  action: number;
  reward: number;
}

/** The decisions of one run, in order. */
export interface LoggedEpisode {
  steps: LoggedStep[];
  /** What was seen after the last decision, where the run was cut off rather than over. */
  cutOffAt?: Pick<LoggedStep, "x" | "mask">;
}

/** What can be learned from offline. */
export interface LoggedData {
  inputs: number;
  actions: readonly string[];
  episodes: LoggedEpisode[];
  /** Runs left out, and why. */
  skipped: Record<string, number>;
}

function candidatesOf(rows: readonly DecisionRow[]): string[] {
  checkEach(rows, "rows", "a row", { workflowId: "text", candidates: "list" }, "TRAINING_INVALID");
  return [...new Set(rows.flatMap((r) => [...r.candidates]))].sort();
}

/**
 * The runs of a looping graph as episodes: each run's decisions at one decision point in order, the
 * run's reward (that of its last decision) earned at the end. Runs without a reward, or with a
 * choice that is not among `actions` or was not allowed, are left out and counted.
 * @example const { episodes, skipped } = loggedRuns(rows, encoder);
 */
export function loggedRuns(
  rows: readonly DecisionRow[],
  encoder: FeatureEncoder,
  actions: readonly string[] = candidatesOf(rows),
): LoggedData {
  checkArgument(rows, "rows", "objects", "TRAINING_INVALID");
  checkArgument(encoder, "encoder", { dim: "number", encode: "function" }, "TRAINING_INVALID");
  checkArgument(actions, "actions", "texts", "TRAINING_INVALID");
  const runs = new Map<string, DecisionRow[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.workflowId, row.decisionPoint]);
    const run = runs.get(key);
    if (run) run.push(row);
    else runs.set(key, [row]);
  }
  const skipped: Record<string, number> = {};
  const skip = (why: string) => {
    skipped[why] = (skipped[why] ?? 0) + 1;
  };
  const episodes: LoggedEpisode[] = [];
  for (const run of runs.values()) {
    run.sort((a, b) => a.index - b.index);
    const reward = run.at(-1)?.reward;
    if (reward === undefined) skip("unrated");
    else if (run.some((r) => !actions.includes(r.chosen))) skip("unknown action");
    else {
      const steps = run.map((r, t) => stepOf(r, encoder, actions, t === run.length - 1 ? reward : 0));
      if (steps.every((s) => s.mask[s.action])) episodes.push({ steps });
      else skip("action not allowed");
    }
  }
  return { inputs: encoder.dim, actions, episodes, skipped };
}

function stepOf(row: DecisionRow, encoder: FeatureEncoder, actions: readonly string[], reward: number): LoggedStep {
  const vector = encoder.encode(row.context);
  const x = new Float64Array(encoder.dim);
  for (let k = 0; k < vector.indices.length; k++) x[vector.indices[k]] = vector.values[k];
  const mask = Uint8Array.from(actions, (action) => {
    const i = row.candidates.indexOf(action);
    return i >= 0 && row.mask?.[i] !== false ? 1 : 0;
  });
  return { x, mask, action: actions.indexOf(row.chosen), reward };
}

/**
 * Episodes of an actor in an environment, as a log to learn from.
 * @param options `actions`: one name for each of the environment's actions
 * @throws TRAINING_INVALID where there are more actions than names, or fewer
 * @example
 * ```ts
 * const log = loggedEpisodes(randomActor(2), { makeEnv: cartPole, actions: ["left", "right"], episodes: 3, seed: 1 });
 * log.episodes.length; // 3
 * ```
 */
export function loggedEpisodes<Obs>(
  actor: Actor<Obs>,
  options: { makeEnv: () => DiscreteEnv; actions: readonly string[]; episodes: number; seed?: number | string },
): LoggedData {
  checkArgument(actor, "actor", "function", "TRAINING_INVALID");
  checkArgument(options, "options", { makeEnv: "function", actions: "texts", episodes: "number" }, "TRAINING_INVALID");
  const { makeEnv, actions, episodes, seed = 0 } = options;
  const env = checkedEnv(makeEnv());
  const space = env.observationSpace;
  if (actionsOf(env) !== actions.length)
    throw new LearningError("TRAINING_INVALID", {
      received: `${actions.length} names for the actions of ${env.id}`,
      expected: `${actionsOf(env)}`,
      remedy: "Name every action, in order.",
    });
  const maskOf = (mask: readonly boolean[] | undefined) =>
    Uint8Array.from(actions, (_, a) => ((mask?.[a] ?? true) ? 1 : 0));
  const play = (rng: Rng, start: string): LoggedEpisode => {
    const steps: LoggedStep[] = [];
    let { observation, info } = env.reset({ seed: start });
    for (;;) {
      const action = actor(observation as Obs, info, rng);
      const result = env.step(action);
      steps.push({ x: space.flatten(observation), mask: maskOf(info.actionMask), action, reward: result.reward });
      ({ observation, info } = result);
      if (result.terminated) return { steps };
      if (result.truncated)
        return { steps, cutOffAt: { x: space.flatten(observation), mask: maskOf(info.actionMask) } };
    }
  };
  const played = Array.from({ length: episodes }, (_, i) => play(createRng(`${seed}/${i}/actor`), `${seed}/${i}`));
  env.close?.();
  return { inputs: space.flatDim, actions, episodes: played, skipped: {} };
}
