import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/core/index.js";
import { createRng } from "../../src/math/rng.js";
import {
  drawFromFront,
  type PromptContent,
  type ProposalRequest,
  paretoFront,
  promptContentOf,
  propose,
  variablesOf,
} from "../../src/prompts/index.js";
import { examples, proposer, runExample, SECRETS, systemText } from "./support/scripted-model.js";
import { openWorld, supportPrompt } from "./support/world.js";

const base = promptContentOf(supportPrompt());
const clock = new ManualClock();
const request = (change: Partial<ProposalRequest> = {}): ProposalRequest => ({
  method: "evolve",
  examples: examples(45),
  run: runExample,
  model: proposer(1),
  budget: { calls: 400 },
  ...change,
});
const go = (change: Partial<ProposalRequest> = {}, seed = 1, rated: Parameters<typeof propose>[1] = []) =>
  propose(base, rated, request(change), { seed, clock });

describe("reflective evolution", () => {
  it("reaches the known best of a scripted world within its budget in nine of ten seeds", async () => {
    let reached = 0;
    for (let seed = 0; seed < 10; seed++) {
      const found = await go({ model: proposer(seed) }, seed);
      expect(found.spent.calls).toBeLessThanOrEqual(400);
      if (found.content && SECRETS.every((s) => systemText(found.content as PromptContent).includes(s))) reached++;
    }
    expect(reached).toBeGreaterThanOrEqual(9);
  });

  it.each([[0.5], [{ score: "0.5" }], [{ score: Number.NaN }], [null], [undefined]])(
    "ends at once, with the cause, where running examples gives %j and no score",
    async (result) => {
      const found = await go({ run: async () => result as unknown as { score: number } });
      expect(found).toMatchObject({ status: "none", spent: { calls: 5 } });
      expect(found.reason).toMatch(/first 5 runs of examples gave no score: .*no score that is a number/);
    },
  );

  it("takes a model that answers nothing at all for one that gave no answer", async () => {
    const found = await go({ model: { invoke: async () => undefined as never } });
    expect(found).toMatchObject({ status: "none", reason: expect.stringMatching(/no <prompt> in an empty answer/) });
  });

  it("is off without a model, with too few examples or too small a budget, and says so", async () => {
    expect(await go({ model: undefined })).toMatchObject({
      status: "off",
      reason: expect.stringMatching(/needs a chat model/),
      spent: { calls: 0 },
    });
    expect(await go({ examples: examples(5) })).toMatchObject({
      status: "off",
      reason: expect.stringMatching(/at least 15/),
    });
    expect(await go({ budget: { calls: 10 } })).toMatchObject({
      status: "off",
      reason: expect.stringMatching(/budget does not cover/),
    });
    await expect(go({ budget: { calls: -1 } })).rejects.toThrow(/-1 for budget.calls; expected a positive number/);
  });

  it.each([
    [{ method: "evolv" as "evolve" }, /"evolv" for method; expected one of evolve, rewrite, few-shot/],
    [
      { budget: { maxCalls: 5 } as object },
      /the unknown key "maxCalls" in budget.*; expected one of calls, tokens, costUsd/,
    ],
    [{ method: "few-shot" as const, shots: 0 }, /0 for shots; expected a whole number from 1/],
    [{ timeoutMs: Number.NaN }, /NaN for timeoutMs; expected milliseconds above 0/],
  ])("is refused before anything is spent when asked with %o", async (change, message) => {
    await expect(go(change)).rejects.toThrow(message);
  });

  it("is made for the version that serves, also after a roll-back of the first", async () => {
    const world = await openWorld();
    const version = await world.prompts.register("support", supportPrompt());
    await world.prompts.rollback("support", "nothing came before");
    expect((await world.prompts.get("support", {}, world.config("w"))).version).toBe(version);
    expect(world.prompts.list("support").map((v) => [v.version, v.serving])).toEqual([[version, true]]);
    await expect(world.prompts.propose("support", request({ examples: [] }))).resolves.toMatchObject({ status: "off" });
    await expect(world.prompts.propose("suport", request())).rejects.toThrow(/expected one of support/);
  });

  it("stops at any limit: calls, tokens, dollars", async () => {
    const calls = await go({ budget: { calls: 90 } });
    expect(calls.spent.calls).toBeLessThanOrEqual(90);
    const tokens = await go({ budget: { calls: 1e6, tokens: 500 } });
    expect(tokens.spent.tokens).toBeLessThan(500 + 150);
    const dollars = await go({
      budget: { calls: 1e6, costUsd: 0.001 },
      prices: { inputPerMillionUsd: 2, outputPerMillionUsd: 8 },
    });
    expect(dollars.spent.costUsd).toBeLessThan(0.003);
    expect(tokens).toMatchObject({ status: "none", reason: expect.stringMatching(/used up/) });
  });

  it.each([
    ["garbage", { invoke: async () => ({ content: "I am sorry, I cannot." }) }, /no <prompt>/],
    ["garbage", { invoke: async () => ({ content: [{ type: "image" }] }) }, /no <prompt>/],
    [
      "error",
      {
        invoke: async () => {
          throw new Error("overloaded");
        },
      },
      /overloaded/,
    ],
    [
      "refused",
      { invoke: async () => ({ content: "<prompt>Answer as {persona}.</prompt>" }) },
      /extra variables persona/,
    ],
    ["refused", { invoke: async () => ({ content: "<prompt>Unbalanced {brace</prompt>" }) }, /PROMPT_INVALID|brace/i],
  ] as const)("takes %s from a model for what it is", async (outcome, model, detail) => {
    const found = await go({ model, budget: { calls: 100 } });
    expect(found.status).toBe("none");
    expect(found.content).toBeUndefined();
    expect(found.attempts.some((a) => a.outcome === outcome && detail.test(a.detail))).toBe(true);
  });

  it("tells the model why its answer could not be used, and stops where that does not help", async () => {
    const told: string[] = [];
    const learns = proposer(1);
    const forgetful: ProposalRequest["model"] = {
      async invoke(messages) {
        const question = messages.at(-1)?.[1] ?? "";
        const why = /could not be used: ([\s\S]*)\. Do better/.exec(question)?.[1];
        if (why !== undefined) told.push(why);
        return told.length > 0 ? learns.invoke(messages) : { content: "<prompt>Answer as {persona}.</prompt>" };
      },
    };
    expect((await go({ model: forgetful })).status).toBe("won");
    expect(told[0]).toMatch(/extra variables persona/);
    const stubborn = await go({
      model: { invoke: async () => ({ content: "<prompt>Answer as {persona}.</prompt>" }) },
    });
    expect(stubborn.reason).toMatch(/could not be used 2 times in a row: .*extra variables persona/);
    expect(stubborn.attempts).toHaveLength(2);
  });

  it("does not wait for a model that never answers", async () => {
    const late = new ManualClock();
    const invoke = () => {
      queueMicrotask(() => late.advance(60_000));
      return new Promise<never>(() => {});
    };
    const found = await propose(base, [], request({ model: { invoke }, budget: { calls: 60 } }), {
      seed: 1,
      clock: late,
    });
    expect(found.attempts.every((a) => a.outcome === "timeout")).toBe(true);
    expect(found.attempts.length).toBeGreaterThan(0);
  });

  it("keeps to the user's validators", async () => {
    const found = await go({ validators: [(c) => (systemText(c).length > 60 ? "too long" : undefined)] });
    expect(found.attempts.some((a) => a.detail === "too long")).toBe(true);
    if (found.content) expect(systemText(found.content).length).toBeLessThanOrEqual(60);
  });

  it("never loses or adds a variable, whatever a model says", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.string(), fc.constantFrom("{question}", "{language}", "{x}", "{{y}}", "{", "}")), {
          maxLength: 6,
        }),
        async (parts) => {
          const invoke = async () => ({ content: `<prompt>${parts.join(" ")} ${SECRETS.join(" ")}</prompt>` });
          const found = await go({ model: { invoke }, budget: { calls: 80 } });
          if (found.content) expect(variablesOf(found.content)).toEqual(variablesOf(base));
        },
      ),
      { seed: 11, numRuns: 40 },
    );
  });

  it("does not call luck a win: scores that ignore the prompt rarely pass the held-out examples", async () => {
    let won = 0;
    for (let seed = 0; seed < 20; seed++) {
      const rng = createRng(`noise${seed}`);
      const found = await go(
        { run: async () => ({ score: rng.next() }), model: proposer(seed), budget: { calls: 150 } },
        seed,
      );
      if (found.status === "won") won++;
    }
    expect(won).toBeLessThanOrEqual(4);
  });
});

describe("few-shot selection", () => {
  const demonstrations = Array.from({ length: 12 }, (_, i) => ({
    input: `Case {${i}}`,
    output: i % 3 === 0 ? "Because {reasons}, with an example." : "ok",
    reward: i % 3 === 0 ? 0.9 : 0.3,
    segment: i % 2 ? "a" : "b",
  }));

  it("takes the best rated, needs no model, and puts them in as they are", async () => {
    const run = async (template: Parameters<ProposalRequest["run"]>[0]) => {
      const messages = await template.formatMessages({ question: "q", language: "l" });
      return { score: 0.2 + 0.2 * Math.min(3, messages.filter((m) => m.text.includes("{reasons}")).length) };
    };
    const found = await go({ method: "few-shot", model: undefined, demonstrations, run });
    expect(found.status).toBe("won");
    const shown = found.content?.messages.filter((m) => "literal" in m && m.literal) ?? [];
    expect(shown).toHaveLength(6);
    expect(shown.every((m) => "template" in m && /^Case \{\d+\}$|reasons/.test(m.template))).toBe(true);
    expect(found.content?.messages.at(-1)).toEqual(base.messages.at(-1));
  });

  it("has nothing to choose from without well rated runs", async () => {
    expect(await go({ method: "few-shot", demonstrations: [] })).toMatchObject({ status: "none" });
  });
});

describe("proposals in the optimiser", () => {
  it("publish a winner, start its experiment, and serve it only after that", async () => {
    const world = await openWorld();
    await world.prompts.register("support", supportPrompt());
    const proposal = await world.prompts.propose("support", request({ experiment: { sticky: "run" } }));
    expect(proposal).toMatchObject({ status: "won", version: "v2", experiment: "support#1" });
    const [, second] = world.prompts.list("support");
    expect(second).toMatchObject({ version: "v2", serving: false, lineage: { parent: "v1" } });
    expect(second?.content).toEqual(proposal.content);
    const again = await openWorld({}, world.store);
    expect(again.prompts.list("support")[1]?.content).toEqual(proposal.content);
    await expect(world.prompts.propose("sales", request())).rejects.toThrow(/a proposal for "sales"/);
  });

  it("rewrite from what people said about low-rated runs", async () => {
    const world = await openWorld();
    await world.prompts.register("support", supportPrompt());
    expect(await world.prompts.propose("support", request({ method: "rewrite" }))).toMatchObject({
      status: "none",
      attempts: [{ detail: "no comments on low-rated runs" }],
    });
    for (let i = 0; i < 6; i++)
      await world.run("support", `w${i}`, () => 0.1, {}, `Please ${SECRETS[i % SECRETS.length]}.`);
    const proposal = await world.prompts.propose("support", request({ method: "rewrite" }));
    expect(proposal.status).toBe("won");
    expect(SECRETS.every((s) => systemText(proposal.content as PromptContent).includes(s))).toBe(true);
  });
});

describe("the Pareto front", () => {
  it("holds who leads some segment and is not dominated, drawn by segments led", () => {
    const scores = [
      [0.5, 0.5, 0.5],
      [0.9, 0.4, 0.5],
      [0.6, 0.8, 0.5],
      [0.9, 0.3, 0.2],
    ];
    expect(paretoFront(scores)).toEqual([
      { candidate: 1, leads: 2 },
      { candidate: 2, leads: 2 },
    ]);
    const rng = createRng(1);
    const drawn = Array.from({ length: 200 }, () => drawFromFront(scores, rng));
    expect(new Set(drawn)).toEqual(new Set([1, 2]));
    expect(Math.abs(drawn.filter((d) => d === 1).length - 100)).toBeLessThan(40);
  });
});
