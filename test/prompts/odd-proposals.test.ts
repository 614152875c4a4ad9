import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/core/index.js";
import {
  type ChatModelLike,
  type PromptContent,
  type ProposalRequest,
  parseContent,
  propose,
} from "../../src/prompts/index.js";
import { openWorld, supportPrompt } from "./support/world.js";

const base = parseContent({ format: "f-string", messages: [{ role: "system", template: "Answer {q}." }] });
const examples = (count: number) => Array.from({ length: count }, (_, i) => ({ variables: { q: `q${i}` } as object }));
/** Answers with a word more each time, which is worth half a point. */
const model = (more: object = {}): ChatModelLike => ({
  async invoke([, question]) {
    const current = /<current>\n([\s\S]*?)\n<\/current>/.exec(question?.[1] ?? "")?.[1];
    return { content: `<prompt>${current} Kindly.</prompt>`, ...more };
  },
});
const run: ProposalRequest["run"] = async (template) => ({
  score: String((await template.formatMessages({ q: 1 }))[0]?.text).includes("Kindly") ? 0.9 : 0.4,
});
const ask = (request: object, content: PromptContent = base, rated: Parameters<typeof propose>[1] = []) =>
  propose(
    content,
    rated,
    { method: "evolve", examples: examples(30), run, model: model(), ...request } as ProposalRequest,
    { seed: 1, clock: systemClock },
  );

describe("a proposal from odd values", () => {
  const mistakes: [string, object, RegExp][] = [
    ["a run that is no function", { run: "x" }, /received "x" for run; expected a function/],
    ["a model by its name", { model: "gpt-4o" }, /received "gpt-4o" for model; expected a chat model/],
    ["an example without variables", { examples: [{}] }, /examples\.0; expected an example, an object with variables/],
    ["an example that is nothing", { examples: [null] }, /examples\.0; expected an example, an object with variables/],
    ["half of the prices", { prices: { inputPerMillionUsd: 1 } }, /prices\.outputPerMillionUsd/],
    ["validators that are none", { validators: ["short"] }, /validators\.0; expected a function/],
    ["a demonstration without a text", { demonstrations: [{ input: 1 }] }, /demonstrations\.0\.input; expected a text/],
    ["a reward beyond 1", { demonstrations: [{ input: "a", output: "b", reward: 9 }] }, /reward; expected a number in/],
  ];
  for (const [what, request, message] of mistakes)
    it(`is refused for ${what}, before anything is spent`, async () => {
      await expect(ask(request)).rejects.toThrow(message);
      await expect(ask(request)).rejects.toMatchObject({ code: "PROMPT_INVALID" });
    });

  it("counts usage that is no number as nothing, and goes on", async () => {
    for (const tokens of [Number.NaN, "12", -5, null, Number.POSITIVE_INFINITY]) {
      const odd = async (...given: Parameters<ProposalRequest["run"]>) =>
        ({ ...(await run(...given)), usage: { tokens } }) as never;
      const { status, spent } = await ask({ run: odd, budget: { calls: 200, tokens: 3000 } });
      expect({ status, tokens: spent.tokens }).toEqual({ status: "won", tokens: 0 });
    }
    const none = async (...given: Parameters<ProposalRequest["run"]>) =>
      ({ ...(await run(...given)), usage: null }) as never;
    expect((await ask({ run: none })).status).toBe("won");
    const vague = model({ usage_metadata: { input_tokens: Number.NaN, output_tokens: 7 } });
    const { status, spent } = await ask({ model: vague });
    expect({ status, tokens: spent.tokens % 7 }).toEqual({ status: "won", tokens: 0 });
  });

  it("names a score on another scale instead of taking every answer for perfect", async () => {
    const onTen = async () => ({ score: 9 });
    const { status, reason } = await ask({ run: onTen });
    expect({ status, reason }).toMatchObject({
      status: "none",
      reason: expect.stringMatching(/score 9 is not in \[0,1\]/),
    });
  });

  it("takes a score beyond 1 by rounding alone for 1", async () => {
    const { status } = await ask({ run: async () => ({ score: 1 + 2 ** -50 }) });
    expect(status).toBe("none");
  });

  it("counts examples that hold the same once: a few repeated often prove nothing", async () => {
    const repeated = Array.from({ length: 60 }, (_, i) => ({ variables: { q: `q${i % 2}` } }));
    const { status, reason } = await ask({ examples: repeated });
    expect({ status, reason }).toMatchObject({ status: "off", reason: expect.stringMatching(/^2 different examples/) });
  });

  it("tells examples apart that look alike as JSON, and takes numbers that JSON does not have", async () => {
    const maps = examples(30).map((_, i) => ({ variables: { q: new Map([[1, i]]) } }));
    const bigs = examples(30).map((_, i) => ({ variables: { q: 2n ** 64n + BigInt(i) } }));
    for (const given of [maps, bigs]) {
      const { status, heldOut } = await ask({ examples: given });
      expect({ status, held: heldOut?.examples }).toEqual({ status: "won", held: 10 });
    }
  });

  it("says why nothing was tried", async () => {
    const placeholder = parseContent({ format: "f-string", messages: [{ placeholder: "q", optional: false }] });
    expect((await ask({}, placeholder)).reason).toMatch(/no message to rewrite/);
    expect((await ask({ method: "rewrite" })).reason).toMatch(/no comments on low-rated runs/);
    expect((await ask({ method: "few-shot" })).reason).toMatch(/no well rated demonstrations/);
  });

  it("refuses what a validator says by something else than a text", async () => {
    const { reason } = await ask({ validators: [async () => undefined] });
    expect(reason).toMatch(/a validator answered \[object Promise\], neither a text nor undefined/);
  });

  it("shows the model long comments and feedback in part, and no half character", async () => {
    const questions: string[] = [];
    const reader: ChatModelLike = {
      invoke: async ([, question]) => {
        questions.push(String(question?.[1]));
        return { content: "" };
      },
    };
    const long = `x${"😀".repeat(50_000)}`;
    const rated = [{ runId: "r", version: "v1", reward: 0, comments: [long] }] as never;
    await ask({ method: "rewrite", model: reader }, base, rated);
    const wordy = async () => ({ score: 0.5, feedback: long });
    await ask({ model: reader, run: wordy, examples: examples(30).map((e) => ({ ...e, expected: long })) });
    expect(Math.max(...questions.map((q) => q.length))).toBeLessThan(40_000);
    for (const question of questions) expect(question).toBe(Buffer.from(question, "utf8").toString("utf8"));
  });

  it("puts demonstrations before the question, not between it and an agent's notes", async () => {
    const where = async (messages: PromptContent["messages"]) => {
      const { content } = await ask(
        {
          method: "few-shot",
          run: async (template: Parameters<typeof run>[0]) => ({
            score: template.promptMessages.length > 4 ? 0.9 : 0.1,
          }),
          demonstrations: [{ input: "a", output: "b", reward: 1 }],
        },
        parseContent({ format: "f-string", messages }),
      );
      return content?.messages.map((m) => ("placeholder" in m ? m.placeholder : m.literal ? m.role : m.template));
    };
    const notes = { placeholder: "agent_scratchpad", optional: true };
    const history = { placeholder: "history", optional: true };
    const asks = { role: "human" as const, template: "{q}" };
    const system = { role: "system" as const, template: "S" };
    expect(await where([system, asks, notes])).toEqual(["S", "human", "ai", "{q}", "agent_scratchpad"]);
    expect(await where([system, history, asks])).toEqual(["S", "history", "human", "ai", "{q}"]);
    expect(await where([system, history, notes])).toEqual(["S", "human", "ai", "history", "agent_scratchpad"]);
  });

  it("compares in turns, so that trouble that passes does not make a winner", async () => {
    const kind: boolean[] = [];
    const noted = async (...given: Parameters<ProposalRequest["run"]>) => {
      const result = await run(...given);
      kind.push(result.score > 0.5);
      return result;
    };
    const { heldOut } = await ask({ run: noted });
    const held = kind.slice(-2 * (heldOut?.examples ?? 0));
    expect(held.slice(0, 4)).toEqual([false, true, true, false]);
  });
});

describe("an optimiser's options", () => {
  it.each<[object, RegExp]>([
    [{ watchShare: 2 }, /2 for watchShare; expected a number in \[0,1\]/],
    [{ watchshare: 0.1 }, /CONFIG_UNKNOWN_KEY.*Did you mean "watchShare"/],
    [{ reward: 0.5 }, /0\.5 for reward; expected a function/],
    [{ enabled: true }, /true for enabled; expected a function/],
    [{ sink: { record() {} } }, /for sink; expected a sink with record and identify/],
    [{ clock: {} }, /for clock; expected a clock/],
    [{ logger: console.log }, /for logger; expected a logger with debug/],
    [{ seed: Number.NaN }, /NaN for seed; expected a number/],
    [{ ask: "me" }, /"me" for ask; expected a function/],
  ])("that could not be are refused at once: %o", async (options, message) => {
    await expect(openWorld(options)).rejects.toThrow(message);
  });

  it("of an experiment give every variant a share, and performance a finite stretch", async () => {
    const { prompts } = await openWorld();
    await prompts.register("support", supportPrompt());
    await prompts.register("support", supportPrompt("Be kind."));
    for (const shares of [
      [1e308, 1e308],
      [1e-320, 1],
    ])
      await expect(prompts.startExperiment({ promptId: "support", variants: ["v1", "v2"], shares })).rejects.toThrow(
        /EXPERIMENT_INVALID.*shares/,
      );
    await expect(prompts.performance("support", Number.POSITIVE_INFINITY)).rejects.toThrow(/milliseconds above 0/);
  });
});

describe("an answer of a model that goes round in circles", () => {
  it("is read in time linear in its length", async () => {
    for (const content of ["<think ".repeat(50_000), "<prompt ".repeat(50_000)]) {
      const { reason } = await ask({ model: { invoke: async () => ({ content }) } });
      expect(reason).toMatch(/no usable answer/);
    }
  });
});
