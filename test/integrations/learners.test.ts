import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvRows } from "../../src/integrations/learners/csv.js";
import {
  appendLogged,
  checkPropensities,
  dpoPairs,
  type LoggedDecision,
  readDecisionCsv,
  readDsjson,
  sftRows,
} from "../../src/integrations/learners/index.js";
import { createRng } from "../../src/math/rng.js";
import { createMemoryStore } from "../../src/store/index.js";
import { aSegment } from "../patterns/support/traces.js";
import { aFeedback } from "../support/facts.js";

/** An event as Vowpal Wabbit's documentation shows it. */
const event = (change: object = {}) =>
  JSON.stringify({
    _label_cost: -1,
    _label_probability: 0.8,
    _label_Action: 2,
    _labelIndex: 1,
    Timestamp: "2026-01-02T03:04:05.0000000Z",
    Version: "1",
    EventId: "e1",
    a: [2, 1, 3],
    c: {
      User: { age: 30, premium: true },
      _multi: [{ _tag: "news", Item: { len: 3 } }, { _tag: "sport" }, { _tag: "music" }],
    },
    p: [0.8, 0.1, 0.1],
    ...change,
  });

describe("Vowpal Wabbit's dsjson", () => {
  it("becomes decisions with every candidate's probability", async () => {
    const { decisions, refused } = await readDsjson([event(), "", event({ EventId: "e2", _label_cost: undefined })]);
    expect(refused).toEqual({});
    expect(decisions[0]).toEqual({
      decisionId: "e1",
      at: "2026-01-02T03:04:05.000Z",
      context: { "User.age": 30, "User.premium": true },
      candidates: ["news", "sport", "music"],
      candidateFeatures: { news: { "Item.len": 3 }, sport: {}, music: {} },
      chosen: "sport",
      probabilities: [0.1, 0.8, 0.1],
      propensity: 0.8,
      reward: 1,
    });
    expect(decisions[1]?.reward).toBeUndefined();
  });

  it("names its actions as it is told", async () => {
    const nameOf = (features: Readonly<Record<string, unknown>>, number: number) => `${number}:${features["_tag"]}`;
    const { decisions } = await readDsjson([event()], { nameOf });
    expect(decisions[0]).toMatchObject({ candidates: ["1:news", "2:sport", "3:music"], chosen: "2:sport" });
  });

  it("is read past what is no decision, which is counted by its reason", async () => {
    const lines = ["{", "[]", '{"EventId":"x"}', event({ p: [0.8, 0.8, 0.1] }), event({ _label_cost: 3 })];
    const { decisions, refused } = await readDsjson(lines);
    expect(decisions).toEqual([]);
    expect(refused).toEqual({ "no decision": 3, "probabilities that are none": 1, "a reward outside [0,1]": 1 });
    const scaled = await readDsjson([event({ _label_cost: 3 })], { rewardOf: (cost) => 1 - cost / 10 });
    expect(scaled.decisions[0]?.reward).toBeCloseTo(0.7);
  });
});

describe("a CSV of decisions", () => {
  it("is read by the columns named, and what is none is counted", () => {
    const text = 'arm,p,click,city,age\r\na,0.5,1,"Köln, ""Süd""",30\nb,0.25,,Bonn,\nb,0,1,x,1\n,1,1,x,1\na,1,2,x,1\n';
    const { decisions, refused } = readDecisionCsv(text, { action: "arm", probability: "p", reward: "click" });
    expect(decisions.map(({ context, reward, chosen }) => [chosen, reward, context])).toEqual([
      ["a", 1, { city: 'Köln, "Süd"', age: 30 }],
      ["b", undefined, { city: "Bonn" }],
    ]);
    expect(decisions[0]?.candidates).toEqual(["a", "b"]);
    expect(refused).toEqual({ "a probability outside (0,1]": 1, "no action": 1, "a reward outside [0,1]": 1 });
    expect(() => readDecisionCsv(text, { action: "x", probability: "p", reward: "click" })).toThrow(/no column "x"/);
  });

  it("gives back any text that was quoted", () => {
    const cell = fc.string().filter((s) => !s.includes("\r"));
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }), (rows) => {
        const quoted = (s: string) => `"${s.replaceAll('"', '""')}"`;
        const text = rows.map((r) => r.map(quoted).join(",")).join("\n");
        expect(csvRows(text)).toEqual(rows);
      }),
    );
  });
});

describe("logged probabilities", () => {
  const draws = (claimed: number): LoggedDecision[] => {
    const rng = createRng(1);
    return Array.from({ length: 2000 }, (_, i) => {
      const chosen = rng.next() < 0.3 ? "b" : "a";
      const propensity = chosen === "b" ? claimed : 1 - claimed;
      return {
        decisionId: `${i}`,
        at: "2026-01-01T00:00:00.000Z",
        context: {},
        candidates: ["a", "b"],
        chosen,
        propensity,
      };
    });
  };

  it("are believed where they fit, and named where they do not", () => {
    expect(checkPropensities(draws(0.3))).toEqual([]);
    expect(checkPropensities(draws(0.5))).toHaveLength(2);
    expect(checkPropensities(draws(0.5))[0]).toMatch(/"a" do not fit.*mean of 1\/p 1\.395/);
  });

  it("come into a store once, with their rewards", async () => {
    const store = createMemoryStore();
    const logged = draws(0.3)
      .slice(0, 3)
      .map((d) => ({ ...d, reward: 0.5 }));
    expect(await appendLogged(store, "p", logged)).toEqual({ imported: 3, known: 0 });
    expect(await appendLogged(store, "p", logged)).toEqual({ imported: 0, known: 3 });
    let outcomes = 0;
    for await (const { facts } of store.read("feedback")) outcomes += facts.filter((f) => f.outcome === 0.5).length;
    expect(outcomes).toBe(3);
  });
});

describe("rows for tuning a model", () => {
  it("are judged runs, and pairs of one prompt judged apart", async () => {
    const store = createMemoryStore();
    const answers: [string, string, number | undefined][] = [
      ["q1", "good", 0.9],
      ["q1", "bad", 0.1],
      ["q2", "fine", 0.85],
      ["q2", "same", 0.8],
      ["q3", "unjudged", undefined],
    ];
    for (const [i, [prompt, completion, outcome]] of answers.entries()) {
      const workflowId = `w${i}`;
      await store.append("trace", [aSegment(workflowId, ["a"], { metadata: { prompt, completion } })]);
      if (outcome !== undefined)
        await store.append("feedback", [aFeedback({ feedbackId: `f${i}`, workflowId, outcome })]);
    }
    const textOf = ({ metadata }: { metadata: Record<string, unknown> }) => ({
      prompt: String(metadata.prompt),
      completion: String(metadata.completion),
    });
    const rows = [];
    for await (const row of sftRows({ store, textOf })) rows.push(row.messages.map((m) => m.content));
    expect(rows).toEqual([
      ["q1", "good"],
      ["q2", "fine"],
      ["q2", "same"],
    ]);
    const pairs = await dpoPairs({ store, textOf });
    expect(pairs).toEqual([{ prompt: "q1", chosen: "good", rejected: "bad", margin: 0.8, workflowIds: ["w0", "w1"] }]);
  });
});
