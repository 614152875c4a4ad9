import { z } from "zod";
import { parseOptions } from "../core/index.js";
import type { DqnOptions } from "./dqn-options.js";
import type { PpoOptions } from "./ppo-options.js";

const whole = z.int("a whole number from 1").min(1, "a whole number from 1").optional();
const count = z.int("a whole number from 0").min(0, "a whole number from 0").optional();
const share = z.number("a number in [0,1]").min(0, "a number in [0,1]").max(1, "a number in [0,1]").optional();
const above = z.number("a finite number above 0").gt(0, "a finite number above 0").optional();
const weight = z.number("a finite number from 0").min(0, "a finite number from 0").optional();
const length = z.custom<number>((v) => typeof v === "number" && v > 0, "a number above 0").optional();
const hidden = z.array(z.int("whole numbers from 1").min(1, "whole numbers from 1"), "an array of widths").optional();
const flag = z.boolean("true or false").optional();
const given = z.unknown().optional();

const ppoSchema = z.object({
  hidden,
  environments: whole,
  rolloutSteps: whole,
  batchSize: whole,
  epochs: whole,
  gamma: share,
  lambda: share,
  learningRate: weight,
  clip: above,
  entropyWeight: weight,
  maxNorm: length,
  targetDivergence: length,
  start: given,
  engine: given,
} satisfies Record<keyof PpoOptions, z.ZodType>);

const dqnSchema = z.object({
  hidden,
  double: flag,
  dueling: flag,
  nSteps: whole,
  gamma: share,
  learningRate: weight,
  decay: flag,
  batchSize: whole,
  bufferSize: whole,
  learningStarts: count,
  trainEvery: whole,
  gradientSteps: whole,
  targetEvery: whole,
  explorationShare: above,
  explorationEnd: share,
  maxNorm: length,
  engine: given,
} satisfies Record<keyof DqnOptions, z.ZodType>);

/** Fails with TRAINING_INVALID on settings that cannot be, with CONFIG_UNKNOWN_KEY on ones that do not exist. */
export function checkPpoOptions(options: PpoOptions): void {
  parseOptions(ppoSchema, options, "PPO options", "TRAINING_INVALID");
}

/** As {@link checkPpoOptions}. */
export function checkDqnOptions(options: DqnOptions): void {
  parseOptions(dqnSchema, options, "DQN options", "TRAINING_INVALID");
}
