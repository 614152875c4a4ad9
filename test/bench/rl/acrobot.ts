import { Box, Discrete, type Env, TimeLimit } from "../../../src/environments/index.js";
import { createRng } from "../../../src/math/rng.js";

const GRAVITY = 9.8;
/** Both links weigh 1 and are 1 long, with the centre of mass in the middle and a moment of inertia of 1. */
const CENTRE = 0.5;
const INERTIA = 1;
const TAU = 0.2;
const MAX_SPEEDS = [4 * Math.PI, 9 * Math.PI] as const;

type State = readonly [angle1: number, angle2: number, speed1: number, speed2: number];

/**
 * The acrobot of Sutton and Barto with the dynamics of Gymnasium's Acrobot (fourth-order Runge-Kutta over 200 ms, their
 * book's equations): a double pendulum whose second joint is pushed by -1, 0 or 1. Each step costs 1 until the free end
 * stands a link's length above the pivot. Reset options: `state`, the four numbers to start from.
 */
export class Acrobot implements Env<Float64Array, number> {
  readonly id = "Acrobot";
  readonly actionSpace = new Discrete(3);
  readonly observationSpace = new Box([-1, -1, -1, -1, ...MAX_SPEEDS.map((s) => -s)], [1, 1, 1, 1, ...MAX_SPEEDS]);
  private rng = createRng(0);
  private state: State = [0, 0, 0, 0];

  reset({ seed, options }: { seed?: number | string; options?: Record<string, unknown> } = {}) {
    if (seed !== undefined) this.rng = createRng(seed);
    const draw = () => this.rng.next() * 0.2 - 0.1;
    this.state = (options?.["state"] as State | undefined) ?? [draw(), draw(), draw(), draw()];
    return { observation: this.observe(), info: {} };
  }

  step(action: number) {
    const [a1, a2, s1, s2] = rungeKutta(this.state, action - 1);
    this.state = [wrapped(a1), wrapped(a2), bounded(s1, MAX_SPEEDS[0]), bounded(s2, MAX_SPEEDS[1])];
    const terminated = -Math.cos(this.state[0]) - Math.cos(this.state[1] + this.state[0]) > 1;
    return { observation: this.observe(), reward: terminated ? 0 : -1, terminated, truncated: false, info: {} };
  }

  private observe(): Float64Array {
    const [a1, a2, s1, s2] = this.state;
    return Float64Array.of(Math.cos(a1), Math.sin(a1), Math.cos(a2), Math.sin(a2), s1, s2).map(Math.fround);
  }
}

/** Acrobot-v1: at most 500 steps an episode. */
export function acrobot(): Env<Float64Array, number> {
  return new TimeLimit(new Acrobot(), 500, "Acrobot-v1");
}

function slopes([angle1, angle2, speed1, speed2]: State, torque: number): State {
  const cos2 = Math.cos(angle2);
  const sin2 = Math.sin(angle2);
  const d1 = CENTRE ** 2 + (1 + CENTRE ** 2 + 2 * CENTRE * cos2) + 2 * INERTIA;
  const d2 = CENTRE ** 2 + CENTRE * cos2 + INERTIA;
  const phi2 = CENTRE * GRAVITY * Math.cos(angle1 + angle2 - Math.PI / 2);
  const phi1 =
    -CENTRE * speed2 ** 2 * sin2 -
    2 * CENTRE * speed2 * speed1 * sin2 +
    (CENTRE + 1) * GRAVITY * Math.cos(angle1 - Math.PI / 2) +
    phi2;
  const push2 =
    (torque + (d2 / d1) * phi1 - CENTRE * speed1 ** 2 * sin2 - phi2) / (CENTRE ** 2 + INERTIA - d2 ** 2 / d1);
  return [speed1, speed2, -(d2 * push2 + phi1) / d1, push2];
}

function rungeKutta(s: State, torque: number): State {
  const moved = (k: State, h: number): State => [s[0] + h * k[0], s[1] + h * k[1], s[2] + h * k[2], s[3] + h * k[3]];
  const k1 = slopes(s, torque);
  const k2 = slopes(moved(k1, TAU / 2), torque);
  const k3 = slopes(moved(k2, TAU / 2), torque);
  const k4 = slopes(moved(k3, TAU), torque);
  const mixed = (i: 0 | 1 | 2 | 3) => s[i] + (TAU / 6) * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]);
  return [mixed(0), mixed(1), mixed(2), mixed(3)];
}

function wrapped(angle: number): number {
  let a = angle;
  while (a > Math.PI) a -= 2 * Math.PI;
  while (a < -Math.PI) a += 2 * Math.PI;
  return a;
}

const bounded = (value: number, most: number) => Math.max(-most, Math.min(most, value));
