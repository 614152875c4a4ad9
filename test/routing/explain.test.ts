import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { fitEncoder } from "../../src/dataset/index.js";
import { createRng } from "../../src/math/rng.js";
import { createPolicy, type RoutingArtifact } from "../../src/policies/index.js";
import {
  createCommandRouter,
  createRouter,
  edgeStatistics,
  explainDecision,
  renderPolicyMermaid,
} from "../../src/routing/index.js";
import { createWorld } from "./support/world.js";

const candidates = ["billing", "tech"];

/** The reward of tech is 0.5 + 0.4 urgent - 0.2 long; of billing 0.6; `noise` does nothing. */
function linearArtifact(): RoutingArtifact {
  const rng = createRng(3);
  const contexts = Array.from({ length: 600 }, () => ({
    urgent: rng.next() < 0.5,
    long: rng.next() < 0.5,
    noise: rng.normal(),
  }));
  const encoder = fitEncoder(contexts);
  const policy = createPolicy({ kind: "epsilon-greedy", epsilon: 0.1, dim: encoder.dim });
  policy.learn(
    contexts.map((c) => {
      const chosen = rng.int(2);
      const reward = chosen === 0 ? 0.6 : 0.5 + (c.urgent ? 0.4 : 0) - (c.long ? 0.2 : 0);
      return { context: encoder.encode(c), candidates, chosen, reward };
    }),
  );
  return { decisionPoint: "triage", encoder: encoder.snapshot(), policy: policy.snapshot(), candidates };
}

describe("explainDecision", () => {
  it("adds up to the expected reward, and names the nearest alternative and what would have changed it", () => {
    const decision = {
      decisionPoint: "triage",
      candidates,
      chosen: "tech",
      context: { urgent: true, long: false, noise: 0.3 },
    };
    const e = explainDecision(decision, linearArtifact(), "v7");
    expect(e).toMatchObject({
      policyVersion: "v7",
      preferred: "tech",
      chosen: "tech",
      nearest: { candidate: "billing" },
    });
    expect(e.nearest?.margin).toBeCloseTo(0.3, 1);
    for (const c of e.candidates) {
      const sum = c.contributions.reduce((s, x) => s + x.contribution, c.bias);
      expect(sum).toBeCloseTo(c.expectedReward, 6);
    }
    expect(e.candidates[1]?.contributions[0]).toMatchObject({ feature: "urgent" });
    expect(e.changes).toEqual([{ fields: ["urgent"], destination: "billing" }]);
  });

  it("refuses a decision without context", () => {
    const empty = { decisionPoint: "triage", candidates, context: {} };
    expect(() => explainDecision(empty, linearArtifact(), "v1")).toThrow("CONTEXT_INVALID");
  });
});

describe("drawing", () => {
  const rows = [
    { chosen: "billing", mode: "act" as const, probabilities: [0.9, 0.1], reward: 1 },
    { chosen: "billing", mode: "act" as const, probabilities: [0.7, 0.3], reward: 0.5 },
    { chosen: "tech", mode: "shadow" as const, probabilities: [0.5, 0.5] },
  ].map((r) => ({ decisionPoint: "triage", candidates, ...r }));

  it("counts traffic, reward and preference per edge", () => {
    const [billing, tech] = edgeStatistics(rows);
    expect(billing).toMatchObject({ destination: "billing", decisions: 2, share: 2 / 3, meanReward: 0.75 });
    expect(billing?.preference).toBeCloseTo(0.8, 12);
    expect(tech).toMatchObject({ decisions: 1, preference: 0.2 });
    expect(tech).not.toHaveProperty("meanReward");
  });

  it("draws them on the graph's learned edges", () => {
    const State = new StateSchema({ topic: z.string() });
    const options = { context: (s: typeof State.State) => ({ topic: s.topic }), fallback: () => "billing" as const };
    const { deps } = createWorld();
    const router = createRouter({ ...options, decisionPoint: "triage", destinations: ["billing", "tech"] }, deps);
    const last = createCommandRouter({ ...options, decisionPoint: "after", destinations: ["billing", END] }, deps);
    const graph = new StateGraph(State)
      .addNode("triage", () => ({}))
      .addNode("billing", () => ({}))
      .addNode("tech", () => ({}))
      .addNode("after", last, { ends: last.ends })
      .addEdge(START, "triage")
      .addConditionalEdges("triage", router, router.destinations)
      .addConditionalEdges("tech", () => "after", ["after"])
      .compile();
    expect(renderPolicyMermaid(graph, edgeStatistics(rows))).toBe(
      [
        "flowchart TD",
        '  n0(["start"])',
        '  n1["triage"]',
        '  n2["billing"]',
        '  n3["tech"]',
        '  n4["after"]',
        '  n5(["end"])',
        "  n0 --> n1",
        '  n1 -->|"67 % of traffic (2)<br/>reward 0.75<br/>preference 0.80"| n2',
        '  n1 -->|"33 % of traffic (1)<br/>preference 0.20"| n3',
        "  n3 -.-> n4",
        "  n4 --> n2",
        "  n4 --> n5",
        "  linkStyle 1 stroke-width:5px",
        "  linkStyle 2 stroke-width:2px",
      ].join("\n"),
    );
    expect(() => renderPolicyMermaid({}, [])).toThrow("ROUTER_INVALID");
  });
});
