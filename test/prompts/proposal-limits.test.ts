import { SystemMessage } from "@langchain/core/messages";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { describe, expect, it } from "vitest";
import { examples, proposer, runExample, SECRETS } from "./support/scripted-model.js";
import { openWorld, supportPrompt } from "./support/world.js";

describe("a proposal", () => {
  for (const budget of [
    { calls: 100_000, tokens: 12_000 },
    { calls: 100_000, costUsd: 0.12 },
  ])
    it(`keeps enough of ${JSON.stringify(budget)} back to be proven`, async () => {
      const world = await openWorld();
      await world.prompts.register("support", supportPrompt());
      const run: typeof runExample = async (template, example) => {
        const result = await runExample(template, example);
        return { ...result, usage: { tokens: 50, costUsd: 0.0005 } };
      };
      const proposal = await world.prompts.propose("support", {
        method: "evolve",
        examples: examples(36),
        run,
        model: proposer(1),
        prices: { inputPerMillionUsd: 3, outputPerMillionUsd: 3 },
        budget,
      });
      expect(proposal.status).toBe("won");
      if (budget.tokens) expect(proposal.spent.tokens).toBeLessThanOrEqual(budget.tokens * 1.02);
      if (budget.costUsd) expect(proposal.spent.costUsd).toBeLessThanOrEqual(budget.costUsd * 1.02);
    });

  it("spends nothing when the experiment it should go into cannot be", async () => {
    const world = await openWorld();
    await world.prompts.register("support", supportPrompt());
    let runs = 0;
    const request = {
      method: "evolve" as const,
      examples: examples(18),
      run: async () => ({ score: runs++ % 2 }),
      model: proposer(1),
      experiment: { alpha: 2 },
    };
    await expect(world.prompts.propose("support", request)).rejects.toThrow(/alpha/);
    const deaf = await openWorld({ sink: undefined }, world.store);
    await expect(deaf.prompts.propose("support", { ...request, experiment: {} })).rejects.toThrow(/decision sink/);
    expect(runs).toBe(0);
  });

  it("rewrites a fixed system message, which stays fixed, braces and all", async () => {
    const world = await openWorld();
    const template = ChatPromptTemplate.fromMessages([
      new SystemMessage('Answer the customer as JSON like {"a": 1}.'),
      ["human", "{question} (language: {language})"],
    ]);
    await world.prompts.register("support", template);
    const proposal = await world.prompts.propose("support", {
      method: "evolve",
      examples: examples(36),
      run: runExample,
      model: proposer(2),
      budget: { calls: 400 },
    });
    expect(proposal.status).toBe("won");
    const [system] = proposal.content?.messages ?? [];
    expect(system).toMatchObject({ role: "system", literal: true });
    expect(JSON.stringify(system)).toContain(SECRETS.find((s) => JSON.stringify(system).includes(s)));
    await world.prompts.promote("support", proposal.version as string, "test");
    const { template: served } = await world.prompts.get("support", {}, world.config("w"));
    const [first] = await served.formatMessages({ question: "q", language: "en" });
    expect(first?.text).toContain('{"a": 1}');
  });

  it("ends when a run of an example never answers", async () => {
    const world = await openWorld();
    await world.prompts.register("support", supportPrompt());
    const stuck = world.prompts.propose("support", {
      method: "few-shot",
      examples: examples(15),
      run: () => new Promise(() => {}),
      demonstrations: [{ input: "a", output: "b", reward: 1 }],
      runTimeoutMs: 1000,
    });
    const done = stuck.then((p) => p.status);
    let status: string | undefined;
    void done.then((s) => {
      status = s;
    });
    for (let i = 0; i < 200 && status === undefined; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      world.clock.advance(1000);
    }
    expect(status).toBe("none");
  });
});
