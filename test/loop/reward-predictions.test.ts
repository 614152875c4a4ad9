import { describe, expect, it } from "vitest";
import { expectedReward } from "../../src/learning/expected-reward.js";
import { storePredictedRewards } from "../../src/learning/reward-predictions.js";
import type { LearningWorker } from "../../src/learning/thread/host.js";
import type { Registry } from "../../src/registry/index.js";
import { traceOf } from "../feedback/support.js";

const prediction = (mean: number, known = true) => ({ mean, lower: 0, upper: 1, variance: 0.04, known });
const logger = { debug() {}, info() {}, warn() {}, error() {} };

describe("predictions of the reward model that serves", () => {
  function setUp(version: string | undefined) {
    const asked: object[] = [];
    let held: string | undefined;
    const registry = { champion: () => version && { version }, load: async () => ({ of: version }) };
    const worker = {
      async run(_: string, input: { version: string; artifact?: object }) {
        asked.push(input);
        if (input.artifact) held = input.version;
        return held === input.version ? { predictions: { w1: { reward: prediction(0.7) } } } : { needsArtifact: true };
      },
    };
    const parts = {
      registry: registry as unknown as Registry,
      worker: worker as unknown as LearningWorker,
      reward: {},
    };
    return { asked, ask: () => storePredictedRewards(parts, ["w1"]) };
  }

  it("are asked of the worker, which gets the artifact only once", async () => {
    const { ask, asked } = setUp("v1");
    expect((await ask())["w1"]?.["reward"]?.mean).toBe(0.7);
    expect((await ask())["w1"]?.["reward"]?.mean).toBe(0.7);
    expect(asked.map((a) => "artifact" in a)).toEqual([false, true, false]);
  });

  it("are none while none serves, and then cost nothing", async () => {
    const { ask, asked } = setUp(undefined);
    expect(await ask()).toEqual({});
    expect(asked).toEqual([]);
  });
});

describe("what is expected of a run", () => {
  const parts = (predicted: () => Promise<Record<string, Record<string, ReturnType<typeof prediction>>>>) => ({
    engine: { predictRewards: predicted },
    config: {} as never,
    logger,
    traceOf: async (id: string) => (id === "w1" ? traceOf("w1", { durationMs: 30_000 }) : undefined),
  });
  // Success 1 with weight 0.3, latency one half with weight 0.05.
  const composite = (0.3 + 0.025) / 0.35;

  it("is the prediction with its standard error", async () => {
    const known = parts(async () => ({ w1: { reward: prediction(0.7) } }));
    expect(await expectedReward("w1", known)).toEqual({ expectedReward: 0.7, uncertainty: 0.2 });
  });

  it.each<[string, Parameters<typeof parts>[0]]>([
    ["no model serves", async () => ({})],
    ["the model does not know such a run", async () => ({ w1: { reward: prediction(0.7, false) } })],
    ["the worker fails", () => Promise.reject(new Error("out of memory"))],
  ])("is the success composite when %s", async (_, predicted) => {
    expect((await expectedReward("w1", parts(predicted))).expectedReward).toBeCloseTo(composite, 9);
    expect(await expectedReward("not captured", parts(predicted))).toEqual({});
  });
});
