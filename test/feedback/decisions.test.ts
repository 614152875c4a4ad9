import { describe, expect, it } from "vitest";
import type { Decision } from "../../src/core/index.js";
import { FeedbackCollector, UserFeedback } from "../../src/feedback/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import { decision } from "./support.js";

const judged = (workflowId: string, decisionId: string) =>
  new UserFeedback(workflowId, "alice").thumbsDown().forDecision(decisionId);

describe("a judgement of one decision", () => {
  it.each(["nobody's", "foreign"])("names one of its own run, or is refused and counted: %s", async (decisionId) => {
    const store = createMemoryStore();
    await store.append("decision", [decision("w1", "own"), decision("w2", "foreign")]);
    const collector = new FeedbackCollector({ store });
    await expect(collector.submitFeedback(judged("w1", decisionId))).rejects.toThrow(
      `FEEDBACK_INVALID] received decisionId = "${decisionId}"; expected the decisionId of a decision of the same run`,
    );
    expect(collector.counters().refused).toEqual({ FEEDBACK_INVALID: 1 });
    await expect(collector.submitOutcome("w1", 0.5, { decisionId })).rejects.toThrow("FEEDBACK_INVALID");
    await collector.submitFeedback(judged("w1", "own"));
    expect((await collector.getFeedback("w1")).current).toHaveLength(1);
  });

  it("may come while the decision waits to be stored", async () => {
    const store = createMemoryStore();
    const waiting: Decision[] = [decision("w1", "own")];
    const flush = () => store.append("decision", waiting.splice(0));
    const collector = new FeedbackCollector({ store, knows: (id) => id === "w1", flush });
    await expect(collector.submitFeedback(judged("w1", "mistyped"))).rejects.toThrow("FEEDBACK_INVALID");
    await collector.submitFeedback(judged("w1", "own"));
    const trusting = new FeedbackCollector({ store: createMemoryStore(), knows: () => true });
    await trusting.submitFeedback(judged("w1", "own"));
  });
});
