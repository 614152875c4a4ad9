import { expect, it } from "vitest";
import { fitEncoder } from "../../src/dataset/index.js";
import type { ServedVersion } from "../../src/evaluation/point/judged-rows.js";
import { createPolicy } from "../../src/policies/index.js";
import { learnRouting } from "../../src/worker/jobs/learn-routing.js";
import { CollectedFacts } from "../../src/worker/state.js";
import { aDecision, aFeedback } from "../support/facts.js";
import { aRoutingInput } from "../support/routing-input.js";
import { minute } from "../support/rows.js";

const RUNS = 400;

/** Runs at a point where `y` pays more often than `x`, which serves. */
function runs(): CollectedFacts {
  const facts = new CollectedFacts();
  for (let r = 0; r < RUNS; r++) {
    const workflowId = `w${r}`;
    const chosen = r % 2 === 0 ? "x" : "y";
    const even = { context: { k: 1 }, propensity: 0.5, probabilities: [0.5, 0.5], policyVersion: "v1" };
    const outcome = r % 10 < (chosen === "y" ? 9 : 6) ? 1 : 0;
    facts.add({
      decision: [aDecision({ ...even, workflowId, decisionId: `${r}`, at: minute(r), chosen, fallbackChoice: "x" })],
      feedback: [aFeedback({ workflowId, feedbackId: `f${r}`, at: minute(r), outcome })],
    });
  }
  return facts;
}

/** A version that chooses `x`, learned before the first run. */
function version(name: string): ServedVersion {
  const encoder = fitEncoder([{ k: 1 }]);
  const policy = createPolicy({ kind: "epsilon-greedy", epsilon: 0, dim: encoder.dim });
  const context = encoder.encode({ k: 1 });
  const rows = Array.from({ length: 20 }, (_, i) => ({
    context,
    candidates: ["x", "y"],
    chosen: i % 2,
    reward: 1 - (i % 2),
  }));
  policy.learn(rows);
  const artifact = { decisionPoint: "triage", encoder: encoder.snapshot(), policy: policy.snapshot() };
  const times = { dataTo: minute(0), publishedAt: minute(0), since: minute(0) };
  return { version: name, artifact: { ...artifact, candidates: ["x", "y"] }, ...times };
}

async function learned(more: { champion?: ServedVersion; waiting?: ServedVersion; destinations?: string[] }) {
  const input = { ...aRoutingInput(minute(RUNS)), ...more };
  return await learnRouting.run(input, { state: runs(), cancelled: () => false, progress() {} });
}

it("tries nothing while a version waits for approval, beside what serves or without", async () => {
  const champion = version("v1");
  expect((await learned({ champion })).recommended).toBe("try");
  expect((await learned({ champion, waiting: version("v2") })).recommended).toBe("none");
  expect((await learned({})).recommended).toBe("try");
  expect(await learned({ waiting: version("v2") })).toMatchObject({ recommended: "none", isIdle: true });
});

it("withdraws what waits where a destination is gone that it was proven with", async () => {
  const waiting = version("v2");
  expect(await learned({ waiting, destinations: ["x", "y", "z"] })).toMatchObject({ recommended: "none" });
  expect(await learned({ waiting, destinations: ["x", "z"] })).toMatchObject({
    recommended: "withdraw",
    version: "v2",
    reason: "v2 waits for approval no longer: y is offered no longer, and it was proven with it",
  });
});
