import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/core/index.js";
import { changesBeside } from "../../src/learning/beside.js";
import { openRegistry } from "../../src/registry/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import { surveyJob } from "../../src/worker/jobs/survey.js";
import { CollectedFacts } from "../../src/worker/state.js";
import { aDecision } from "../support/facts.js";

describe("decision points of the same runs", () => {
  it("are known by the runs they share, prompts apart", async () => {
    const facts = new CollectedFacts();
    const at = (decisionPoint: string, workflowId: string) =>
      aDecision({ decisionId: `${decisionPoint}${workflowId}`, decisionPoint, workflowId });
    facts.add({ decision: [at("a", "w1"), at("b", "w1"), at("prompt/p", "w1"), at("c", "w2"), at("a", "w3")] });
    const context = { state: facts, progress: () => {}, cancelled: () => false };
    const points = await surveyJob.run({ reward: {} }, context as never);
    expect(Object.fromEntries(points.map((p) => [p.decisionPoint, p.together]))).toEqual({
      a: ["b"],
      b: ["a"],
      "prompt/p": [],
      c: [],
    });
  });

  it("changed when a version was proven or rolled back, not when one was continued", async () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 1));
    const store = createMemoryStore({ clock });
    const registry = await openRegistry({ documents: store.documents, blobs: store.blobs, clock });
    const changed = async () => (await changesBeside(["a", "unknown"], registry, store.documents)).at(-1)?.at;
    expect(await changed()).toBeUndefined();
    const name = "policy/a";
    for (const payload of [1, 2]) {
      clock.advance(60_000);
      const { version } = await registry.publish(name, "routing-policy", { payload }, { rows: 1 });
      await registry.promote(name, version, "by proof");
    }
    await store.documents.put("gate/a", { schemaVersion: 1, watch: { anchor: "v1" } });
    expect(await changed()).toBe("2026-01-01T00:01:00.000Z");
    clock.advance(60_000);
    await registry.rollback(name, "worse");
    expect(await changed()).toBe("2026-01-01T00:03:00.000Z");
  });
});
