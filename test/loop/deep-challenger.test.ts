import { describe, expect, it } from "vitest";
import type { ComponentContext } from "../../src/learning/component.js";
import { resolveConfig } from "../../src/learning/config.js";
import { createRoutingLearner } from "../../src/learning/routing-learner.js";

describe("enableRlTraining", () => {
  it.each([
    ["asks for a policy that looks ahead, to stand for election after the ordinary one", true],
    ["off, leaves the ordinary one alone", false],
  ])("%s", async (_, enableRlTraining) => {
    const asked: { job: string; deep: unknown }[] = [];
    const worker = {
      async run(job: string, { deep }: { deep?: boolean }) {
        asked.push({ job, deep });
        return { isIdle: true };
      },
    };
    const learner = createRoutingLearner({
      config: resolveConfig({ storagePath: "unused", enableRlTraining }),
      store: { documents: { get: async () => undefined, keys: async () => [] } },
      points: { list: () => [], get: () => undefined },
    } as never);
    const registry = { champion: () => undefined, names: () => [], onTrial: () => undefined, isPinned: () => false };
    const context = { worker, registry, seed: 1, signal: undefined, clock: { now: () => 0 } };
    const point = { decisionPoint: "loop", decisions: 9, rated: 9, together: [] } as never;
    const judged = await learner.learn(point, context as unknown as ComponentContext);
    expect(judged).toMatchObject({ action: "none", reason: expect.stringMatching(/about 1 more rated/) });
    expect(asked).toEqual([{ job: "routing.learn", deep: enableRlTraining }]);
  });
});
