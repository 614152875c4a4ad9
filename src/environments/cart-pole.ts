import { LearningError, show } from "../core/index.js";
import { createRng } from "../math/rng.js";
import { resetArgument } from "./arguments.js";
import type { Env, ResetOptions, ResetResult, StepResult } from "./env.js";
import { Box, Discrete } from "./spaces/index.js";
import { TimeLimit } from "./wrappers/time-limit.js";

const GRAVITY = 9.8;
const MASS_POLE = 0.1;
const TOTAL_MASS = MASS_POLE + 1;
/** Half the pole's length. */
const LENGTH = 0.5;
const POLE_MASS_LENGTH = MASS_POLE * LENGTH;
const FORCE = 10;
const TAU = 0.02;
const MAX_ANGLE = (12 * 2 * Math.PI) / 360;
const MAX_POSITION = 2.4;

/**
 * The cart-pole problem of Barto, Sutton and Anderson (1983) with the dynamics of Gymnasium's
 * CartPole (Euler steps of 20 ms, single-precision observations): position, velocity, angle and
 * angular velocity; push left (0) or right (1); reward 1 per step until the pole falls or the cart
 * leaves the track. Unlimited; see {@link cartPole}.
 *
 * Reset options: `state`, the four numbers to start from (default: each uniform in ±0.05).
 * @example
 * ```ts
 * const env = new TimeLimit(new CartPole(), 200);
 * const { observation } = env.reset({ options: { state: [0, 0, 0.1, 0] } });
 * [...observation]; // [0, 0, 0.1, 0]
 * ```
 */
export class CartPole implements Env<Float64Array, number> {
  readonly id = "CartPole";
  readonly actionSpace = new Discrete(2);
  readonly observationSpace: Box;
  private rng = createRng(0);
  private state: [number, number, number, number] | undefined;

  constructor() {
    const high = [MAX_POSITION * 2, Number.POSITIVE_INFINITY, MAX_ANGLE * 2, Number.POSITIVE_INFINITY].map(Math.fround);
    this.observationSpace = new Box(
      high.map((h) => -h),
      high,
    );
  }

  reset(given: ResetOptions = {}): ResetResult<Float64Array> {
    const { seed, options } = resetArgument(given);
    if (seed !== undefined) this.rng = createRng(seed);
    const draw = () => this.rng.next() * 0.1 - 0.05;
    this.state = options?.state === undefined ? [draw(), draw(), draw(), draw()] : fourNumbers(options.state);
    return { observation: this.observe(this.state), info: {} };
  }

  step(action: number): StepResult<Float64Array> {
    if (!this.state || !this.actionSpace.contains(action))
      throw new LearningError("ENV_INVALID", {
        received: this.state ? `the action ${show(action)}` : "a step outside an episode",
        expected: "0 or 1 within an episode",
        remedy: "Call reset before the first step and after each end.",
      });
    let [x, xDot, theta, thetaDot] = this.state;
    const force = action === 1 ? FORCE : -FORCE;
    const cos = Math.cos(theta);
    const sin = Math.sin(theta);
    const temp = (force + POLE_MASS_LENGTH * (thetaDot * thetaDot) * sin) / TOTAL_MASS;
    const thetaAcc = (GRAVITY * sin - cos * temp) / (LENGTH * (4 / 3 - (MASS_POLE * (cos * cos)) / TOTAL_MASS));
    const xAcc = temp - (POLE_MASS_LENGTH * thetaAcc * cos) / TOTAL_MASS;
    x += TAU * xDot;
    xDot += TAU * xAcc;
    theta += TAU * thetaDot;
    thetaDot += TAU * thetaAcc;
    const state: [number, number, number, number] = [x, xDot, theta, thetaDot];
    const terminated = Math.abs(x) > MAX_POSITION || Math.abs(theta) > MAX_ANGLE;
    this.state = terminated ? undefined : state;
    return { observation: this.observe(state), reward: 1, terminated, truncated: false, info: {} };
  }

  private observe(state: readonly number[]): Float64Array {
    return Float64Array.from(state, Math.fround);
  }
}

/**
 * CartPole-v1: at most 500 steps an episode.
 * @example
 * ```ts
 * const env = cartPole();
 * env.reset({ seed: 1 });
 * env.step(1).reward; // 1
 * ```
 */
export function cartPole(): Env<Float64Array, number> {
  return new TimeLimit(new CartPole(), 500, "CartPole-v1");
}

function fourNumbers(value: unknown): [number, number, number, number] {
  if (Array.isArray(value) && value.length === 4 && value.every((v) => typeof v === "number" && Number.isFinite(v)))
    return value.slice() as [number, number, number, number];
  throw new LearningError("ENV_INVALID", {
    received: `options.state = ${show(value)}`,
    expected: "four finite numbers: position, velocity, angle, angular velocity",
    remedy: "Leave it out for a random start.",
  });
}
