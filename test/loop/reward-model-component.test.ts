import { describe, expect, it } from "vitest";
import type { ComponentContext } from "../../src/learning/component.js";
import { rewardModelComponent } from "../../src/learning/components/reward-model.js";
import { type RewardModelArtifact, trainRewardModel } from "../../src/worker/jobs/reward-model.js";
import { CollectedFacts } from "../../src/worker/state.js";

const logger = { debug() {}, info() {}, warn() {}, error() {} };

describe("the serving reward model", () => {
  it("is sent to the worker only where the worker does not hold it", async () => {
    let held: string | undefined;
    const asked: { champion?: { version: string; artifact?: object } }[] = [];
    const health = { warnings: [] };
    const worker = {
      async run(job: string, input: (typeof asked)[number]) {
        if (job === "rewards.held") return held;
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

  it("counts as none where it cannot be read, and the status says so until another serves", async () => {
    const asked: object[] = [];
    const train = { runs: 1, rated: 1, health: { warnings: [] }, evaluators: {}, updated: 0, message: "m" };
    const component = (load: () => Promise<unknown>, unreadable?: string) => {
      const worker = {
        async run(job: string, input: { champion?: object }) {
          if (job === "rewards.held") return undefined;
          asked.push(input.champion ?? {});
          return { ...train, ...(unreadable && { unreadable }) };
        },
      };
      const registry = { champion: () => ({ version: "v1" }), load };
      const context = { registry, worker, seed: 1, signal: new AbortController().signal, logger, keepVersions: 3 };
      return rewardModelComponent({ reward: {} }).run(context as unknown as ComponentContext);
    };
    const gone = await component(() => Promise.reject(new Error("no payload")));
    expect(gone.warnings).toEqual(["v1 cannot be read and counts as none: no payload"]);
    const refused = await component(async () => ({ old: true }), "[SNAPSHOT_INVALID]");
    expect(refused.warnings).toEqual(["v1 cannot be read and counts as none: [SNAPSHOT_INVALID]"]);
    expect(asked).toEqual([{}, { version: "v1", artifact: { old: true } }]);
  });

  it("counts as none in the worker where its snapshot is refused", async () => {
    const context = { state: new CollectedFacts(), cancelled: () => false, progress() {} };
    const artifact = { snapshot: { kind: "reward-model", version: 0 } } as unknown as RewardModelArtifact;
    const input = { reward: {}, seed: 1, minSamples: 1, champion: { version: "v1", artifact } };
    expect(await trainRewardModel.run(input, context)).toMatchObject({
      unreadable: expect.stringMatching(/SNAPSHOT_INVALID/),
      message: "not enough rated runs yet: about 1 more",
    });
  });
});
