import { expect, it } from "vitest";
import { learnRouting } from "../../src/worker/jobs/learn-routing.js";
import { CollectedFacts } from "../../src/worker/state.js";
import { aDecision, aFeedback } from "../support/facts.js";
import { aRoutingInput } from "../support/routing-input.js";
import { minute } from "../support/rows.js";

const RUNS = 400;

/** Runs that pass a point twice, at which `y` pays, which the fallback does not choose. */
function passedTwice(): CollectedFacts {
  const facts = new CollectedFacts();
  for (let r = 0; r < RUNS; r++) {
    const workflowId = `w${r}`;
    const chosen = r % 3 === 0 ? "x" : "y";
    const even = { context: { k: 1 }, propensity: 0.5, probabilities: [0.5, 0.5] };
    const decision = [0, 1].map((index) =>
      aDecision({ ...even, workflowId, decisionId: `${r}/${index}`, at: minute(r), index, chosen }),
    );
    const outcome = chosen === "y" ? 1 : 0;
    facts.add({ decision, feedback: [aFeedback({ workflowId, feedbackId: `f${r}`, at: minute(r), outcome })] });
  }
  return facts;
}

/** How often a deep policy is learned where `tried` versions were tried before, and what goes on trial. */
async function learned(tried: number) {
  const input = { ...aRoutingInput(minute(RUNS), tried), deep: true };
  let deep = 0;
  const context = {
    state: passedTwice(),
    // Its first pass is enough here: what a deep policy learns is cut short.
    cancelled: () => deep > 0,
    progress(_share: number, message?: string) {
      if (message === undefined) deep++;
    },
  };
  const { challenger } = await learnRouting.run(input, context);
  return { deep, kind: challenger?.artifact.policy.kind };
}

it("learns a policy that looks ahead only where it is its turn to be tried", async () => {
  expect(await learned(0)).toEqual({ deep: 0, kind: "auto" });
  expect(await learned(1)).toEqual({ deep: 1, kind: "network" });
  expect(await learned(2)).toEqual({ deep: 0, kind: "auto" });
});
