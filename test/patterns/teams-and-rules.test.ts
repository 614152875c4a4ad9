import { describe, expect, it } from "vitest";
import type { DecisionRow } from "../../src/dataset/index.js";
import { createRng } from "../../src/math/rng.js";
import {
  agentCombinations,
  bestCombination,
  decisionRules,
  holds,
  metricCorrelations,
  shrinkMeans,
} from "../../src/patterns/index.js";

describe("agent combinations", () => {
  const rng = createRng("teams");
  const runs = (agents: string[], n: number, p: number) =>
    Array.from({ length: n }, () => ({ taskType: "report", agents, reward: rng.next() < p ? 1 : 0 }));

  it("shrink a lucky pair of runs and name the team that is really better", () => {
    const data = [
      ...runs(["writer", "critic"], 60, 0.85),
      ...runs(["writer"], 60, 0.5),
      ...runs(["writer", "planner"], 60, 0.5),
      ...runs(["planner"], 60, 0.45),
      { taskType: "report", agents: ["poet", "writer"], reward: 1 },
      { taskType: "report", agents: ["writer", "poet", "poet"], reward: 1 },
    ];
    const found = agentCombinations(data, createRng(1));
    const lucky = found.find((c) => c.agents.includes("poet"));
    expect(lucky).toMatchObject({ agents: ["poet", "writer"], runs: 2, observed: 1 });
    expect(lucky?.reward).toBeLessThan(0.9);
    expect(bestCombination(found, "report")).toMatchObject({ agents: ["critic", "writer"], runs: 60 });
    expect(bestCombination(found, "report", { maxAgents: 1 })).toBeUndefined();
    expect(bestCombination(found, "other")).toBeUndefined();
  });

  it("that differ by chance alone have no best one", () => {
    let claims = 0;
    for (let w = 0; w < 50; w++) {
      const r = createRng(`null-${w}`);
      const data = ["a", "b", "c", "d"].flatMap((agent) =>
        Array.from({ length: 25 }, () => ({ taskType: "t", agents: [agent], reward: r.next() < 0.5 ? 1 : 0 })),
      );
      if (bestCombination(agentCombinations(data, createRng(w)), "t")) claims++;
    }
    expect(claims).toBeLessThanOrEqual(8);
  });

  it("shrink less the more runs there are, and not at all below the data's own spread", () => {
    const [small, large] = shrinkMeans(
      [
        { runs: 4, sum: 4, square: 4 },
        { runs: 400, sum: 360, square: 360 },
        { runs: 400, sum: 120, square: 120 },
      ],
      createRng(1),
    );
    expect(small?.ownShare).toBeLessThan(large?.ownShare);
    expect(large?.mean).toBeCloseTo(0.9, 1);
  });
});

describe("decision rules", () => {
  const rows = (n: number, seed: string, effect: number, logged = true): DecisionRow[] => {
    const rng = createRng(seed);
    return Array.from({ length: n }, (_, i) => {
      const topic = ["invoice", "crash", "other"][rng.int(3)];
      const length = rng.int(1000);
      const p = 0.5;
      const chosen = rng.next() < p ? "billing" : "tech";
      const good = topic === "invoice" ? chosen === "billing" : chosen === "tech";
      const reward = rng.next() < 0.5 + (good ? effect : -effect) / 2 ? 1 : 0;
      return {
        decisionId: `d${i}`,
        workflowId: `w${i}`,
        decisionPoint: "triage",
        at: "2026-01-01T00:00:00.000Z",
        index: 0,
        decisionsInRun: 1,
        context: { topic, length, text: `free text ${i}` },
        candidates: ["billing", "tech"],
        chosen,
        reward,
        source: "exploration",
        mode: "shadow",
        ...(logged && { propensity: p }),
      };
    });
  };

  it("are as deep as `maxDepth` allows, of no fewer rows than `minLeaf`, and ask `onStep` on the way", () => {
    const found = (options: object) => decisionRules(rows(800, "rules", 0.6), { rng: createRng(2), ...options });
    expect(found({ maxDepth: 0 }).every((r) => r.conditions.length === 0)).toBe(true);
    expect(found({}).some((r) => r.conditions.length > 0)).toBe(true);
    expect(found({ minLeaf: 300 }).every((r) => r.conditions.length === 0)).toBe(true);
    const onStep = () => {
      throw new Error("enough");
    };
    expect(() => found({ onStep })).toThrow("enough");
  });

  it("say which destination is better where, measured on runs that did not shape them", () => {
    const rules = decisionRules(rows(800, "rules", 0.6), { rng: createRng(2) });
    expect(rules.length).toBeGreaterThanOrEqual(2);
    for (const rule of rules.filter((r) => r.significant)) {
      const invoice = rule.conditions.some(
        (c) => holds(c, { topic: "invoice" }) && c.field === "topic" && !holds(c, { topic: "crash" }),
      );
      expect(rule.destination).toBe(invoice ? "billing" : "tech");
      expect(rule.lower).toBeGreaterThan(0);
      expect(rule.difference).toBeGreaterThan(0.4);
    }
    const first = rules.find((r) => r.destination === "billing");
    expect(first?.text).toMatch(/^triage: when topic is invoice.*billing earns 0\.\d\d, 0\.\d\d more than the others/);
    expect(first?.support).toBeGreaterThan(80);
  });

  it("claim nothing where destinations do not differ", () => {
    let claims = 0;
    for (let w = 0; w < 40; w++)
      if (decisionRules(rows(200, `null-${w}`, 0), { rng: createRng(w) }).some((r) => r.significant)) claims++;
    expect(claims).toBeLessThanOrEqual(6);
  });

  it("are not fooled by many decisions of few runs, which share one reward", () => {
    let claims = 0;
    for (let w = 0; w < 100; w++) {
      const rng = createRng(`loops-${w}`);
      const looping = Array.from({ length: 40 }, (_, run) => {
        const chosen = rng.next() < 0.5 ? "billing" : "tech";
        const reward = rng.next() < 0.5 ? 1 : 0;
        const row = rows(1, `row-${w}-${run}`, 0)[0];
        return Array.from({ length: 12 }, () => ({ ...row, workflowId: `run-${run}`, chosen, reward }));
      }).flat();
      if (decisionRules(looping, { rng: createRng(w) }).some((r) => r.significant)) claims++;
    }
    expect(claims).toBeLessThanOrEqual(9);
  });

  it("need enough rated rows", () => {
    expect(decisionRules(rows(30, "few", 0.9), { rng: createRng(1) })).toEqual([]);
    expect(
      decisionRules(
        rows(800, "unrated", 0.6).map(({ reward: _, ...r }) => r),
        { rng: createRng(1) },
      ),
    ).toEqual([]);
  });

  it("read missing values as not meeting a condition", () => {
    expect(holds({ field: "length", test: "at most", value: 5 }, {})).toBe(false);
    expect(holds({ field: "length", test: "above", value: 5 }, {})).toBe(true);
    expect(holds({ field: "vip", test: "is", value: true }, { vip: true })).toBe(true);
  });
});

describe("metric correlations", () => {
  const runs = (n: number, seed: string, slope: number) => {
    const rng = createRng(seed);
    return Array.from({ length: n }, () => {
      const durationMs = rng.next() * 1000;
      const reward = Math.min(1, Math.max(0, 0.5 + slope * (durationMs / 1000 - 0.5) + 0.2 * rng.normal()));
      return {
        workflowType: "t",
        metrics: { durationMs, twice: durationMs * 2, noise: rng.next(), constant: 1 },
        reward,
      };
    });
  };

  it("find what goes with the reward, and nothing in a constant", () => {
    const found = metricCorrelations(runs(120, "m", -0.8), { rng: createRng(1) });
    expect(found.map((c) => c.metric).sort()).toEqual(["durationMs", "noise", "twice"]);
    expect(found[0]).toMatchObject({ workflowType: "t", runs: 120, significant: true });
    expect(found[0]?.correlation).toBeLessThan(-0.5);
    expect(found[0]?.upper).toBeLessThan(0);
    expect(found.find((c) => c.metric === "noise")?.significant).toBe(false);
  });

  it("are silent with few runs or rewards that never change", () => {
    expect(metricCorrelations(runs(9, "few", 1), { rng: createRng(1) })).toEqual([]);
    const flat = runs(50, "flat", 0).map((r) => ({ ...r, reward: 1 }));
    expect(metricCorrelations(flat, { rng: createRng(1) }).some((c) => c.significant)).toBe(false);
  });
});
