import { checkArgument } from "../core/arguments.js";
import { LearningError, show } from "../core/index.js";
import { createRng, type Rng } from "../math/rng.js";
import type { Env, ResetResult, StepInfo, StepResult } from "./env.js";
import type { Box } from "./spaces/box.js";
import type { Discrete } from "./spaces/discrete.js";
import type { Space } from "./spaces/space.js";

/** What `checkEnv` thought worth a word although it is allowed. */
export interface EnvCheckReport {
  warnings: string[];
  /** Steps taken, over all episodes. */
  steps: number;
  episodes: number;
}

/** How long to check. */
export interface EnvCheckOptions {
  /** Random steps to take (default 200); episodes start anew as they end. */
  steps?: number;
  /** Seed of the random actions and of the resets (default 0). */
  seed?: number;
}

/**
 * Catches what Gymnasium's `check_env` catches: spaces and returns of the wrong type, observations
 * outside their space, NaN, rewards that are not finite, masks that fit nothing, episodes that are
 * not determined by their seed, observations that change after they were returned, steps accepted
 * after the end of an episode. Fails with ENV_INVALID on the first of these; oddities that are allowed (unbounded
 * boxes, say) come back as warnings. The environment is left in the middle of an episode.
 * @example checkEnv(new OrchestratorEnv({ world: smallWorld() })).warnings; // []
 */
export function checkEnv<Obs, Act>(env: Env<Obs, Act>, options: EnvCheckOptions = {}): EnvCheckReport {
  checkArgument(env, "env", "object", "ENV_INVALID");
  checkArgument(options, "options", "object", "ENV_INVALID");
  const { steps = 200, seed = 0 } = options;
  checkSpace("observationSpace", env.observationSpace);
  checkSpace("actionSpace", env.actionSpace);
  const first = rollout(env, steps, seed);
  const second = rollout(env, steps, seed);
  first.log.forEach((line, i) => {
    if (line !== second.log[i])
      fail(
        `at step ${i} of two episodes with one seed and the same actions: ${line} and ${second.log[i]}`,
        "the same observation, reward, ends and mask",
        "Draw every random number from a generator that reset({ seed }) seeds.",
      );
  });
  checkOrder(env);
  const warnings = [...boundWarnings(env.observationSpace)];
  const other = rollout(env, steps, seed, `another than ${seed}`);
  if (other.log.join() === first.log.join())
    warnings.push("another seed gave the same episodes: reset({ seed }) has no effect, or nothing is left to chance");
  if (first.episodes > 1 && first.rewards.size === 1)
    warnings.push(`every one of ${steps} random steps earned the reward ${[...first.rewards][0]}`);
  return { warnings, steps: steps * 3, episodes: first.episodes + second.episodes + other.episodes };
}

function fail(received: string, expected: string, remedy: string): never {
  throw new LearningError("ENV_INVALID", { received, expected, remedy });
}

function checkSpace(name: string, space: Space<unknown> | undefined): void {
  if (!space || typeof space.contains !== "function" || typeof space.sample !== "function")
    fail(`${name} = ${show(space)}`, "a space", "Set it to a Discrete, Box, MultiDiscrete or DictSpace.");
  const sample = space.sample(createRng(0));
  if (!space.contains(sample))
    fail(`${name}.sample() = ${show(sample)}`, `a member of ${space.describe()}`, "Mend the space.");
}

function checkOrder<Obs, Act>(env: Env<Obs, Act>): void {
  const action = env.actionSpace.sample(createRng(0));
  const end = runToEnd(env, 0);
  if (!end) return;
  let accepted = false;
  try {
    env.step(action);
    accepted = true;
  } catch {
    // The right answer: the episode is over.
  }
  if (accepted)
    fail("a step after the end of the episode that was accepted", "a failure with ENV_INVALID", "Call reset first.");
}

/** Random steps until an episode ends; false when none did within 2,000. */
function runToEnd<Obs, Act>(env: Env<Obs, Act>, seed: number): boolean {
  const rng = createRng(seed);
  let info = env.reset({ seed }).info;
  for (let i = 0; i < 2000; i++) {
    const result = env.step(legalAction(env, info, rng));
    if (result.terminated || result.truncated) return true;
    info = result.info;
  }
  return false;
}

function legalAction<Obs, Act>(env: Env<Obs, Act>, info: StepInfo, rng: Rng): Act {
  const space = env.actionSpace;
  if (space.kind === "discrete") return (space as unknown as Discrete).sample(rng, info.actionMask) as Act;
  return space.sample(rng);
}

/** Random steps with actions drawn by `seed`, episodes by `resetSeed`. */
function rollout<Obs, Act>(env: Env<Obs, Act>, steps: number, seed: number, resetSeed: number | string = seed) {
  const rng = createRng(`check/${seed}`);
  const log: string[] = [];
  const rewards = new Set<number>();
  let episodes = 1;
  let before = env.reset({ seed: resetSeed });
  checkReturn(env, before, "reset", false);
  log.push(fingerprint(env, before));
  for (let i = 0; i < steps; i++) {
    const kept = fingerprint(env, before);
    const result = env.step(legalAction(env, before.info, rng));
    checkObject(result, "step");
    if (fingerprint(env, before) !== kept)
      fail(
        `an observation that changed in step ${i} after it had been returned`,
        "a fresh observation from every call",
        "Copy the observation before returning it.",
      );
    checkStep(result);
    const over = result.terminated || result.truncated;
    checkReturn(env, result, "step", over);
    log.push(`${fingerprint(env, result)} ${result.reward} ${result.terminated} ${result.truncated}`);
    rewards.add(result.reward);
    before = over ? env.reset() : result;
    if (over) {
      episodes++;
      checkReturn(env, before, "reset", false);
    }
  }
  return { log, rewards, episodes };
}

function checkStep<Obs>(result: StepResult<Obs>): void {
  if (typeof result.reward !== "number" || !Number.isFinite(result.reward))
    fail(`the reward ${show(result.reward)}`, "a finite number", "Return one number per step.");
  for (const key of ["terminated", "truncated"] as const)
    if (typeof result[key] !== "boolean")
      fail(`${key} = ${show(result[key])}`, "true or false", "Say in two booleans whether the episode ended, and how.");
}

function checkObject(result: unknown, from: string): void {
  if (typeof (result as { then?: unknown } | undefined)?.then === "function")
    fail(`a promise from ${from}()`, "an object with observation and info", "Environments are synchronous.");
  if (typeof result !== "object" || result === null)
    fail(`${from}() = ${show(result)}`, "an object with observation and info", "Return that object.");
}

function checkReturn<Obs, Act>(env: Env<Obs, Act>, result: ResetResult<Obs>, from: string, over: boolean): void {
  checkObject(result, from);
  if (!env.observationSpace.contains(result.observation))
    fail(
      `from ${from}() the observation ${show(plain(result.observation))}`,
      `a member of ${env.observationSpace.describe()}`,
      "Widen the space or correct the observation (NaN belongs to no space).",
    );
  if (typeof result.info !== "object" || result.info === null)
    fail(`from ${from}() the info ${show(result.info)}`, "an object", "Return an empty object when there is none.");
  const mask = result.info.actionMask;
  if (mask === undefined) return;
  const n = env.actionSpace.kind === "discrete" ? (env.actionSpace as unknown as Discrete).n : -1;
  if (!Array.isArray(mask) || mask.length !== n || !mask.every((m) => typeof m === "boolean"))
    fail(
      `from ${from}() the mask ${show(mask)}`,
      `an array of ${n} booleans`,
      "Align it with a Discrete action space.",
    );
  if (!over && !mask.includes(true))
    fail(
      `from ${from}() a mask without a legal action`,
      "at least one true",
      "End the episode where nothing is legal.",
    );
}

function plain(value: unknown): unknown {
  return value instanceof Float64Array ? [...value].map((v) => (Number.isFinite(v) ? v : String(v))) : value;
}

function fingerprint<Obs, Act>(env: Env<Obs, Act>, result: ResetResult<Obs>): string {
  return `${env.observationSpace.flatten(result.observation).join(",")} ${result.info.actionMask?.join(",") ?? ""}`;
}

function* boundWarnings(space: Space<unknown>): Generator<string> {
  if (space.kind !== "box") return;
  const box = space as Box;
  const unbounded = [...box.low.keys()].filter(
    (i) => box.low[i] === Number.NEGATIVE_INFINITY || box.high[i] === Number.POSITIVE_INFINITY,
  );
  if (unbounded.length > 0)
    yield `observation entries ${unbounded.join(", ")} have no bound; normalise them to learn well`;
  const constant = [...box.low.keys()].filter((i) => box.low[i] === box.high[i]);
  if (constant.length > 0) yield `observation entries ${constant.join(", ")} can take one value only`;
}
