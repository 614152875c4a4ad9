import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/core/index.js";
import { type PromptChange, type ProposalRequest, promptContentOf, propose } from "../../src/prompts/index.js";
import { changed } from "../../src/prompts/proposals/change.js";
import { lessonsOf } from "../../src/prompts/proposals/lessons.js";
import { examples, proposer, runExample, SECRETS, systemText } from "./support/scripted-model.js";
import { openWorld, supportPrompt } from "./support/world.js";

const content = (instructions: string) => promptContentOf(supportPrompt(instructions));
const change = (before: string, after: string, won: boolean, more: Partial<PromptChange> = {}): PromptChange => ({
  ...{ before: content(before), after: content(after), won, effect: won ? 0.1 : -0.02, confidential: false },
  ...more,
});
/** Other prompts that won by the first two of the secrets, and lost by a third sentence. */
const helpful = [
  change("Answer.", "Answer. Please give an example.", true),
  change("Hello.", "Hello. Please cite the policy.", true),
  change("Hi.", "Hi. Thank you!", false),
];
const useless = [change("Answer.", "Answer. Mind the gap.", true), change("Hi.", "Hi. Rhyme.", true)];

describe("lessons from other prompts", () => {
  it("are success rates of sentences, shrunken towards those of their kind, and these towards all", () => {
    const lessons = lessonsOf([
      change("Answer.", "Answer. Be brief.", true, { effect: 0.2 }),
      change("Help.", "Help. be  BRIEF", true, { effect: 0.1 }),
      change("Hello.", "Hello. Cite.", false),
      change("Hi. Sorry.", "Hi.", false),
    ]);
    // All: (2 + 2 * 1/2) / (4 + 2). Added: (2 + 2 * 1/2) / (3 + 2) = 0.6. Removed: (0 + 2 * 1/2) / (1 + 2) = 1/3.
    // Sentences: (2 + 2 * 0.6) / (2 + 2), (0 + 2 * 0.6) / (1 + 2), (0 + 2 * 1/3) / (1 + 2).
    expect(lessons.map((s) => [s.text, s.kind, s.tried, s.won, s.chance.toFixed(4), s.effect.toFixed(2)])).toEqual([
      ["Be brief.", "added", 2, 2, "0.8000", "0.15"],
      ["Cite.", "added", 1, 0, "0.4000", "-0.02"],
      ["Sorry.", "removed", 1, 0, "0.2222", "-0.02"],
    ]);
  });

  it("tell no demonstrations, no words made from what people said, and nothing with a variable", () => {
    const shown = content("Answer.");
    const literal = { role: "human" as const, template: "My name is Ada.", literal: true };
    const lessons = lessonsOf([
      { ...change("Answer.", "Answer.", true), after: { ...shown, messages: [literal, ...shown.messages] } },
      change("Answer.", "Answer. Ada wants it short.", true, { confidential: true }),
      change("Answer.", "Answer in {language}. Smile.", true),
    ]);
    expect(lessons.map((s) => [s.kind, s.text]).sort()).toEqual([
      ["added", "Smile."],
      ["removed", "Answer."],
    ]);
  });

  it("change a prompt by a sentence more, or one less, and only where that changes something", () => {
    const lesson = (kind: "added" | "removed", text: string) => ({
      ...{ kind, text, tried: 1, won: 1, chance: 0.5, effect: 0.1 },
    });
    const made = (text: string, ...[kind, sentence]: Parameters<typeof lesson>) => {
      const now = changed(content(text), lesson(kind, sentence));
      return now && systemText(now);
    };
    expect(made("Answer.", "added", "Be brief.")).toBe("Answer. Be brief.");
    expect(made("Answer.\nSmile.", "added", "Be brief.")).toBe("Answer.\nSmile.\nBe brief.");
    expect(made("Answer. BE BRIEF!", "added", "Be brief.")).toBeUndefined();
    expect(made("Answer. Be brief. Smile.", "removed", "be brief")).toBe("Answer. Smile.");
    expect(made("Answer.", "removed", "Be brief.")).toBeUndefined();
    expect(made("Be brief.", "removed", "Be brief.")).toBeUndefined();
  });
});

describe("a proposal that knows of other prompts", () => {
  const go = (elsewhere: PromptChange[], request: Partial<ProposalRequest> = {}) =>
    propose(
      content("Answer the customer."),
      [],
      { method: "borrow", examples: examples(45), run: runExample, budget: { calls: 400 }, ...request },
      { seed: 1, clock: new ManualClock(), elsewhere },
    );

  it("borrows what won elsewhere, as far as it helps here, and proves it on held-out examples", async () => {
    const found = await go([...helpful, ...useless]);
    expect(found).toMatchObject({ status: "won", heldOut: { won: true } });
    const text = found.content && systemText(found.content);
    expect(text).toBe("Answer the customer. Please give an example. Please cite the policy.");
    expect(found.attempts.filter((a) => a.outcome === "not better")).toHaveLength(2);
    expect(found.attempts.some((a) => a.detail.includes("Thank you"))).toBe(false);
    const nothing = await go([change("Hi.", "Hi. Thank you!", false)]);
    expect(nothing).toMatchObject({
      status: "none",
      reason: expect.stringContaining("no change of another prompt won"),
    });
    expect(nothing.spent.calls).toBe(0);
  });

  it("begins with all of them where together they help here, and not otherwise", async () => {
    const evolve = { method: "evolve" as const, model: proposer(1) };
    const found = await go(helpful, evolve);
    expect(found.attempts[0]).toEqual({
      outcome: "kept",
      detail: "2 changes of other prompts together gained 2.80 on 6 examples",
    });
    expect(SECRETS.every((s) => systemText(found.content ?? content("")).includes(s))).toBe(true);
    const alone = await go(useless, evolve);
    expect(alone.attempts[0]).toMatchObject({ outcome: "not better", detail: expect.stringContaining("gained 0.00") });
    expect(systemText(alone.content ?? content(""))).not.toContain("Rhyme");
    // A validator that would refuse all of them together is heard before anything is spent on them.
    const refused = await go(helpful, {
      ...evolve,
      validators: [(c) => (systemText(c).length > 45 ? "long" : undefined)],
    });
    expect(refused.attempts.some((a) => a.detail.includes("of other prompts"))).toBe(false);
  });

  it("rewrites from complaints with them, too", async () => {
    const rated = Array.from({ length: 20 }, (_, i) => ({ workflowId: `w${i}`, reward: 0.2, comments: ["ask back"] }));
    const found = await propose(
      content("Answer the customer."),
      rated,
      { method: "rewrite", examples: examples(45), run: runExample, model: proposer(1), budget: { calls: 400 } },
      { seed: 1, clock: new ManualClock(), elsewhere: helpful },
    );
    expect(systemText(found.content ?? content(""))).toContain("give an example");
  });
});

describe("what the prompts of a store teach each other", () => {
  /** A prompt whose experiment was won by a version with one sentence more. */
  async function won(world: Awaited<ReturnType<typeof openWorld>>, promptId: string, after: string, method?: string) {
    const v1 = await world.prompts.register(promptId, supportPrompt("Answer."));
    const v2 = await world.prompts.register(promptId, supportPrompt(after), {
      ...(method && { estimates: { method } }),
    });
    await world.prompts.startExperiment({ promptId, variants: [v1, v2], minimumEffect: 0.1 });
    for (let i = 0; i < 80; i++) await world.run(promptId, `${promptId}${i}`, (v) => Number(v === v2));
    await world.prompts.refresh();
    expect(world.prompts.experiments(promptId)[0]?.report?.winner).toBe(v2);
    return [v1, v2] as const;
  }
  const request = (from?: ProposalRequest["from"]): ProposalRequest => ({
    ...{ method: "borrow", examples: examples(45), run: runExample, budget: { calls: 300 } },
    ...(from && { from }),
  });

  it("is what won there, until it falls behind; nothing by `from: none`; names are checked", async () => {
    const world = await openWorld();
    await won(world, "sales", "Answer. Please give an example.");
    await world.prompts.register("support", supportPrompt());
    const textOf = async (from?: ProposalRequest["from"]) => {
      const { content: made } = await world.prompts.propose("support", request(from));
      return made && systemText(made);
    };
    expect(await textOf("none")).toBeUndefined();
    expect(await textOf(["sales"])).toContain("give an example");
    expect(await textOf()).toContain("give an example");
    await expect(textOf(["sale"])).rejects.toThrow(/the prompt "sale"; expected one of sales, support/);
    await expect(textOf("all" as "none")).rejects.toThrow(/from/);
    await world.prompts.rollback("sales", "it fell behind");
    expect(await textOf()).toBeUndefined();
  });

  it("stays within a tenant unless it is named, and words made from comments stay with their prompt", async () => {
    const tenants = { north: ["sales", "support"], south: ["orders"] };
    const world = await openWorld({ tenants });
    await won(world, "sales", "Answer. Please cite the policy.", "rewrite");
    await won(world, "orders", "Answer. Please give an example.");
    await world.prompts.register("support", supportPrompt());
    expect((await world.prompts.propose("support", request())).reason).toContain("no change of another prompt won");
    const { content: made } = await world.prompts.propose("support", request(["orders"]));
    expect(made && systemText(made)).toContain("give an example");
    await expect(openWorld({ tenants: { north: ["a"], south: ["a"] } })).rejects.toThrow(/each name under one tenant/);
  });
});
