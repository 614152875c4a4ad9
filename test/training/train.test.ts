import { describe, expect, it } from "vitest";
import type { Env } from "../../src/environments/index.js";
import {
  compareActors,
  createDqn,
  createPpo,
  loggedEpisodes,
  type TrainingOptions,
  train,
} from "../../src/training/index.js";
import { identityEnv } from "./support.js";

/** Environments that are counted while they are open. */
function counted() {
  const open = { now: 0 };
  const makeEnv = (): Env<number, number> => {
    open.now++;
    return { ...identityEnv(), close: () => void open.now-- };
  };
  return { open, makeEnv: makeEnv as never };
}

const short = (change: Partial<TrainingOptions> = {}): TrainingOptions => ({
  makeEnv: identityEnv as never,
  makeLearner: (shape, rng) => createPpo(shape, { hidden: [4], environments: 3, engine: "plain" }, rng),
  totalSteps: 120,
  evaluationEpisodes: 2,
  ...change,
});

describe("lengths of a training", () => {
  it.each([
    ["totalSteps", 100.5],
    ["totalSteps", 0],
    ["evaluateEvery", 2.5],
    ["evaluationEpisodes", 1.5],
  ])("%s of %d is refused instead of never ending, or being rounded", async (key, value) => {
    // DQN takes whole steps only: half a step would be left for ever.
    const makeLearner: TrainingOptions["makeLearner"] = (shape, rng) => createDqn(shape, { engine: "plain" }, rng);
    const onEvaluation = (e: { steps: number }) => {
      if (e.steps < 120) throw new Error("went on");
    };
    const wrong = train(short({ makeLearner, onEvaluation, [key]: value }));
    await expect(wrong).rejects.toThrow(new RegExp(`received ${value} for ${key}; expected a whole number from 1`));
  });

  it("may be without end where a target or patience stops it", async () => {
    const { stopped } = await train(short({ totalSteps: Number.POSITIVE_INFINITY, evaluateEvery: 96, patience: 1 }));
    expect(stopped).toBe("patience");
  });

  it("no comparison is made over no episodes", () => {
    const compare = () => compareActors(() => 0, {}, { makeEnv: identityEnv, episodes: 0 });
    expect(compare).toThrow(/received 0 for episodes; expected a whole number from 1/);
  });
});

it("names are not mixed up: of actions in a log, of actors in a comparison", () => {
  const named = { makeEnv: identityEnv as never, actions: ["left", "right"], episodes: 1 };
  expect(() => loggedEpisodes(() => 0, named)).toThrow(/2 names for the actions of Identity; expected 3/);
  const compare = () => compareActors(() => 0, { candidate: () => 1 }, { makeEnv: identityEnv });
  expect(compare).toThrow(/another actor named candidate/);
});

describe("every environment is closed", () => {
  const fail = () => {
    throw new Error("full");
  };
  it.each<[string, Partial<TrainingOptions>, RegExp | undefined]>([
    ["finished", {}, undefined],
    ["cancelled", { cancelled: () => true }, undefined],
    ["failed in a callback", { onProgress: fail }, /full/],
    ["without a learner", { makeLearner: fail }, /full/],
  ])("%s", async (_how, change, message) => {
    const { open, makeEnv } = counted();
    const training = train(short({ makeEnv, ...change }));
    if (message) await expect(training).rejects.toThrow(message);
    else await training;
    expect(open.now).toBe(0);
  });

  it("where an actor fails", () => {
    const { open, makeEnv } = counted();
    expect(() => compareActors(fail, {}, { makeEnv })).toThrow("full");
    expect(open.now).toBe(0);
  });
});
