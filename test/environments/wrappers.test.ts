import { describe, expect, it } from "vitest";
import {
  Box,
  cartPole,
  checkEnv,
  cliffWorld,
  Discrete,
  type Env,
  NormalizeObservation,
  RecordEpisodeStatistics,
  RunningMoments,
  TimeLimit,
  tabularEnv,
  VectorEnv,
} from "../../src/environments/index.js";

type Normalized = NormalizeObservation<Float64Array, number>;

const push = (env: { step(a: number): { terminated: boolean; truncated: boolean; info: object } }) => {
  for (let t = 0; ; t++) {
    const result = env.step(t % 2);
    if (result.terminated || result.truncated) return result.info;
  }
};

describe("wrappers", () => {
  it.each([
    ["time limit", () => new TimeLimit(cartPole(), 7)],
    ["episode statistics", () => new RecordEpisodeStatistics(cartPole())],
  ] as const)("pass the checker (%s)", (_, make) => {
    expect(checkEnv(make()).episodes).toBeGreaterThan(1);
  });

  it("cut episodes off, but do not hide an end of their own", () => {
    const env = new TimeLimit(cartPole(), 2);
    env.reset({ seed: 1 });
    expect(env.step(0).truncated).toBe(false);
    expect(env.step(0)).toMatchObject({ truncated: true, terminated: false });
    expect(() => env.step(0)).toThrow(/time limit of 2/);
    expect(() => new TimeLimit(cartPole(), 0)).toThrow(/at least 1/);
  });

  it("cut off without a mark on what the environment returned, which may be one and the same", () => {
    const always = Object.freeze({ observation: 0, reward: 1, terminated: false, truncated: false, info: {} });
    const space = new Discrete(1);
    const reset = () => ({ observation: 0, info: {} });
    const env = new TimeLimit(
      { id: "still", observationSpace: space, actionSpace: space, reset, step: () => always },
      2,
    );
    for (let episode = 0; episode < 2; episode++) {
      env.reset();
      expect([env.step(0).truncated, env.step(0).truncated]).toEqual([false, true]);
    }
  });

  it("sum up finished episodes", () => {
    const env = new RecordEpisodeStatistics(cartPole());
    env.reset({ seed: 1 });
    env.step(0);
    env.reset({ seed: 2 });
    const info = push(env);
    expect(env.episodes).toHaveLength(1);
    expect(info).toEqual({ episode: env.episodes[0] });
    expect(env.episodes[0]?.return).toBe(env.episodes[0]?.length);
  });

  it("normalise observations to mean 0 and spread 1, and stop following when frozen", () => {
    const env = new NormalizeObservation(cartPole());
    const seen: Float64Array[] = [];
    for (let e = 0; e < 60; e++) {
      env.reset({ seed: e });
      for (let t = 0, over = false; !over; t++) {
        const result = env.step((t >> 1) % 2);
        seen.push(result.observation);
        over = result.terminated;
      }
    }
    const late = seen.slice(-1000);
    for (let i = 0; i < 4; i++) {
      const mean = late.reduce((s, o) => s + o[i], 0) / late.length;
      const square = late.reduce((s, o) => s + o[i] ** 2, 0) / late.length;
      expect(Math.abs(mean)).toBeLessThan(0.3);
      expect(square).toBeGreaterThan(0.5);
      expect(square).toBeLessThan(2);
    }
    env.frozen = true;
    const before = env.moments;
    checkEnv(env);
    expect(env.moments).toEqual(before);
  });
});

it("NormalizeObservation shares its moments among the environments of a training, and goes on from saved ones", () => {
  const shared = new RunningMoments(4);
  const [one, two] = [0, 1].map(() => new NormalizeObservation(cartPole(), shared)) as [Normalized, Normalized];
  one.reset({ seed: 1 });
  for (let t = 0; t < 8; t++) one.step(t % 2);
  two.frozen = true;
  const { mean, spread, count } = shared.moments;
  expect(count).toBe(9);
  const raw = cartPole().reset({ seed: 2 }).observation;
  const expected = raw.map((v, i) => (v - mean[i]) / spread[i]);
  expect(two.reset({ seed: 2 }).observation).toEqual(expected.map((v) => Math.max(-10, Math.min(10, v))));
  const later = new RunningMoments(4, structuredClone(shared.moments));
  for (const moments of [shared, later]) moments.add(Float64Array.of(1, 2, 3, 4));
  later.moments.spread.forEach((s, i) => {
    expect(s).toBeCloseTo(shared.moments.spread[i], 12);
  });
  expect(later.moments.mean).toEqual(shared.moments.mean);
  expect(() => new RunningMoments(3, shared.moments)).toThrow(/moments of 4 entries; expected 3/);
});

describe("VectorEnv", () => {
  it("steps as its environments would alone and restarts those that end", () => {
    const vector = new VectorEnv([cartPole(), cartPole()]);
    const alone = cartPole();
    const { observations } = vector.reset({ seed: 5 });
    expect(observations[1]).toEqual(alone.reset({ seed: "5/1" }).observation);
    for (let t = 0; ; t++) {
      const together = vector.step([0, t % 2]);
      const single = alone.step(t % 2);
      expect(together.rewards[1]).toBe(1);
      if (single.terminated) {
        expect(together.finalObservations[1]).toEqual(single.observation);
        expect(together.observations[1]).toEqual(alone.reset().observation);
        break;
      }
      expect(together.finalObservations[1]).toBeUndefined();
      expect(together.observations[1]).toEqual(single.observation);
    }
  });

  it("passes masks on, those of the new episode where one ended", () => {
    const vector = new VectorEnv([tabularEnv({ ...cliffWorld(), maxSteps: 1 })]);
    const { infos } = vector.reset({ seed: 0 });
    expect(infos[0]?.actionMask).toEqual([true, true, false, false]);
    const step = vector.step([0]);
    expect(step.truncated).toEqual([true]);
    expect(step.infos[0]?.actionMask).toEqual([true, true, false, false]);
    expect(step.finalInfos[0]?.actionMask).toHaveLength(4);
  });

  it("gives what an episode ended with, also where the environment writes the next one into it", () => {
    const observation = new Float64Array(1);
    const result = { observation, reward: 0, terminated: false, truncated: false, info: {} };
    const reusing: Env<Float64Array, number> = {
      id: "reusing",
      observationSpace: new Box(0, 9, 1),
      actionSpace: new Discrete(2),
      reset() {
        observation[0] = 0;
        return Object.assign(result, { reward: -99, truncated: false });
      },
      step() {
        observation[0] = (observation[0] ?? 0) + 1;
        return Object.assign(result, { reward: 5, truncated: observation[0] >= 2 });
      },
    };
    const vector = new VectorEnv([reusing]);
    vector.reset();
    expect(vector.step([0])).toMatchObject({ truncated: [false], finalObservations: [undefined] });
    const ended = vector.step([0]);
    expect([...ended.rewards]).toEqual([5]);
    expect(ended).toMatchObject({ truncated: [true], finalObservations: [Float64Array.of(2)] });
  });

  it("refuses one environment twice, and none", () => {
    const env = cartPole();
    expect(() => new VectorEnv([env, env])).toThrow(/2 environments, 1 of them different/);
    expect(() => new VectorEnv([])).toThrow(/at least one/);
  });
});

it("NormalizeObservation goes on exactly where an entry did not vary, and takes no moments of another length", () => {
  const still = new RunningMoments(1);
  for (let k = 0; k < 5; k++) still.add(Float64Array.of(7));
  const later = new RunningMoments(1, structuredClone(still.moments));
  for (const moments of [still, later]) moments.add(Float64Array.of(9));
  expect(later.moments).toEqual(still.moments);
  expect(() => new NormalizeObservation(cartPole(), new RunningMoments(3))).toThrow(
    /moments of 3 entries for CartPole-v1; expected 4/,
  );
});
