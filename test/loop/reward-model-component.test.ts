import { describe, expect, it } from "vitest";
import type { ComponentContext } from "../../src/loop/component.js";
import { rewardModelComponent } from "../../src/loop/components/reward-model.js";
import { trainRewardModel } from "../../src/loop/worker/jobs/reward-model.js";
import { CollectedFacts } from "../../src/loop/worker/state.js";

const logger = { debug() {}, info() {}, warn() {}, error() {} };

describe("the serving reward model", () => {
  it("is sent to the worker only where the worker does not hold it", async () => {
    let held: string | undefined;
    const asked: { champion?: { version: string; artifact?: object } }[] = [];
    const health = { warnings: [] };
    const worker = {
      async run(job: string, input: (typeof asked)[number]) {
        if (job === "reward-model.held") return held;
        asked.push(input);
        held = input.champion?.version;
        return { runs: 1, rated: 1, health, evaluators: {}, updated: 0, message: "nothing new" };
      },
    };
    let version = "v1";
    const registry = { champion: () => ({ version }), load: async () => ({ of: version }) };
    const context = { registry, worker, seed: 1, signal: new AbortController().signal, logger, keepVersions: 3 };
    const run = () => rewardModelComponent({ reward: {} }).run(context as unknown as ComponentContext);
    await run();
    await run();
    version = "v2";
    await run();
    held = undefined; // The thread was lost.
    await run();
    expect(asked.map(({ champion }) => [champion?.version, champion?.artifact !== undefined])).toEqual([
      ["v1", true],
      ["v1", false],
      ["v2", true],
      ["v2", true],
    ]);
  });

  it("is never taken for absent by a worker that has lost it", async () => {
    const context = { state: new CollectedFacts(), cancelled: () => false, progress() {} };
    const input = { reward: {}, seed: 1, minSamples: 1, champion: { version: "v1" } };
    await expect(trainRewardModel.run(input, context)).rejects.toThrow("the reward model v1 is not held here");
  });
});
