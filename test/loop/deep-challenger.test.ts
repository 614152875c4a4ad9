import { describe, expect, it } from "vitest";
import type { ComponentContext } from "../../src/learning/component.js";
import { resolveConfig } from "../../src/learning/config.js";
import { createRoutingLearner } from "../../src/learning/routing-learner.js";

describe("enableRlTraining", () => {
  it.each([
    ["asks for a policy that looks ahead, to stand for election after the ordinary one", true, ["ordinary", "deep"]],
    ["off, leaves the ordinary one alone", false, ["ordinary"]],
  ])("%s", async (_, enableRlTraining, expected) => {
    const asked: unknown[] = [];
    const answers: Record<string, unknown> = {
      "routing.train": [{ kind: "new", fingerprint: "ordinary", dataTo: "2026-01-02T00:00:00.000Z" }],
      "routing.learn-offline": { kind: "new", fingerprint: "deep" },
    };
    const worker = {
      async run(job: string, input: unknown) {
        asked.push([job, (input as { upTo?: string }).upTo]);
        return answers[job];
      },
    };
    const learner = createRoutingLearner({
      config: resolveConfig({ storagePath: "unused", enableRlTraining }),
      store: { documents: { get: async () => undefined } },
      points: { list: () => [], get: () => undefined },
    } as never);
    const context = { worker, registry: { champion: () => undefined, names: () => [] }, seed: 1, signal: undefined };
    const trained = await learner.train(
      { decisionPoint: "loop", decisions: 9, rated: 9 } as never,
      context as unknown as ComponentContext,
    );
    expect((trained as { fingerprint: string }[]).map((t) => t.fingerprint)).toEqual(expected);
    // Both learn from the same decisions, so that the later ones may judge both.
    if (enableRlTraining) expect(asked.at(-1)).toEqual(["routing.learn-offline", "2026-01-02T00:00:00.000Z"]);
  });
});
