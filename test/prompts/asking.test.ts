import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/core/index.js";
import { ask, type ChatModelLike } from "../../src/prompts/proposals/ask.js";
import { ProposalBudget } from "../../src/prompts/proposals/budget.js";
import { fenceFor, readFenced, unwrapped } from "../../src/prompts/proposals/fence.js";
import { endOf, REPEATED, type SearchAttempt } from "../../src/prompts/proposals/search.js";

describe("a fence", () => {
  it("is a tag that the message does not contain", () => {
    expect(fenceFor("Answer {question}.")).toEqual({ tag: "prompt" });
    expect(fenceFor("<Prompt>{question}</Prompt>")).toEqual({ tag: "new-prompt-2" });
    expect(fenceFor("<prompt> </new-prompt-2>")).toEqual({ tag: "new-prompt-3" });
  });

  it.each<[string, string, string, string]>([
    ["plain", "<prompt>Hi {x}</prompt>", "prompt", "Hi {x}"],
    ["capitals", "<Prompt>\nHi\n</PROMPT>", "prompt", "Hi"],
    ["inside a code block", "```\n<prompt>Hi</prompt>\n```", "prompt", "Hi"],
    ["a draft in the thinking", "<think>maybe <prompt>No</prompt>?</think><prompt>Yes</prompt>", "prompt", "Yes"],
    ["with attributes and spaces", '< prompt version="2">Hi</prompt >', "prompt", "Hi"],
    ["two drafts", "<prompt>Hi there</prompt> or better:\n<prompt>Hello you</prompt>", "prompt", "Hello you"],
    ["tags that are only named", "Between <prompt> and </prompt>:\n<prompt>Hi there</prompt>", "prompt", "Hi there"],
    ["tags that are named after", "<prompt>Hi there</prompt>\nIt is in <prompt> and </prompt>.", "prompt", "Hi there"],
    ["its tags twice", "<prompt><prompt>Hi</prompt></prompt>", "prompt", "Hi"],
    ["thoughts without a beginning", "So <prompt>No, not</prompt>.</think><prompt>Yes</prompt>", "prompt", "Yes"],
    ["thoughts by another name", '<thought n="1"><prompt>No</prompt></thought><prompt>Yes</prompt>', "prompt", "Yes"],
    [
      "tags of thinking in the message",
      "<think>hm</think><prompt>Think in <think>{plan}</think> first.</prompt>",
      "prompt",
      "Think in <think>{plan}</think> first.",
    ],
    ["tags inside", "<prompt><prompt>{q}</prompt>\nAnswer.</prompt>", "new-prompt-2", "<prompt>{q}</prompt>\nAnswer."],
    ["its own tag", "<new-prompt-2><prompt>{q}</prompt> A.</new-prompt-2>", "new-prompt-2", "<prompt>{q}</prompt> A."],
  ])("is read: %s", (_, answer, tag, text) => {
    expect(readFenced(answer, { tag })).toEqual({ text });
  });

  it.each<[string, string, RegExp]>([
    ["cut", "<prompt>Hi", /is not closed, so the answer was cut/],
    ["cut after a draft", "<prompt>Hi there</prompt> or better: <prompt>Hello y", /is not closed/],
    ["nothing at all", "", /no <prompt> in an empty answer/],
    ["empty", "<prompt> </prompt>", /nothing between/],
    ["absent", "I am sorry.", /no <prompt> in I am sorry/],
    ["in unfinished thinking only", "<think><prompt>No</prompt>", /no <prompt>/],
  ])("says what is wrong with an answer: %s", (_, answer, fault) => {
    expect(readFenced(answer, { tag: "prompt" })).toEqual({ fault: expect.stringMatching(fault) });
  });
});

describe("a message as a whole", () => {
  it.each([
    ["```\nHi {x}\n```"],
    ["```text\nHi {x}\n```"],
    ["<![CDATA[Hi {x}]]>"],
    ["<current>\nHi {x}\n</current>"],
    ["<Prompt>```\nHi {x}\n```</Prompt>"],
  ])("is taken out of what it is wrapped in: %s", (text) => {
    expect(unwrapped(text, "Hello {x}")).toBe("Hi {x}");
  });

  it("keeps what the current message is wrapped in, and what wraps parts of it", () => {
    expect(unwrapped("```\nHi {x}\n```", "```\nHello {x}\n```")).toBe("```\nHi {x}\n```");
    const parts = "```\na\n```\nand\n```\nb\n```";
    expect(unwrapped(parts, "Hello {x}")).toBe(parts);
  });
});

describe("asking a model with structured output", () => {
  const context = () => ({
    budget: new ProposalBudget({}),
    clock: new ManualClock(0),
    timeoutMs: 1000,
    unstructured: new WeakSet<object>(),
  });
  const model = (structured: () => Promise<{ raw?: unknown; parsed?: unknown }>): ChatModelLike => ({
    invoke: async () => ({ content: "<prompt>by text</prompt>" }),
    ...{ withStructuredOutput: () => ({ invoke: structured }) },
  });

  it("takes the field of the schema, tags and all, and counts its tokens", async () => {
    const asked = context();
    const raw = { content: "", usage_metadata: { input_tokens: 7, output_tokens: 3 } };
    const answer = await ask(
      model(async () => ({ raw, parsed: { message: " </prompt> kept " } })),
      "?",
      "",
      asked,
    );
    expect(answer).toEqual({ text: "</prompt> kept" });
    expect(asked.budget.spent).toMatchObject({ calls: 1, tokens: 10 });
  });

  it.each<[string, () => Promise<{ parsed?: unknown }>]>([
    ["answers something else", async () => ({ parsed: null })],
    ["fails", async () => Promise.reject(new Error("tools are not supported"))],
  ])("asks for text where it %s, and only for text from then on", async (_, structured) => {
    const asked = context();
    const tried = model(structured);
    expect(await ask(tried, "?", "", asked)).toEqual({ text: "by text" });
    expect(asked.budget.spent.calls).toBe(2);
    expect(await ask(tried, "?", "", asked)).toEqual({ text: "by text" });
    expect(asked.budget.spent.calls).toBe(3);
  });

  it("asks for text where the method only says that it cannot", async () => {
    const unable = {
      invoke: async () => ({ content: "<prompt>by text</prompt>" }),
      withStructuredOutput() {
        throw new Error("not implemented");
      },
    };
    expect(await ask(unable, "?", "", context())).toEqual({ text: "by text" });
  });
});

describe("a search", () => {
  const attempts = (outcome: SearchAttempt["outcome"], count: number, detail = "why"): SearchAttempt[] =>
    Array.from({ length: count }, () => ({ outcome, detail }));

  it("ends after two unusable answers at its start, with the cause", () => {
    expect(endOf(attempts("garbage", 1))).toBeUndefined();
    expect(endOf(attempts("garbage", 2))).toBe("the model gave no usable answer 2 times in a row: why");
    expect(endOf([...attempts("not better", 1), ...attempts("error", 4)])).toBeUndefined();
    expect(endOf([...attempts("not better", 1), ...attempts("error", 5)])).toMatch(/5 times in a row/);
  });

  it("ends where nothing usable comes twice at its start, or five times in a row later on", () => {
    expect(endOf(attempts("refused", 1))).toBeUndefined();
    expect(endOf(attempts("refused", 2))).toBe("what the model proposed could not be used 2 times in a row: why");
    expect(endOf(attempts("refused", 2, REPEATED))).toBeUndefined();
    expect(endOf([...attempts("kept", 1), ...attempts("refused", 4)])).toBeUndefined();
    expect(endOf([...attempts("kept", 1), ...attempts("refused", 5)])).toMatch(/5 times in a row: why/);
  });

  it("ends when nothing new or nothing better comes", () => {
    expect(endOf([...attempts("kept", 1), ...attempts("refused", 10, REPEATED)])).toMatch(/tried before 10 times/);
    expect(endOf([...attempts("kept", 1), ...attempts("not better", 39)])).toBeUndefined();
    expect(endOf([...attempts("kept", 1), ...attempts("not better", 40)])).toMatch(/last 40 attempts/);
  });
});
