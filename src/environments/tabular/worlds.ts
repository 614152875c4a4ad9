import type { TabularModel, TransitionOutcome } from "./model.js";

const WIDTH = 6;
const HEIGHT = 4;
const MOVES = [
  [0, -1],
  [1, 0],
  [0, 1],
  [-1, 0],
] as const;

/**
 * A slippery walk along a cliff, after Sutton and Barto's cliff walking: from the lower left corner
 * of a 6 x 4 grid to the lower right one, which pays 1; the cells between are the cliff, which ends
 * the episode with nothing. One move in ten slips to a side (half to each). Moves off the grid are illegal.
 * @example const { optimum } = valueIteration(cliffWorld());
 */
export function cliffWorld(): TabularModel {
  const cell = (x: number, y: number) => y * WIDTH + x;
  const inside = (x: number, y: number) => x >= 0 && x < WIDTH && y >= 0 && y < HEIGHT;
  const goal = cell(WIDTH - 1, HEIGHT - 1);
  const isCliff = (s: number) => s > cell(0, HEIGHT - 1) && s < goal;
  const move = (state: number, direction: number): number => {
    const [dx, dy] = MOVES[(direction + 4) % 4];
    const [x, y] = [(state % WIDTH) + dx, Math.floor(state / WIDTH) + dy];
    return inside(x, y) ? cell(x, y) : state;
  };
  const states = WIDTH * HEIGHT;
  return {
    id: "CliffWorld",
    states,
    actions: ["up", "right", "down", "left"],
    start: Array.from({ length: states }, (_, s) => (s === cell(0, HEIGHT - 1) ? 1 : 0)),
    legal: (state) => MOVES.map((_, direction) => move(state, direction) !== state),
    outcomes: (state, action) =>
      [action, action - 1, action + 1].map((direction, k): TransitionOutcome => {
        const next = move(state, direction);
        const terminated = next === goal || isCliff(next);
        return { probability: k === 0 ? 0.9 : 0.05, next, reward: next === goal ? 1 : 0, terminated };
      }),
    discount: 0.97,
    maxSteps: 100,
  };
}

const WEAR = 6;
const QUEUE = 4;

/**
 * A machine that wears out while orders come in: `run` serves an order (pays 1) but wears the
 * machine, which fails the more often the more it is worn; `repair` takes a step, costs 0.3 and makes it new;
 * `wait` does nothing. Orders beyond three are lost. Never ends by itself. Running without an order
 * and repairing a new machine are illegal.
 * @example repairWorld().actions; // ["run", "repair", "wait"]
 */
export function repairWorld(): TabularModel {
  const states = WEAR * QUEUE;
  const arrivals = [0.4, 0.6];
  return {
    id: "RepairWorld",
    states,
    actions: ["run", "repair", "wait"],
    start: Array.from({ length: states }, (_, s) => (s === 1 ? 1 : 0)),
    legal: (state) => [state % QUEUE > 0, Math.floor(state / QUEUE) > 0, true],
    outcomes(state, action) {
      const wear = Math.floor(state / QUEUE);
      const queue = state % QUEUE;
      const failure = wear / WEAR;
      const branches =
        action === 0
          ? [
              { probability: 1 - failure, wear: Math.min(wear + 1, WEAR - 1), queue: queue - 1, reward: 1 },
              { probability: failure, wear: WEAR - 1, queue: queue - 1, reward: -1 },
            ]
          : [{ probability: 1, wear: action === 1 ? 0 : wear, queue, reward: action === 1 ? -0.3 : 0 }];
      return branches.flatMap((b) =>
        arrivals.map((p, arrived) => ({
          probability: b.probability * p,
          next: b.wear * QUEUE + Math.min(b.queue + arrived, QUEUE - 1),
          reward: b.reward,
          terminated: false,
        })),
      );
    },
    discount: 0.95,
    maxSteps: 60,
  };
}
